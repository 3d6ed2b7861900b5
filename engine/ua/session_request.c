/* Requests inside a dialog: order, glare, then the script (12.2.2, 14.2). */
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"
#include "ua/subscription_in.h"

static enum msip_gate_offer open_offer(const struct msip_session *s)
{
  switch (s->exchange.state) {
  case MSIP_OFFER_OURS:
    return MSIP_GATE_OUR_OFFER;
  case MSIP_OFFER_THEIRS:
    return MSIP_GATE_THEIR_OFFER;
  case MSIP_OFFER_INITIAL:
  case MSIP_OFFER_STABLE:
    return MSIP_GATE_NO_OFFER;
  }
  return MSIP_GATE_NO_OFFER;
}

/* RFC 5057 section 4: subscriptions outlive the call they were made in; a REFER
 * needs a call, or a dialog that never had one. */
static bool is_over(const struct msip_session *s, const struct msip_msg *m)
{
  if (s->state != MSIP_SESSION_TERMINATED)
    return false;
  if (m->method == MSIP_NOTIFY || m->method == MSIP_SUBSCRIBE)
    return !msip_session_has_subscriptions(s);
  return m->method != MSIP_REFER || !s->bare;
}

/* RFC 3311 5.2: an UPDATE may go beside our first INVITE, once the offer of
 * that is answered. */
static bool own_invite(const struct msip_session *s, enum msip_method method)
{
  return msip_change_is_open(s, MSIP_INVITE) || s->first_ack.due ||
         (s->ours && !s->confirmed && method == MSIP_INVITE);
}

static struct msip_verdict ask_gate(const struct msip_session *s,
                                    const struct msip_msg *m, bool has_sdp)
{
  const struct msip_request *invite = msip_session_open(s, MSIP_INVITE);
  struct msip_gate gate = {
      .method = m->method,
      .has_offer = has_sdp,
      .cseq = m->cseq,
      .remote_seq = s->dialog.remote_seq,
      .over = is_over(s, m),
      .invite_open = invite != NULL,
      .invite_answered = invite && invite->invite->committed,
      .own_invite = own_invite(s, m->method),
      .own_update = msip_change_is_open(s, MSIP_UPDATE),
      .update_open = msip_session_open(s, MSIP_UPDATE) != NULL,
      .offer = open_offer(s),
  };

  return msip_gate_decide(&gate);
}

static void refuse(struct msip_session *s, struct msip_txn *txn,
                   const struct msip_msg *m, unsigned status, bool retry_after)
{
  msip_refuse(
      s->ua, txn, m,
      &(struct msip_refusal){.status = status, .retry_after = retry_after});
}

/* An UPDATE or PRACK with an offer: it can be taken back.  False when memory is
 * out (answered 500). */
static bool take_offer(struct msip_request *r)
{
  struct msip_session *s = r->session;

  if (!r->facts.has_sdp)
    return true;
  r->before = msip_pool_zero(r->ua->pool, sizeof *r->before);
  if (r->before)
    msip_exchange_save(r->before, &s->exchange);
  if (r->before && msip_exchange_move(&s->exchange, r->ua->pool,
                                      MSIP_OFFER_RECV, r->facts.sdp) == 0)
    return true;
  msip_request_answer(r, &(struct msip_refusal){.status = 500});
  return false;
}

/* RFC 3262 section 5: the PRACK answers the offer in our 1xx, or brings an
 * offer of its own. */
static bool prack_body(struct msip_request *r)
{
  struct msip_session *s = r->session;

  if (s->exchange.state != MSIP_OFFER_OURS)
    return take_offer(r);
  if (r->facts.has_sdp)
    msip_exchange_move(&s->exchange, r->ua->pool, MSIP_OFFER_RECV,
                       r->facts.sdp);
  return true;
}

static void prack_arrived(struct msip_session *s, struct msip_txn *txn,
                          const struct msip_msg *m,
                          const struct msip_facts *facts)
{
  struct msip_request *invite = msip_reliable_prack(s, m), *r;

  if (!invite) {
    refuse(s, txn, m, 481, false);
    return;
  }
  r = msip_request_new(s->ua, txn, m, facts, s);
  if (!r) {
    msip_reliable_continue(invite);
    return;
  }
  r->prack_of = invite;
  if (prack_body(r))
    msip_request_ask(r);
}

static void options_arrived(struct msip_session *s, struct msip_txn *txn,
                            const struct msip_msg *m,
                            const struct msip_facts *facts)
{
  struct msip_request *r = msip_request_new(s->ua, txn, m, facts, s);

  if (r)
    msip_request_default(r);
}

