#include "timer/wheel.h"

#include <stdlib.h>
#include <string.h>

/* The wheel against an array that is searched from end to end. */

enum { TIMERS = 16 };

struct model {
  msip_time now;
  msip_time due[TIMERS]; /* MSIP_NEVER when not armed */
  uint64_t order[TIMERS];
  uint64_t armings;
};

static void must(bool holds)
{
  if (!holds)
    abort();
}

static void no_fire(struct msip_timer *timer, void *arg, msip_time now)
{
  (void)timer;
  (void)arg;
  (void)now;
}

/* The timer that must come first, or -1. */
static int first_of(const struct model *m)
{
  int first = -1;

  for (int i = 0; i < TIMERS; i++) {
    if (m->due[i] == MSIP_NEVER)
      continue;
    if (first < 0 || m->due[i] < m->due[first] ||
        (m->due[i] == m->due[first] && m->order[i] < m->order[first]))
      first = i;
  }
  return first;
}

static void check_next(const struct msip_wheel *wheel, const struct model *m)
{
  int first = first_of(m);

  must(first < 0 ? msip_wheel_next(wheel) == MSIP_NEVER
                 : msip_wheel_next(wheel) <= m->due[first]);
}

static void advance(struct msip_wheel *wheel, struct msip_timer *timers,
                    struct model *m, msip_time ms)
{
  struct msip_timer *popped;

  m->now += ms;
  while ((popped = msip_wheel_pop(wheel, m->now)) != NULL) {
    int first = first_of(m);

    must(first >= 0 && popped == &timers[first]);
    must(popped->due == m->due[first] && popped->due <= m->now);
    must(!msip_timer_is_armed(popped));
    m->due[first] = MSIP_NEVER;
  }
  must(first_of(m) < 0 || m->due[first_of(m)] > m->now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Three bytes an operation: what and whom, and a time with its magnitude. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct msip_wheel wheel;
  struct msip_timer timers[TIMERS];
  struct model m = {.now = size ? (msip_time)data[0] << 32 : 0};

  msip_wheel_init(&wheel, m.now);
  for (int i = 0; i < TIMERS; i++) {
    msip_timer_init(&timers[i], no_fire);
    m.due[i] = MSIP_NEVER;
  }
  for (; size >= 3; data += 3, size -= 3) {
    int i = data[0] % TIMERS;
    msip_time ms = (msip_time)data[1] << data[2] % 40;

    switch (data[0] >> 6) {
    case 0:
      advance(&wheel, timers, &m, ms);
      break;
    case 1:
      msip_timer_stop(&wheel, &timers[i]);
      m.due[i] = MSIP_NEVER;
      break;
    default:
      msip_timer_arm(&wheel, &timers[i], m.now + ms);
      m.due[i] = m.now + ms;
      m.order[i] = m.armings++;
    }
    check_next(&wheel, &m);
  }
  return 0;
}
