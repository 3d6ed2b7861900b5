#include "transaction/txn.h"

#define COOKIE "z9hG4bK"

struct msip_str msip_txns_branch(struct msip_txns *txns, char *out)
{
  enum { COOKIE_LEN = sizeof COOKIE - 1 };

  memcpy(out, COOKIE, COOKIE_LEN);
  msip_rand_text(txns->config.rand, out + COOKIE_LEN,
                 MSIP_BRANCH_LEN - COOKIE_LEN);
  return msip_str_of(out, MSIP_BRANCH_LEN);
}

struct msip_txn *msip_txns_request(struct msip_txns *txns,
                                   const struct msip_txn_request *request,
                                   const struct msip_flow *to, msip_time now)
{
  const struct msip_txn_timers *timers = &txns->config.timers;
  bool is_invite = request->method == MSIP_INVITE;
  bool reliable = msip_flow_is_reliable(to);
  struct msip_fx_list fx = {.count = 0};
  struct msip_txn_key key;
  struct msip_txn *t;

  msip_txn_key_client(&key, txns->config.rand, request->branch,
                      request->method);
  t = msip_txn_new(txns, is_invite ? MSIP_ICT : MSIP_NICT, &key, to);
  if (!t)
    return NULL;
  t->user = request->user;
  if (is_invite)
    msip_ict_start(&t->ict, timers, reliable, &fx);
  else
    msip_nict_start(&t->nict, timers, reliable, &fx);
  msip_txn_drive(t, &fx, NULL, request->bytes, now);
  return t;
}

static bool uses_path(const struct msip_txn *t, const struct msip_flow *flow)
{
  if (t->flow.transport != flow->transport)
    return false;
  return msip_flow_is_reliable(flow)
             ? t->flow.link == flow->link
             : msip_addr_eq(&t->flow.remote, &flow->remote);
}

void msip_txns_path_failed(struct msip_txns *txns, const struct msip_flow *flow)
{
  struct msip_map_node *node = NULL;

  while ((node = msip_map_walk(&txns->by_key, node)) != NULL) {
    struct msip_txn *t = MSIP_CONTAINER(node, struct msip_txn, node);

    if (msip_txn_is_client(t) && uses_path(t, flow))
      msip_txn_fail_later(t);
  }
}

static enum msip_ict_event ict_event_of(unsigned status)
{
  if (status >= 300)
    return MSIP_ICT_FAILURE;
  return status >= 200 ? MSIP_ICT_2XX : MSIP_ICT_1XX;
}

static enum msip_nict_event nict_event_of(unsigned status)
{
  return status >= 200 ? MSIP_NICT_FINAL : MSIP_NICT_1XX;
}

/* 17.1.3: top Via branch and CSeq method. */
enum msip_arrival msip_txns_receive_response(struct msip_txns *txns,
                                             const struct msip_msg *m,
                                             msip_time now)
{
  const struct msip_txn_timers *timers = &txns->config.timers;
  struct msip_fx_list fx = {.count = 0};
  struct msip_txn_key key;
  struct msip_txn *t;

  msip_txn_key_client(&key, txns->config.rand, m->via.branch, m->method);
  t = msip_txn_find(txns, &key);
  if (!t)
    return MSIP_ARRIVAL_STRAY;
  if (t->kind == MSIP_ICT)
    msip_ict_step(&t->ict, timers, ict_event_of(m->status), &fx);
  else
    msip_nict_step(&t->nict, timers, nict_event_of(m->status), &fx);
  msip_txn_drive(t, &fx, m, NULL, now);
  return MSIP_ARRIVAL_ABSORBED;
}

static enum msip_ict_event ict_timer(char letter)
{
  switch (letter) {
  case 'A':
    return MSIP_ICT_TIMER_A;
  case 'B':
    return MSIP_ICT_TIMER_B;
  case 'D':
    return MSIP_ICT_TIMER_D;
  case 'M':
    return MSIP_ICT_TIMER_M;
  default:
    return MSIP_ICT_TRANSPORT_ERROR;
  }
}

static enum msip_nict_event nict_timer(char letter)
{
  switch (letter) {
  case 'E':
    return MSIP_NICT_TIMER_E;
  case 'F':
    return MSIP_NICT_TIMER_F;
  case 'K':
    return MSIP_NICT_TIMER_K;
  default:
    return MSIP_NICT_TRANSPORT_ERROR;
  }
}

void msip_txn_client_timer(struct msip_txn *t, char letter,
                           struct msip_fx_list *fx)
{
  const struct msip_txn_timers *timers = &t->txns->config.timers;

  if (t->kind == MSIP_ICT)
    msip_ict_step(&t->ict, timers, ict_timer(letter), fx);
  else
    msip_nict_step(&t->nict, timers, nict_timer(letter), fx);
}
