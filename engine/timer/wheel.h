/* timer/wheel.h -- deadlines: arming and stopping are O(1).
 *
 * A hierarchical wheel with a tick of one millisecond; a timer lives inside
 * the object it belongs to.  The wheel never calls anybody by itself: the
 * driver pops what is due and calls fire().
 */
#pragma once

#include "base/list.h"
#include "base/time.h"

#include <stdbool.h>

struct msip_timer {
  struct msip_link_node node; /* alone while not armed */
  msip_time due;
  void (*fire)(struct msip_timer *timer, void *arg, msip_time now);
};

enum { MSIP_WHEEL_LEVELS = 6, MSIP_WHEEL_SLOTS = 64 };

struct msip_wheel {
  msip_time now; /* everything due up to here has been popped */
  uint64_t used[MSIP_WHEEL_LEVELS]; /* bit per slot that holds a timer */
  struct msip_link_node slot[MSIP_WHEEL_LEVELS][MSIP_WHEEL_SLOTS];
  struct msip_link_node due;  /* collected, not popped yet */
  struct msip_link_node late; /* armed with a deadline that had passed */
  uint32_t count;             /* armed timers */
  bool popping;               /* between a pop and the NULL that ends it */
};

void msip_wheel_init(struct msip_wheel *wheel, msip_time now);

/* `fire` is called by whoever pops the timer. */
void msip_timer_init(struct msip_timer *timer,
                     void (*fire)(struct msip_timer *, void *, msip_time));
/* Arms or moves the timer.  A deadline that has passed is due at once. */
void msip_timer_arm(struct msip_wheel *wheel, struct msip_timer *timer,
                    msip_time due);
/* Harmless when it is not armed. */
void msip_timer_stop(struct msip_wheel *wheel, struct msip_timer *timer);
static inline bool msip_timer_is_armed(const struct msip_timer *timer)
{
  return timer->node.next != &timer->node;
}

/* The earliest deadline, or a moment shortly before it (never after);
 * MSIP_NEVER when nothing is armed. */
msip_time msip_wheel_next(const struct msip_wheel *wheel);
/* Takes one timer that is due at `now`, earliest deadline first and then the
 * one armed first; NULL ends the round.  What is armed for `now` or earlier
 * within a round waits for the next one, so a round always ends. */
struct msip_timer *msip_wheel_pop(struct msip_wheel *wheel, msip_time now);
