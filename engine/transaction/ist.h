/* transaction/ist.h -- the INVITE server transaction (RFC 3261 17.2.1 as
 * changed by RFC 6026).
 *
 * Pure: an event goes in, effects come out.  It never repeats a 2xx by itself
 * and never ends because of a transport error.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "transaction/fx.h"
#include "transaction/state.h"

#include <stdbool.h>

struct msip_ist {
  enum msip_txn_state state;
  bool reliable;
  bool sent;     /* a provisional response has gone out */
  bool ringing;  /* it was more than a 100: timer P repeats it */
  uint32_t g_ms; /* the interval timer G runs with */
};

enum msip_ist_event {
  MSIP_IST_SEND_100, /* from the user */
  MSIP_IST_SEND_1XX,
  MSIP_IST_SEND_2XX,
  MSIP_IST_SEND_FAILURE, /* 300-699 */
  MSIP_IST_REPEAT,       /* what was sent last, once more */
  MSIP_IST_INVITE,       /* from the network: a retransmission */
  MSIP_IST_ACK,
  MSIP_IST_TIMER_T,
  MSIP_IST_TIMER_P,
  MSIP_IST_TIMER_G,
  MSIP_IST_TIMER_H,
  MSIP_IST_TIMER_I,
  MSIP_IST_TIMER_L,
  MSIP_IST_TRANSPORT_ERROR, /* a response could not be sent */
};

void msip_ist_start(struct msip_ist *t, bool reliable,
                    struct msip_fx_list *out);
/* 0, or MSIP_ESTATE when the user may not do that now; then nothing changed. */
int msip_ist_step(struct msip_ist *t, const struct msip_txn_timers *timers,
                  enum msip_ist_event event, struct msip_fx_list *out);
/* "ist completed, G 2000 ms" */
void msip_ist_describe(const struct msip_ist *t, struct msip_buf *buf);
