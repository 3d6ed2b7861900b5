/* transaction/fx.h -- what a transaction step asks its driver to do.
 *
 * A step never calls anybody.  It appends effects here and returns; the driver
 * then carries them out in order.  So no step is ever re-entered, and no
 * machine is freed while its own code is still on the stack.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

enum msip_fx_kind {
  MSIP_FX_SEND,    /* send this step's message, else the one kept */
  MSIP_FX_ARM,     /* start `timer`, to fire in `ms` */
  MSIP_FX_STOP,    /* stop `timer` if it runs */
  MSIP_FX_TO_USER, /* hand the message that caused this step to the user */
  MSIP_FX_ACK,     /* client: send the ACK of a non-2xx (17.1.1.3) */
  MSIP_FX_TIMEOUT, /* tell the user that time ran out (B, F, H) */
  MSIP_FX_FAILED,  /* tell the user about a transport error */
  MSIP_FX_FORGET,  /* the message kept is not needed any more */
  MSIP_FX_GONE,    /* always last: the driver frees the machine */
};

struct msip_fx {
  enum msip_fx_kind kind;
  char timer; /* RFC letter: 'G', 'H', ...; 'T' is the 200 ms before a 100 */
  uint32_t ms;
};

enum { MSIP_FX_MAX = 6 };

struct msip_fx_list {
  struct msip_fx fx[MSIP_FX_MAX];
  int count;
};

static inline void msip_fx_add(struct msip_fx_list *list,
                               enum msip_fx_kind kind, char timer, uint32_t ms)
{
  assert(list->count < MSIP_FX_MAX);
  list->fx[list->count++] = (struct msip_fx){kind, timer, ms};
}

static inline void msip_fx_arm(struct msip_fx_list *list, char timer,
                               uint32_t ms)
{
  msip_fx_add(list, MSIP_FX_ARM, timer, ms);
}

static inline void msip_fx_stop(struct msip_fx_list *list, char timer)
{
  msip_fx_add(list, MSIP_FX_STOP, timer, 0);
}

/* For the effects that need no more than their kind. */
static inline void msip_fx_do(struct msip_fx_list *list, enum msip_fx_kind kind)
{
  msip_fx_add(list, kind, 0, 0);
}

/* RFC 3261 17.1.1.1, in milliseconds. */
struct msip_txn_timers {
  uint32_t t1;
  uint32_t t2;
  uint32_t t4;
};
