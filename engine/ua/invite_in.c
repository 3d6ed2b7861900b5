/* INVITE and re-INVITE from arrival to final response (RFC 3261 13.3, 14.2,
 * RFC 6141). */
#include "message/delta.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

static void expires_fired(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_invite *invite =
      MSIP_CONTAINER(timer, struct msip_invite, expires);

  (void)arg;
  (void)now;
  /* 13.3.1: the caller's patience ran out. */
  msip_request_cut(invite->request, NULL, false);
}

static void arm_expires(struct msip_request *r)
{
  uint32_t seconds;

  if (!msip_msg_has(r->message, MSIP_H_EXPIRES) || r->in_dialog ||
      msip_delta_parse(&seconds, msip_msg_value(r->message, MSIP_H_EXPIRES)) !=
          0)
    return;
  msip_timer_arm(&r->ua->wheel, &r->invite->expires,
                 r->ua->now + (msip_time)seconds * 1000);
}

static void forget(struct msip_bytes **bytes)
{
  msip_bytes_drop(*bytes);
  *bytes = NULL;
}

bool msip_invite_arrived(struct msip_request *r)
{
  struct msip_invite *invite = msip_pool_zero(r->ua->pool, sizeof *invite);

  if (!invite) {
    msip_request_answer(r, &(struct msip_refusal){.status = 500});
    return false;
  }
  r->invite = invite;
  invite->request = r;
  invite->offerless = !r->facts.has_sdp;
  msip_timer_init(&invite->repeat, msip_repeat_fire);
  msip_timer_init(&invite->expires, expires_fired);
  if (msip_msg_has(r->message, MSIP_H_REPLACES))
    msip_replaces_begin(r);
  arm_expires(r);
  if (!r->session)
    return true;
  msip_exchange_save(&invite->before, &r->session->exchange);
  if (r->facts.has_sdp &&
      msip_exchange_move(&r->session->exchange, r->ua->pool, MSIP_OFFER_RECV,
                         r->facts.sdp) != 0) {
    msip_request_answer(r, &(struct msip_refusal){.status = 500});
    return false;
  }
  return true;
}

/* A PRACK that waits for its answer must not find us gone. */
static void let_pracks_go(struct msip_request *r)
{
  struct msip_link_node *at;

  if (!r->session)
    return;
  for (at = r->session->requests.next; at != &r->session->requests;
       at = at->next) {
    struct msip_request *other = MSIP_CONTAINER(at, struct msip_request, node);

    if (other->prack_of == r)
      other->prack_of = NULL;
  }
}

void msip_invite_stop(struct msip_request *r)
{
  struct msip_invite *invite = r->invite;

  msip_timer_stop(&r->ua->wheel, &invite->repeat);
  msip_timer_stop(&r->ua->wheel, &invite->expires);
  invite->ack_wait = false;
  let_pracks_go(r);
}

void msip_invite_free(struct msip_request *r)
{
  struct msip_invite *invite = r->invite;

  msip_invite_stop(r);
  msip_reliable_stop(r);
  forget(&invite->held);
  forget(&invite->preview);
  if (invite->replaces)
    msip_list_del(&invite->replacer);
  msip_exchange_fini(&invite->before);
  msip_pool_give(r->ua->pool, invite, sizeof *invite);
  r->invite = NULL;
}

void msip_invite_failed(struct msip_request *r, const char *reason)
{
  struct msip_session *s = r->session;

  msip_reliable_stop(r);
  msip_timer_stop(&r->ua->wheel, &r->invite->expires);
  forget(&r->invite->held);
  if (!s || s->state == MSIP_SESSION_TERMINATED)
    return;
  if (r->in_dialog)
    msip_exchange_restore(&s->exchange, &r->invite->before);
  else
    msip_session_end(s, reason, NULL); /* 12.3 */
}

/* The session of an initial INVITE comes to life with its first response. */
static int ensure_session(struct msip_request *r, bool *made)
{
  *made = false;
  if (r->session)
    return r->session->state == MSIP_SESSION_TERMINATED
               ? msip_because(r->ua, MSIP_EGONE, "the call is over")
               : 0;
  if (!msip_session_new(r))
    return msip_because(r->ua, MSIP_ENOMEM, "out of memory");
  *made = true;
  return 0;
}

static int offer_error(struct msip_request *r, const char *why)
{
  return msip_because(r->ua, MSIP_EOFFER, why);
}

