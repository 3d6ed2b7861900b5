#include "ua/request.h"

#include "ua/relay_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"
#include "ua/subscription_in.h"

enum { TRYING_MS = 200, OWED_MS = 500 };

int msip_because(struct msip_ua *ua, int err, const char *why)
{
  ua->why = why;
  return err;
}

struct msip_str msip_request_tag(const struct msip_request *r)
{
  return msip_str_of(r->tag, r->tag_len);
}

bool msip_request_is_invite(const struct msip_request *r)
{
  return r->message->method == MSIP_INVITE;
}

/* RFC 4320 4.1: to a non-INVITE no 100 before the client's timer E has reached
 * T2, that is after T1 + 2 T1 + 4 T1 with the defaults. */
static msip_time trying_due(const struct msip_request *r)
{
  const struct msip_settings *s = r->ua->settings;
  msip_time sum = 0;

  if (msip_request_is_invite(r))
    return r->message->received_at + TRYING_MS;
  for (msip_time e = s->t1; e < s->t2; e *= 2)
    sum += e;
  return r->message->received_at + sum;
}

static void send_trying(struct msip_request *r)
{
  struct msip_bytes *bytes = msip_refusal_build(
      r->ua, r->message, MSIP_STR(""), &(struct msip_refusal){.status = 100});

  if (!bytes)
    return;
  if (msip_txn_respond(r->ua->txns, r->txn, 100, bytes, r->ua->now) == 0)
    r->ua->counters.responses_out++;
  msip_bytes_drop(bytes);
}

/* How long the script may think.  RFC 3311 5.2: an UPDATE that cannot be
 * answered at once is refused with 504, while its sender still listens. */
static msip_time patience(const struct msip_request *r)
{
  const struct msip_settings *s = r->ua->settings;
  msip_time limit = s->limit_answer_time, half = 32 * (msip_time)s->t1;

  return r->message->method == MSIP_UPDATE && half < limit ? half : limit;
}

/* First 100 Trying, later the end of the script's patience. */
static void timer_fired(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_request *r = MSIP_CONTAINER(timer, struct msip_request, timer);
  struct msip_ua *ua = arg;

  if (r->dead || r->answered)
    return;
  if (r->owed) {
    msip_request_answer(r, &(struct msip_refusal){.status = r->owed});
    return;
  }
  if (!r->waited) {
    r->waited = true;
    if (r->txn && !r->tried && msip_txn_can_respond(r->txn, 100))
      send_trying(r);
    msip_timer_arm(&ua->wheel, timer, r->message->received_at + patience(r));
    return;
  }
  (void)now;
  msip_request_overdue(r);
}

static void join_session(struct msip_request *r, struct msip_session *session)
{
  struct msip_str tag = session->dialog.local_tag;

  r->session = session;
  r->in_dialog = true;
  session->refs++;
  msip_list_add(&session->requests, &r->node);
  r->tag_len = (uint8_t)(tag.len < MSIP_TAG_MAX ? tag.len : MSIP_TAG_MAX);
  memcpy(r->tag, tag.at, r->tag_len);
}

static void free_dead(struct msip_dead *dead)
{
  msip_request_free(MSIP_CONTAINER(dead, struct msip_request, sweep));
}

struct msip_request *msip_request_new(struct msip_ua *ua, struct msip_txn *txn,
                                      const struct msip_msg *m,
                                      const struct msip_facts *facts,
                                      struct msip_session *session)
{
  struct msip_request *r = msip_pool_zero(ua->pool, sizeof *r);

  if (r)
    r->message = msip_msg_keep(ua->pool, m);
  if (!r || !r->message) {
    msip_pool_give(ua->pool, r, sizeof *r);
    msip_refuse(ua, txn, m, &(struct msip_refusal){.status = 500});
    return NULL;
  }
  r->ua = ua;
  r->txn = txn;
  r->facts = *facts;
  if (facts->has_sdp) /* the kept message lies elsewhere */
    r->facts.sdp.at = r->message->at + (facts->sdp.at - m->at);
  r->sweep.free = free_dead;
  msip_list_init(&r->sweep.node);
  msip_timer_init(&r->timer, timer_fired);
  msip_timer_arm(&ua->wheel, &r->timer, trying_due(r));
  if (session) {
    join_session(r, session);
  } else {
    msip_list_add(&ua->requests, &r->node);
    r->tag_len = MSIP_TAG_LEN;
    msip_rand_text(&ua->rand, r->tag, MSIP_TAG_LEN);
  }
  msip_txn_set_user(txn, r);
  ua->census.requests++;
  return r;
}