void msip_session_byed(struct msip_session *s, const struct msip_msg *bye)
{
  s->byed = true;
  msip_session_end(s, "bye received", bye);
}

/* The call is over when the BYE is answered; a script that asks for credentials
 * first has not let it in yet. */
static void bye_arrived(struct msip_session *s, struct msip_txn *txn,
                        const struct msip_msg *m,
                        const struct msip_facts *facts)
{
  struct msip_request *r;

  if (s->bare) {
    refuse(s, txn, m, 481, false);
    return;
  }
  r = msip_request_new(s->ua, txn, m, facts, s);
  if (s->state == MSIP_SESSION_TERMINATED) { /* ours crossed it */
    if (r)
      msip_request_default(r);
    return;
  }
  if (!r) { /* memory is out: refused, but the peer is gone all the same */
    msip_session_byed(s, m);
    return;
  }
  r->ends = true;
  msip_request_ask(r);
}

static void ask_script(struct msip_session *s, struct msip_txn *txn,
                       const struct msip_msg *m, const struct msip_facts *facts)
{
  struct msip_request *r = msip_request_new(s->ua, txn, m, facts, s);

  if (!r)
    return;
  if (m->method == MSIP_INVITE) {
    s->invite_cseq = m->cseq;
    s->ua->counters.reinvites++;
    if (!msip_invite_arrived(r))
      return;
  } else if (m->method == MSIP_UPDATE && !take_offer(r)) {
    return;
  }
  msip_request_ask(r);
}

void msip_session_follow(const struct msip_request *r)
{
  struct msip_session *s = r->session;

  if (r->message->cseq < s->dialog.target_seq)
    return;
  s->dialog.target_seq = r->message->cseq;
  msip_session_retarget(s, r->message, r->facts.updates);
}

static void notify_arrived(struct msip_session *s, struct msip_txn *txn,
                           const struct msip_msg *m,
                           const struct msip_facts *facts)
{
  if (msip_notify_arrived(s, txn, m, facts))
    return;
  if (s->state == MSIP_SESSION_TERMINATED)
    refuse(s, txn, m, 481, false);
  else
    ask_script(s, txn, m, facts);
}

/* limits.dialogs counts subscriptions wherever they are made. */
static bool is_one_too_many(struct msip_session *s, struct msip_txn *txn,
                            const struct msip_msg *m)
{
  struct msip_ua *ua = s->ua;

  if (ua->census.subscriptions < ua->settings->limit_dialogs)
    return false;
  msip_limit_reached(ua, MSIP_LIMIT_DIALOGS, m, 503);
  refuse(s, txn, m, 503, false);
  return true;
}

/* One that renews nothing is a new one, in a call; dialogs of their own are not
 * shared (RFC 6665 4.5). */
static void subscribe_arrived(struct msip_session *s, struct msip_txn *txn,
                              const struct msip_msg *m,
                              const struct msip_facts *facts)
{
  bool renews = msip_subscription_find(s, m, true) != NULL;
  struct msip_request *r;

  if (!renews && s->state == MSIP_SESSION_TERMINATED) {
    refuse(s, txn, m, 481, false);
    return;
  }
  if (!renews && is_one_too_many(s, txn, m))
    return;
  r = msip_request_new(s->ua, txn, m, facts, s);
  if (!r)
    return;
  msip_subscribe_arrived(r);
  msip_request_ask(r);
}

void msip_session_receive(struct msip_session *s, struct msip_txn *txn,
                          const struct msip_msg *m,
                          const struct msip_facts *facts)
{
  struct msip_verdict verdict = ask_gate(s, m, facts->has_sdp);

  if (m->cseq > s->dialog.remote_seq)
    s->dialog.remote_seq = m->cseq;
  if (verdict.kind != MSIP_GATE_PASS) {
    refuse(s, txn, m, verdict.status, verdict.kind == MSIP_GATE_RETRY_LATER);
    return;
  }
  switch ((unsigned)m->method) {
  case MSIP_PRACK:
    prack_arrived(s, txn, m, facts);
    break;
  case MSIP_OPTIONS:
    options_arrived(s, txn, m, facts);
    break;
  case MSIP_BYE:
    bye_arrived(s, txn, m, facts);
    break;
  case MSIP_NOTIFY:
    notify_arrived(s, txn, m, facts);
    break;
  case MSIP_SUBSCRIBE:
    subscribe_arrived(s, txn, m, facts);
    break;
  case MSIP_REFER:
    if (!is_one_too_many(s, txn, m))
      ask_script(s, txn, m, facts);
    break;
  default:
    ask_script(s, txn, m, facts);
    break;
  }
}