/* What we said already inside this INVITE may be said again, nothing else. */
static int check_repeat(struct msip_request *r, const struct msip_reply *reply)
{
  const struct msip_exchange *x = &r->session->exchange;
  const struct msip_bytes *ours = r->invite->offerless ? x->offer : x->answer;

  if (!msip_reply_is_sdp(reply) ||
      (ours && msip_str_eq(msip_bytes_str(ours), reply->body)))
    return 0;
  return offer_error(r, "the offer of this INVITE is answered; no other "
                        "session description may follow");
}

/* Which session description a response may carry, and whether it makes a move.
 * `draft` gains the body when it is not the reply's own. */
static int pick_body(struct msip_request *r, const struct msip_reply *reply,
                     bool final, struct msip_draft *draft, bool *moves)
{
  struct msip_invite *invite = r->invite;
  enum msip_offer_state state = r->session->exchange.state;
  bool given = msip_reply_is_sdp(reply);

  *moves = false;
  if (invite->said)
    return check_repeat(r, reply);
  if (given) {
    *moves = final || draft->rseq;
    if (!*moves && state != MSIP_OFFER_THEIRS)
      return offer_error(r, "an offer needs reliable = true");
    return 0;
  }
  if (!final || reply->body_kind == MSIP_REPLY_BODY_NONE)
    return 0;
  if (state == MSIP_OFFER_THEIRS && invite->preview) {
    draft->own_body = *moves = true;
    draft->sdp = msip_bytes_str(invite->preview);
    return 0;
  }
  return offer_error(r, state == MSIP_OFFER_THEIRS
                            ? "the offer needs an answer (body)"
                            : "the INVITE has no offer, so the "
                              "response needs one (body)");
}

static void keep_preview(struct msip_request *r, struct msip_str sdp)
{
  forget(&r->invite->preview);
  r->invite->preview = msip_bytes_copy(r->ua->pool, sdp);
}

/* The move that a response on its way makes. */
static int say(struct msip_request *r, struct msip_str sdp)
{
  int err = msip_exchange_move(&r->session->exchange, r->ua->pool,
                               MSIP_OFFER_SEND, sdp);

  if (err)
    return msip_because(r->ua, err, msip_err_text(err));
  r->invite->said = true;
  return 0;
}

static struct msip_str body_of(const struct msip_draft *draft)
{
  return draft->own_body ? draft->sdp : draft->reply->body;
}

static void confirm(struct msip_request *r)
{
  struct msip_session *s = r->session;

  msip_session_follow(r);
  if (!s->confirmed) {
    s->confirmed = true;
    s->state = MSIP_SESSION_ACK_WAIT;
    s->ua->counters.sessions_started++;
  }
  msip_session_timer_set(s, &r->invite->grant);
}

int msip_invite_send_final(struct msip_request *r, struct msip_bytes *bytes,
                           unsigned status)
{
  struct msip_invite *invite = r->invite;
  struct msip_exchange *x = &r->session->exchange;
  int err;

  msip_reliable_stop(r);
  msip_timer_stop(&r->ua->wheel, &invite->expires);
  err = msip_txn_respond(r->ua->txns, r->txn, status, bytes, r->ua->now);
  if (err)
    return err;
  invite->ack_answer = x->state == MSIP_OFFER_OURS;
  if (x->state ==
      MSIP_OFFER_THEIRS) /* accepted without an answer, on purpose */
    msip_exchange_restore(x, &invite->before);
  confirm(r);
  invite->ack_wait = true;
  msip_repeat_start(r);
  if (invite->replaces)
    msip_replaces_carry_out(r);
  return 0;
}

int msip_invite_accept(struct msip_request *r, const struct msip_reply *reply,
                       struct msip_bytes **sent)
{
  struct msip_invite *invite = r->invite;
  struct msip_draft draft = {.reply = reply,
                             .status = reply->status ? reply->status : 200,
                             .dialog = true,
                             .refresh = &invite->grant};
  struct msip_bytes *bytes = NULL;
  bool made, moves;
  int err = invite->replaces ? msip_replaces_check(r) : 0;