void msip_request_ask(struct msip_request *r)
{
  if (!msip_outbox_push(r->ua, &(struct msip_event){.kind = MSIP_EV_REQUEST,
                                                    .request = r,
                                                    .session = r->session}))
    msip_request_script_failed(r);
}

void msip_request_end(struct msip_request *r)
{
  if (r->dead || msip_relay_holds(r))
    return;
  r->dead = true;
  msip_timer_stop(&r->ua->wheel, &r->timer);
  if (!r->answered)
    r->ua->counters.unanswered++;
  if (r->invite)
    msip_invite_stop(r);
  if (r->txn)
    msip_txn_set_user(r->txn, NULL);
  r->txn = NULL;
  if (r->ends)
    msip_session_byed(r->session, r->message);
  msip_list_add(&r->ua->dead, &r->sweep.node);
}

void msip_request_free(struct msip_request *r)
{
  struct msip_ua *ua = r->ua;

  if (r->box && ua->on_release)
    ua->on_release(ua->arg, r->box);
  msip_timer_stop(&ua->wheel, &r->timer);
  msip_list_del(&r->node);
  msip_list_del(&r->sweep.node);
  if (r->invite)
    msip_invite_free(r);
  if (r->relay)
    msip_relay_free(r);
  if (r->before) {
    msip_exchange_fini(r->before);
    msip_pool_give(ua->pool, r->before, sizeof *r->before);
  }
  msip_msg_drop(r->message);
  if (r->subscription)
    msip_subscription_unref(r->subscription);
  if (r->session)
    msip_session_unref(r->session);
  ua->census.requests--;
  msip_pool_give(ua->pool, r, sizeof *r);
}

int msip_request_open(const struct msip_request *r)
{
  if (r->cancelled)
    return msip_because(r->ua, MSIP_ECANCELLED, "cancelled by the peer");
  if (r->answered)
    return msip_because(r->ua, MSIP_ESTATE,
                        r->by_engine ? "the engine has answered already"
                                     : "answered already");
  if (r->dead || !r->txn)
    return msip_because(r->ua, MSIP_EGONE, "the request is over");
  return 0;
}

int msip_request_take_tag(struct msip_request *r, struct msip_str tag)
{
  if (tag.len == 0 || msip_str_eq(tag, msip_request_tag(r)))
    return 0;
  if (tag.len > MSIP_TAG_MAX)
    return msip_because(r->ua, MSIP_EINVALID, "to_tag is too long");
  if (r->session)
    return msip_because(r->ua, MSIP_EINVALID,
                        "to_tag: the dialog has its tag already");
  memcpy(r->tag, tag.at, tag.len);
  r->tag_len = (uint8_t)tag.len;
  return 0;
}

bool msip_request_is_open(const struct msip_request *r)
{
  return !r->dead && (!r->answered || (r->invite && r->invite->held));
}

void msip_request_answered(struct msip_request *r)
{
  r->answered = true;
  r->waited = true;
  msip_timer_stop(&r->ua->wheel, &r->timer);
  r->ua->counters.responses_out++;
  if (r->relay)
    msip_relay_answered(r);
}

void msip_request_hand_over(struct msip_bytes *bytes, struct msip_bytes **sent)
{
  if (sent)
    *sent = bytes;
  else
    msip_bytes_drop(bytes);
}

