#include "dialog/offer.h"

#include "base/err.h"

void msip_exchange_fini(struct msip_exchange *x)
{
  msip_bytes_drop(x->offer);
  msip_bytes_drop(x->answer);
  *x = (struct msip_exchange){.state = MSIP_OFFER_INITIAL};
}

int msip_offer_next(enum msip_offer_state now, enum msip_offer_move move)
{
  enum { NO = MSIP_EOFFER };
  static const signed char next[4][2] = {
      /*                        SEND               RECV               */
      [MSIP_OFFER_INITIAL] = {MSIP_OFFER_OURS, MSIP_OFFER_THEIRS},
      [MSIP_OFFER_OURS] = {NO, MSIP_OFFER_STABLE},
      [MSIP_OFFER_THEIRS] = {MSIP_OFFER_STABLE, NO},
      [MSIP_OFFER_STABLE] = {MSIP_OFFER_OURS, MSIP_OFFER_THEIRS},
  };

  return next[now][move];
}

int msip_exchange_move(struct msip_exchange *x, struct msip_pool *pool,
                       enum msip_offer_move move, struct msip_str sdp)
{
  int next = msip_offer_next(x->state, move);
  struct msip_bytes *said;

  if (next < 0)
    return next;
  said = msip_bytes_copy(pool, sdp);
  if (!said)
    return MSIP_ENOMEM;
  msip_bytes_drop(x->answer);
  x->answer = NULL;
  if (next == MSIP_OFFER_STABLE) {
    x->answer = said;
  } else {
    msip_bytes_drop(x->offer);
    x->offer = said;
    x->by_us = move == MSIP_OFFER_SEND;
  }
  x->state = (enum msip_offer_state)next;
  return 0;
}

const struct msip_bytes *msip_exchange_ours(const struct msip_exchange *x)
{
  if (x->state != MSIP_OFFER_STABLE)
    return NULL;
  return x->by_us ? x->offer : x->answer;
}

void msip_exchange_save(struct msip_exchange *to,
                        const struct msip_exchange *from)
{
  *to = *from;
  if (to->offer)
    msip_bytes_hold(to->offer);
  if (to->answer)
    msip_bytes_hold(to->answer);
}

void msip_exchange_restore(struct msip_exchange *x, struct msip_exchange *from)
{
  msip_exchange_fini(x);
  *x = *from;
  *from = (struct msip_exchange){.state = MSIP_OFFER_INITIAL};
}