  if (!err)
    err = ensure_session(r, &made);
  if (err)
    return err;
  err = pick_body(r, reply, true, &draft, &moves);
  if (!err) {
    msip_session_grant(r, &invite->grant);
    bytes = msip_reply_build(r, &draft);
    if (!bytes)
      err = msip_because(r->ua, MSIP_ENOMEM, "out of memory");
  }
  if (!err && moves)
    err = say(r, body_of(&draft));
  if (!err && invite->rel.unacked) {
    /* RFC 3262 section 3: after the PRACK.  It asks this only when the 1xx had
     * SDP; callers that think in order are glad of it always. */
    invite->held = msip_bytes_hold(bytes);
    invite->held_status = draft.status;
  } else if (!err) {
    err = msip_invite_send_final(r, bytes, draft.status);
  }
  if (err) {
    msip_bytes_drop(bytes);
    if (made)
      msip_session_undo(r);
    return err;
  }
  msip_request_answered(r);
  msip_request_hand_over(bytes, sent);
  return 0;
}

/* RFC 3262 section 3: when the caller demands it, or the script asks. */
static int wants_reliable(struct msip_request *r,
                          const struct msip_reply *reply, bool *reliable)
{
  struct msip_str rel = MSIP_STR("100rel");
  const struct msip_settings *s = r->ua->settings;
  bool able = s->rel100 != MSIP_REL100_NO &&
              (msip_msg_lists(r->message, MSIP_H_SUPPORTED, rel) ||
               msip_msg_lists(r->message, MSIP_H_REQUIRE, rel));

  *reliable = reply->reliable ||
              (able && (s->rel100 == MSIP_REL100_REQUIRED ||
                        msip_msg_lists(r->message, MSIP_H_REQUIRE, rel)));
  if (reply->reliable && !able)
    return msip_because(r->ua, MSIP_EUNSUPPORTED,
                        "reliable: 100rel is not supported on both sides");
  if (*reliable && r->invite->queued_count == MSIP_QUEUED_1XX)
    return msip_because(r->ua, MSIP_EPENDING,
                        "reliable responses wait for their PRACK");
  return 0;
}

static int send_progress(struct msip_request *r, struct msip_draft *draft,
                         struct msip_bytes *bytes, bool moves)
{
  struct msip_exchange *exchange = &r->session->exchange, before;
  bool sdp = msip_reply_is_sdp(draft->reply);
  int err = 0;

  msip_exchange_save(&before, exchange);
  if (moves)
    err = say(r, draft->reply->body);
  if (!err && draft->rseq)
    err = msip_reliable_send(r, bytes, draft->status, sdp);
  else if (!err)
    err =
        msip_txn_respond(r->ua->txns, r->txn, draft->status, bytes, r->ua->now);
  if (err && moves) {
    msip_exchange_restore(exchange, &before);
    r->invite->said = false;
  }
  msip_exchange_fini(&before);
  if (err)
    return err;
  if (sdp && !moves && !r->invite->said)
    keep_preview(r, draft->reply->body);
  if (draft->rseq && r->in_dialog)
    msip_session_follow(r); /* RFC 6141 4.6 */
  return 0;
}

int msip_invite_progress(struct msip_request *r, const struct msip_reply *reply,
                         struct msip_bytes **sent)
{
  struct msip_draft draft = {.reply = reply,
                             .status = reply->status ? reply->status : 180,
                             .dialog = true};
  struct msip_rel1xx before = r->invite->rel;
  struct msip_bytes *bytes = NULL;
  bool reliable, made, moves = false;
  int err = wants_reliable(r, reply, &reliable);

  if (!err)
    err = ensure_session(r, &made);
  if (err)
    return err;
  if (reliable)
    err = msip_rel1xx_next(&r->invite->rel,
                           (uint32_t)msip_rand_u64(&r->ua->rand), &draft.rseq);
  r->invite->rel.unacked = before.unacked;
  if (!err)
    err = pick_body(r, reply, false, &draft, &moves);
  if (!err) {
    bytes = msip_reply_build(r, &draft);
    err = bytes ? send_progress(r, &draft, bytes, moves)
                : msip_because(r->ua, MSIP_ENOMEM, "out of memory");
  }
  if (err) {
    r->invite->rel = before;
    msip_bytes_drop(bytes);
    if (made)
      msip_session_undo(r);
    return err;
  }
  r->waited = true;
  r->ua->counters.responses_out++;
  msip_timer_arm(&r->ua->wheel, &r->timer,
                 r->message->received_at + r->ua->settings->limit_answer_time);
  msip_request_hand_over(bytes, sent);
  return 0;
}

void msip_invite_keep_session(struct msip_request *r)
{
  struct msip_reply reply = {.body_kind = MSIP_REPLY_BODY_NONE};

  if (r->session->exchange.state == MSIP_OFFER_THEIRS ||
      msip_invite_accept(r, &reply, NULL) != 0)
    msip_request_answer(r, &(struct msip_refusal){.status = 500});
}
