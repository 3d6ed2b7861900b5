/* transaction/nist.h -- the non-INVITE server transaction (RFC 3261 17.2.2,
 * RFC 4320).
 *
 * Pure.  RFC 4320 leaves it one provisional response, a late 100, and no way
 * to say that time ran out: when the client has given up (64*T1, its timer F),
 * the transaction ends without a word on the wire.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "transaction/fx.h"
#include "transaction/state.h"

#include <stdbool.h>

struct msip_nist {
  enum msip_txn_state state;
  bool reliable;
  bool late; /* a 100 is due or out: the client repeats every T2 by now */
};

enum msip_nist_event {
  MSIP_NIST_SEND_100, /* from the user */
  MSIP_NIST_SEND_1XX,
  MSIP_NIST_SEND_FINAL,
  MSIP_NIST_REPEAT,  /* what was sent last, once more */
  MSIP_NIST_REQUEST, /* from the network: a retransmission */
  MSIP_NIST_TIMER_T,
  MSIP_NIST_TIMER_F,
  MSIP_NIST_TIMER_J,
  MSIP_NIST_TRANSPORT_ERROR,
};

void msip_nist_start(struct msip_nist *t, const struct msip_txn_timers *timers,
                     bool reliable, struct msip_fx_list *out);
/* 0, or MSIP_ESTATE when the user may not do that now; then nothing changed. */
int msip_nist_step(struct msip_nist *t, const struct msip_txn_timers *timers,
                   enum msip_nist_event event, struct msip_fx_list *out);
/* "nist trying" */
void msip_nist_describe(const struct msip_nist *t, struct msip_buf *buf);
