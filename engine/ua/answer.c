/* accept, progress, redirect, reject, trying: checks first, effects after. */
#include "ua/request_in.h"
#include "ua/session_in.h"
#include "ua/subscription_in.h"

static unsigned default_rejection(const struct msip_request *r)
{
  if (!r->invite)
    return 480;
  return r->in_dialog ? 488 : 486;
}

/* UPDATE and PRACK carry offers of their own (RFC 3311, RFC 3262 section 5).
 * Picks the move of a 2xx; MSIP_EOFFER when the answer is missing. */
static int pick_answer(struct msip_request *r, const struct msip_reply *reply)
{
  bool sdp = msip_reply_is_sdp(reply);

  if (r->before && !sdp && reply->body_kind != MSIP_REPLY_BODY_NONE)
    return msip_because(r->ua, MSIP_EOFFER, "the offer needs an answer (body)");
  if (!r->before && sdp && r->session &&
      (r->message->method == MSIP_UPDATE || r->message->method == MSIP_PRACK))
    return msip_because(r->ua, MSIP_EOFFER,
                        "a session description answers no offer");
  return 0;
}

/* Only these have a type to assume. */
static int check_body_type(struct msip_request *r,
                           const struct msip_reply *reply)
{
  enum msip_method method = r->message->method;

  if (reply->body_kind != MSIP_REPLY_BODY_GIVEN || reply->content_type.len ||
      method == MSIP_INVITE || method == MSIP_UPDATE || method == MSIP_PRACK)
    return 0;
  return msip_because(r->ua, MSIP_EINVALID,
                      "body: content_type is needed for this method");
}

/* The answer that the 2xx brings, or what was before the offer. */
static int say(struct msip_request *r, const struct msip_reply *reply,
               struct msip_bytes *response)
{
  struct msip_session *s = r->session;
  int err = 0;

  if (!s || !r->before || !response || s->state == MSIP_SESSION_TERMINATED)
    return 0;
  if (!msip_reply_is_sdp(reply))
    msip_exchange_restore(&s->exchange, r->before);
  else
    err = msip_exchange_move(&s->exchange, r->ua->pool, MSIP_OFFER_SEND,
                             reply->body);
  return err ? msip_because(r->ua, err, msip_err_text(err)) : 0;
}

/* The target and session timer of a 2xx that is on its way. */
static void commit(struct msip_request *r, const struct msip_refresh *grant)
{
  struct msip_session *s = r->session;

  if (!s || s->state == MSIP_SESSION_TERMINATED)
    return;
  if (r->message->method != MSIP_UPDATE)
    return;
  msip_session_follow(r);
  msip_session_timer_set(s, grant);
}

static int accept_plain(struct msip_request *r, const struct msip_reply *reply,
                        struct msip_bytes **sent)
{
  struct msip_refresh grant = {0, MSIP_REFRESH_NOBODY};
  bool update = r->session && r->message->method == MSIP_UPDATE;
  struct msip_draft draft = {.reply = reply,
                             .status = reply->status ? reply->status : 200,
                             .dialog = update,
                             .refresh = &grant};
  struct msip_bytes *bytes;
  int err = check_body_type(r, reply);

  if (!err)
    err = pick_answer(r, reply);
  if (err)
    return err;
  if (update)
    msip_session_grant(r, &grant);
  bytes = msip_reply_build(r, &draft);
  err = say(r, reply, bytes);
  if (err)
    msip_bytes_drop(bytes);
  else
    err = msip_request_respond(r, draft.status, bytes);
  if (err)
    return err;
  commit(r, &grant);
  msip_request_answered(r);
  msip_request_hand_over(bytes, sent);
  if (r->prack_of)
    msip_reliable_continue(r->prack_of);
  msip_request_end(r);
  return 0;
}

void msip_request_refused(struct msip_request *r)
{
  struct msip_session *s = r->session;

  if (r->before && s && s->state != MSIP_SESSION_TERMINATED)
    msip_exchange_restore(&s->exchange, r->before);
  if (r->prack_of)
    msip_reliable_continue(r->prack_of);
  msip_request_end(r);
}

