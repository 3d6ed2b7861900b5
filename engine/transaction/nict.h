/* transaction/nict.h -- the non-INVITE client transaction (RFC 3261 17.1.2).
 *
 * Pure.  One final response reaches the user; its repetitions do not.
 */
#pragma once

#include "base/buf.h"
#include "transaction/fx.h"
#include "transaction/state.h"

#include <stdbool.h>

struct msip_nict {
  enum msip_txn_state state;
  bool reliable;
  uint32_t e_ms; /* the interval timer E runs with */
};

enum msip_nict_event {
  MSIP_NICT_1XX, /* from the network */
  MSIP_NICT_FINAL,
  MSIP_NICT_TIMER_E,
  MSIP_NICT_TIMER_F,
  MSIP_NICT_TIMER_K,
  MSIP_NICT_TRANSPORT_ERROR, /* the request could not be sent */
};

/* Sends the request. */
void msip_nict_start(struct msip_nict *t, const struct msip_txn_timers *timers,
                     bool reliable, struct msip_fx_list *out);
void msip_nict_step(struct msip_nict *t, const struct msip_txn_timers *timers,
                    enum msip_nict_event event, struct msip_fx_list *out);
/* "nict trying, E 4000 ms" */
void msip_nict_describe(const struct msip_nict *t, struct msip_buf *buf);