int msip_request_respond(struct msip_request *r, unsigned status,
                         struct msip_bytes *bytes)
{
  if (!bytes)
    return msip_because(r->ua, MSIP_ENOMEM,
                        "out of memory, or the response is beyond 64 KiB");
  if (msip_txn_respond(r->ua->txns, r->txn, status, bytes, r->ua->now) == 0) {
    if (status == 401 || status == 407)
      r->ends = false;
    return 0;
  }
  msip_bytes_drop(bytes);
  return msip_because(r->ua, MSIP_ESTATE,
                      "the transaction does not take this response");
}

void msip_request_answer(struct msip_request *r,
                         const struct msip_refusal *refusal)
{
  struct msip_bytes *bytes;
  int err;

  if (r->answered || r->dead || !r->txn)
    return;
  bytes = msip_refusal_build(r->ua, r->message, msip_request_tag(r), refusal);
  err = msip_request_respond(r, refusal->status, bytes);
  if (err == MSIP_ENOMEM) {
    r->owed = (uint16_t)refusal->status;
    msip_timer_arm(&r->ua->wheel, &r->timer, r->ua->now + OWED_MS);
  } else if (err) {
    msip_request_end(r);
  }
  if (err)
    return;
  msip_bytes_drop(bytes);
  msip_request_answered(r);
  r->by_engine = true;
  if (r->invite)
    msip_invite_failed(r, refusal->status == 487 ? "cancelled" : "rejected");
  else
    msip_request_refused(r);
}

static void give_up(struct msip_request *r, const char *why)
{
  struct msip_str method = r->message->method_text;

  if (method.len > 32)
    method.len = 32;
  msip_log(&r->ua->log, MSIP_LOG_WARN, r->message->call_id,
           "the script left %s %.*s unanswered: %s",
           r->in_dialog ? "a call's" : "a new", (int)method.len, method.at,
           why);
  r->ua->counters.unanswered++;
  if (r->invite && r->invite->committed)
    msip_invite_keep_session(r);
  else
    msip_request_answer(
        r, &(struct msip_refusal){
               .status = r->message->method == MSIP_UPDATE ? 504 : 480});
}

void msip_request_abandon(struct msip_request *r)
{
  if (!r->dead && !r->answered && r->txn)
    give_up(r, "nobody holds it any more");
}

void msip_request_overdue(struct msip_request *r)
{
  if (msip_request_is_relayed(r)) /* timer C looks after it */
    msip_timer_arm(&r->ua->wheel, &r->timer, r->ua->now + patience(r));
  else if (!r->dead && !r->answered && r->txn)
    give_up(r, "limits.answer_time is over");
}

void msip_request_script_failed(struct msip_request *r)
{
  if (r->dead || r->answered || !r->txn)
    return;
  if (r->invite && r->invite->committed && r->in_dialog)
    msip_invite_keep_session(r);
  else
    msip_request_answer(r, &(struct msip_refusal){.status = 500});
}

const struct msip_msg *msip_request_message(const struct msip_request *r)
{
  return r->message;
}

struct msip_session *msip_request_session(const struct msip_request *r)
{
  return r->session && r->session->bare ? NULL : r->session;
}

struct msip_subscription *
msip_request_subscription(const struct msip_request *r)
{
  return r->subscription;
}

bool msip_request_in_dialog(const struct msip_request *r)
{
  return r->in_dialog && !r->session->bare;
}

bool msip_request_is_answered(const struct msip_request *r)
{
  return r->answered;
}

bool msip_request_script_answered(const struct msip_request *r)
{
  return r->answered && !r->by_engine;
}

bool msip_request_is_cancelled(const struct msip_request *r)
{
  return r->cancelled || (r->relay && r->relay->cancelled);
}

const char *msip_request_txn_kind(const struct msip_request *r)
{
  return msip_request_is_invite(r) ? "ist" : "nist";
}

const char *msip_request_txn_state(const struct msip_request *r)
{
  return msip_txn_state_name(r->txn ? msip_txn_state(r->txn)
                                    : MSIP_TXN_TERMINATED);
}

struct msip_str msip_request_txn_id(const struct msip_request *r)
{
  return r->message->via.branch;
}

void msip_request_set_box(struct msip_request *r, void *box)
{
  r->box = box;
}

void *msip_request_box(const struct msip_request *r)
{
  return r->box;
}
