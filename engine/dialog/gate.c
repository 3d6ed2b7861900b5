#include "dialog/gate.h"

static const struct msip_verdict pass = {MSIP_GATE_PASS, 0};
static const struct msip_verdict later = {MSIP_GATE_RETRY_LATER, 500};
static const struct msip_verdict glare = {MSIP_GATE_REFUSE, 491};
static const struct msip_verdict gone = {MSIP_GATE_REFUSE, 481};
static const struct msip_verdict out_of_order = {MSIP_GATE_REFUSE, 500};

/* RFC 3261 14.2, RFC 6337 4.3 (UAS-IcI, IsI, UcI, UsI), RFC 5407 3.1.5. */
static struct msip_verdict decide_invite(const struct msip_gate *g)
{
  if (g->invite_open)
    return later;
  if (g->own_invite || g->own_update)
    return glare;
  if (g->update_open)
    return later;
  /* The ACK with the answer to our offer is still under way. */
  if (g->offer == MSIP_GATE_OUR_OFFER)
    return glare;
  return g->offer == MSIP_GATE_THEIR_OFFER ? later : pass;
}

/* RFC 3311 5.2, RFC 6337 4.3 (UAS-IcU, IsU, UcU, UsU). */
static struct msip_verdict decide_update(const struct msip_gate *g)
{
  if (g->update_open)
    return later;
  if (!g->has_offer)
    return pass;
  if (g->own_invite || g->own_update)
    return glare;
  if (g->invite_open && !g->invite_answered)
    return later;
  if (g->offer == MSIP_GATE_OUR_OFFER)
    return glare;
  return g->offer == MSIP_GATE_THEIR_OFFER ? later : pass;
}

struct msip_verdict msip_gate_decide(const struct msip_gate *g)
{
  if (g->over && g->method != MSIP_BYE && g->method != MSIP_OPTIONS)
    return gone;
  /* 12.2.2; a repeat of the same request never comes this far. */
  if (g->cseq <= g->remote_seq)
    return out_of_order;
  if (g->method == MSIP_INVITE)
    return decide_invite(g);
  if (g->method == MSIP_UPDATE)
    return decide_update(g);
  return pass;
}