int msip_request_accept(struct msip_request *r, const struct msip_reply *reply,
                        struct msip_bytes **sent)
{
  int err = msip_request_open(r);

  if (!err)
    err = msip_request_fit(r);
  if (!err)
    err = msip_reply_check(r->ua, reply, 200, 299);
  if (!err)
    err = msip_request_take_tag(r, reply->to_tag);
  if (err)
    return err;
  if (r->invite)
    return msip_invite_accept(r, reply, sent);
  if (r->message->method == MSIP_SUBSCRIBE ||
      r->message->method == MSIP_REFER) {
    err = check_body_type(r, reply);
    return err ? err : msip_subscribe_accept(r, reply, sent);
  }
  return accept_plain(r, reply, sent);
}

int msip_request_progress(struct msip_request *r,
                          const struct msip_reply *reply,
                          struct msip_bytes **sent)
{
  int err;

  if (!r->invite)
    return msip_because(r->ua, MSIP_EINVALID,
                        "only an INVITE has provisional responses");
  err = msip_request_open(r);
  if (!err)
    err = msip_request_fit(r);
  if (!err)
    err = msip_reply_check(r->ua, reply, 101, 199);
  if (!err)
    err = msip_request_take_tag(r, reply->to_tag);
  return err ? err : msip_invite_progress(r, reply, sent);
}

/* 3xx to 6xx. */
static int refuse(struct msip_request *r, const struct msip_reply *reply,
                  unsigned status, struct msip_bytes **sent)
{
  struct msip_draft draft = {.reply = reply, .status = status};
  struct msip_bytes *bytes;
  int err = check_body_type(r, reply);

  if (!err && r->invite && r->invite->committed && r->in_dialog)
    err = msip_because(r->ua, MSIP_ECOMMITTED,
                       "changes of this re-INVITE are in use already");
  if (!err)
    err = msip_request_take_tag(r, reply->to_tag);
  if (err)
    return err;
  if (status == 488)
    draft.warning = MSIP_STR("session description not acceptable");
  bytes = msip_reply_build(r, &draft);
  err = msip_request_respond(r, status, bytes);
  if (err)
    return err;
  msip_request_answered(r);
  msip_request_hand_over(bytes, sent);
  if (r->invite)
    msip_invite_failed(r, status < 400 ? "redirected" : "rejected");
  else
    msip_request_refused(r);
  return 0;
}

int msip_request_redirect(struct msip_request *r,
                          const struct msip_reply *reply,
                          struct msip_bytes **sent)
{
  int err = msip_request_open(r);

  if (!err)
    err = msip_reply_check(r->ua, reply, 300, 399);
  if (!err && reply->contact_count == 0)
    err = msip_because(r->ua, MSIP_EINVALID, "no contact given");
  return err ? err
             : refuse(r, reply, reply->status ? reply->status : 302, sent);
}

int msip_request_reject(struct msip_request *r, const struct msip_reply *reply,
                        struct msip_bytes **sent)
{
  int err = msip_request_open(r);

  if (!err)
    err = msip_reply_check(r->ua, reply, 400, 699);
  return err ? err
             : refuse(r, reply,
                      reply->status ? reply->status : default_rejection(r),
                      sent);
}

int msip_request_trying(struct msip_request *r, struct msip_bytes **sent)
{
  struct msip_bytes *bytes;
  int err = msip_request_open(r);

  if (err)
    return err;
  if (!msip_txn_can_respond(r->txn, 100))
    return msip_because(r->ua, MSIP_ESTATE,
                        "100 is not due now (RFC 4320 4.1)");
  bytes = msip_refusal_build(r->ua, r->message, MSIP_STR(""),
                             &(struct msip_refusal){.status = 100});
  err = msip_request_respond(r, 100, bytes);
  if (err)
    return err;
  r->tried = true;
  r->ua->counters.responses_out++;
  msip_request_hand_over(bytes, sent);
  return 0;
}
