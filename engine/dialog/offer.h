/* dialog/offer.h -- whose turn it is to speak SDP (RFC 3264, RFC 6337).
 *
 * One exchange belongs to a session.  Descriptions are opaque counted bytes.
 * A snapshot taken when a re-INVITE or UPDATE arrives brings everything back
 * when it is refused (RFC 3261 14.1, RFC 6141 3.1).
 */
#pragma once

#include "base/bytes.h"

enum msip_offer_state {
  MSIP_OFFER_INITIAL, /* nothing was said yet */
  MSIP_OFFER_OURS,    /* our offer waits for its answer */
  MSIP_OFFER_THEIRS,  /* their offer waits for our answer */
  MSIP_OFFER_STABLE,
};

enum msip_offer_move {
  MSIP_OFFER_SEND, /* we speak: an answer when THEIRS, else an offer */
  MSIP_OFFER_RECV, /* they speak: an answer when OURS, else an offer */
};

struct msip_exchange {
  enum msip_offer_state state;
  struct msip_bytes *offer;  /* NULL before the first */
  struct msip_bytes *answer; /* NULL while it is open */
  bool by_us;                /* the offer is ours */
};

void msip_exchange_fini(struct msip_exchange *x);
/* The state after a move, or MSIP_EOFFER when it is out of turn: an offer while
 * one is open (RFC 3264 section 4). */
int msip_offer_next(enum msip_offer_state now, enum msip_offer_move move);
/* Makes the move with this description.  MSIP_EOFFER or MSIP_ENOMEM: nothing
 * changed. */
int msip_exchange_move(struct msip_exchange *x, struct msip_pool *pool,
                       enum msip_offer_move move, struct msip_str sdp);
/* Our own description in use, or NULL: nothing is agreed. */
const struct msip_bytes *msip_exchange_ours(const struct msip_exchange *x);
/* `*to` becomes a second holder of the same descriptions. */
void msip_exchange_save(struct msip_exchange *to,
                        const struct msip_exchange *from);
/* Moves the snapshot back into `x`; the snapshot is empty then. */
void msip_exchange_restore(struct msip_exchange *x, struct msip_exchange *from);
