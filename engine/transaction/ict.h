/* transaction/ict.h -- the INVITE client transaction (RFC 3261 17.1.1 as
 * changed by RFC 6026).
 *
 * Pure.  It acknowledges refusals itself, even on streams, and leaves every
 * 2xx and its ACK to the user.
 */
#pragma once

#include "base/buf.h"
#include "transaction/fx.h"
#include "transaction/state.h"

#include <stdbool.h>

struct msip_ict {
  enum msip_txn_state state;
  bool reliable;
  uint32_t a_ms; /* the interval timer A runs with */
};

enum msip_ict_event {
  MSIP_ICT_1XX, /* from the network */
  MSIP_ICT_2XX,
  MSIP_ICT_FAILURE, /* 300-699 */
  MSIP_ICT_TIMER_A,
  MSIP_ICT_TIMER_B,
  MSIP_ICT_TIMER_D,
  MSIP_ICT_TIMER_M,
  MSIP_ICT_TRANSPORT_ERROR, /* the INVITE or an ACK could not be sent */
};

/* Sends the request. */
void msip_ict_start(struct msip_ict *t, const struct msip_txn_timers *timers,
                    bool reliable, struct msip_fx_list *out);
void msip_ict_step(struct msip_ict *t, const struct msip_txn_timers *timers,
                   enum msip_ict_event event, struct msip_fx_list *out);
/* "ict calling, A 2000 ms" */
void msip_ict_describe(const struct msip_ict *t, struct msip_buf *buf);
