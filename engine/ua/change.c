/* Session changes of ours: re-INVITE and UPDATE (RFC 3261 14.1, RFC 3311). */
#include "message/body.h"
#include "message/build.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

enum { BUSY_MS = 100, STEP_MS = 10 };

bool msip_change_is_open(const struct msip_session *s, enum msip_method method)
{
  const struct msip_outgoing *o = s->own_change;

  if (!o || o->change->waiting)
    return false;
  /* An offer in a PRACK stands in the way as one in an UPDATE does. */
  return (o->method == MSIP_INVITE) == (method == MSIP_INVITE);
}

/* 14.1, RFC 3311 5.1, RFC 6337 4.3: nothing else may be in progress. */
static bool is_busy(const struct msip_session *s)
{
  return s->own_update || s->first_ack.due ||
         msip_session_open(s, MSIP_INVITE) ||
         msip_session_open(s, MSIP_UPDATE) || msip_ack_is_awaited(s) ||
         s->exchange.state == MSIP_OFFER_OURS ||
         s->exchange.state == MSIP_OFFER_THEIRS;
}

static int check_state(struct msip_session *s, enum msip_method method)
{
  struct msip_ua *ua = s->ua;

  if (s->state == MSIP_SESSION_TERMINATED || s->queued_bye)
    return msip_because(ua, MSIP_EGONE, "the call is over");
  if (s->state < MSIP_SESSION_ACK_WAIT &&
      (method == MSIP_INVITE || s->exchange.state != MSIP_OFFER_STABLE))
    return msip_because(ua, MSIP_ESTATE, "the call is not answered");
  if (s->own_change || is_busy(s))
    return msip_because(ua, MSIP_EPENDING,
                        "another change of the session is in progress");
  return 0;
}

int msip_change_start(struct msip_outgoing *o)
{
  struct msip_session *s = o->session;
  struct msip_change *change = o->change;
  int err = 0;

  msip_exchange_save(&change->before, &s->exchange);
  if (change->offers)
    err = msip_exchange_move(&s->exchange, o->ua->pool, MSIP_OFFER_SEND,
                             msip_bytes_str(change->offer));
  if (!err)
    err = msip_outgoing_send(o);
  if (err) {
    msip_exchange_restore(&s->exchange, &change->before);
    return err;
  }
  change->ack.cseq = o->cseq;
  change->waiting = false;
  return 0;
}

/* Our INVITE rings on in a call that is over (9.1). */
static void give_up(struct msip_outgoing *o)
{
  struct msip_txn *txn = o->txn;

  if (o->done)
    return;
  msip_outgoing_failure(o, MSIP_EGONE);
  if (txn)
    msip_txn_free(txn);
}

static void try_again(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_change *change = MSIP_CONTAINER(timer, struct msip_change, again);
  struct msip_outgoing *o = change->outgoing;
  struct msip_ua *ua = arg;

  if (o->session->state == MSIP_SESSION_TERMINATED)
    give_up(o);
  else if (is_busy(o->session))
    msip_timer_arm(&ua->wheel, timer, now + BUSY_MS);
  else if (msip_change_start(o) != 0)
    msip_outgoing_failure(o, MSIP_ENOMEM);
}

int msip_change_make(struct msip_outgoing *o, const struct msip_reply *options,
                     bool retry)
{
  struct msip_change *change = msip_pool_zero(o->ua->pool, sizeof *change);

  o->change = change;
  if (!change)
    return MSIP_ENOMEM;
  change->outgoing = o;
  change->retries = retry;
  change->offers = msip_reply_is_sdp(options);
  msip_timer_init(&change->again, try_again);
  if (change->offers)
    change->offer = msip_bytes_copy(o->ua->pool, options->body);
  return change->offers && !change->offer ? MSIP_ENOMEM : 0;
}

static int make(struct msip_session *s, enum msip_method method,
                const struct msip_reply *options, bool retry,
                struct msip_outgoing **out)
{
  struct msip_outgoing *o = msip_outgoing_new(s->ua, s, method);

  if (!o)
    return MSIP_ENOMEM;
  o->tail = msip_session_tail(s, options, true);
  if (!o->tail || msip_outgoing_login(o, options) != 0 ||
      msip_change_make(o, options, retry) != 0 || msip_change_start(o) != 0) {
    msip_outgoing_end(o);
    return MSIP_ENOMEM;
  }
  *out = o;
  return 0;
}

int msip_session_change(struct msip_session *s, enum msip_method method,
                        const struct msip_reply *options, bool retry,
                        bool manual_ack, struct msip_outgoing **out)
{
  int err = check_state(s, method);

  if (!err)
    err = msip_reply_check(s->ua, options, 0, 0);
  if (err)
    return err;
  if (make(s, method, options, retry, out) != 0)
    return msip_because(s->ua, MSIP_ENOMEM, "out of memory");
  (*out)->change->manual_ack = manual_ack;
  s->own_change = *out;
  return 0;
}

/* Back to the descriptions before our offer. */
static void withdraw(struct msip_outgoing *o)
{
  struct msip_session *s = o->session;

  if (s->state != MSIP_SESSION_TERMINATED && !o->change->waiting)
    msip_exchange_restore(&s->exchange, &o->change->before);
}

/* 14.1: 2.1 to 4 s when the Call-ID is ours, else 0 to 2 s. */
static void pause(struct msip_outgoing *o)
{
  struct msip_ua *ua = o->ua;
  bool ours = o->session->ours;
  uint32_t steps = msip_rand_range(&ua->rand, ours ? 210 : 0, ours ? 400 : 200);

  withdraw(o);
  o->change->waiting = true;
  msip_outgoing_detach(o);
  msip_timer_arm(&ua->wheel, &o->change->again,
                 ua->now + (msip_time)steps * STEP_MS);
}

/* 12.2.1.2, 14.1, RFC 5057: what a failure means for the call. */
static void refused(struct msip_outgoing *o, unsigned status)
{
  struct msip_session *s = o->session;

  withdraw(o);
  s->own_change = NULL;
  if (status == 481)
    msip_session_end(s, "dialog lost", NULL);
  else if (status == 408)
    msip_session_hang_up(s, "no answer to a change");
}

static void accepted(struct msip_outgoing *o, const struct msip_msg *response)
{
  struct msip_session *s = o->session;
  struct msip_str sdp;

  o->change->ack.due = o->method == MSIP_INVITE;
  if (s->state == MSIP_SESSION_TERMINATED)
    return;
  msip_session_retarget(
      s, response, msip_msg_lists(response, MSIP_H_ALLOW, MSIP_STR("UPDATE")));
  if (msip_msg_session_body(response, &sdp) == 1)
    o->change->lost = msip_exchange_move(&s->exchange, o->ua->pool,
                                         MSIP_OFFER_RECV, sdp) == MSIP_ENOMEM;
  else if (o->change->offers)
    withdraw(o); /* an answer that never came (REI-071) */
  if (o->method != MSIP_PRACK)
    msip_session_renew(s, response);
  if (o->method != MSIP_INVITE)
    s->own_change = NULL;
}

void msip_change_settle(struct msip_outgoing *o, bool told)
{
  /* With our offer answered nobody has anything to add to the ACK. */
  if ((o->change->offers && !o->change->manual_ack) || o->change->lost || !told)
    msip_own_ack_default(o, o->session);
  if (o->change->lost)
    msip_session_hang_up(o->session, "out of memory");
}

bool msip_change_response(struct msip_outgoing *o,
                          const struct msip_msg *response)
{
  unsigned status = response->status;

  if (status < 200)
    return true;
  if (o->done) {
    msip_own_ack_repeat(o, o->session);
    return false;
  }
  if (status == 491 && o->change->retries &&
      o->session->state != MSIP_SESSION_TERMINATED) {
    pause(o);
    return false;
  }
  if (status >= 300)
    refused(o, o->method == MSIP_PRACK ? 0 : status);
  else
    accepted(o, response);
  return true;
}

void msip_change_failed(struct msip_outgoing *o, int err)
{
  refused(o, err == MSIP_ETIMEOUT ? 408 : 0);
}

void msip_change_stop(struct msip_session *s)
{
  struct msip_outgoing *o = s->own_change;

  if (!o)
    return;
  if (o->change->waiting)
    msip_outgoing_failure(o, MSIP_EGONE);
  else
    msip_timer_arm(&s->ua->wheel, &o->change->again,
                   s->ua->now + 64 * (msip_time)s->ua->settings->t1);
}

void msip_change_free(struct msip_outgoing *o)
{
  struct msip_change *change = o->change;

  msip_timer_stop(&o->ua->wheel, &change->again);
  msip_exchange_fini(&change->before);
  msip_bytes_drop(change->offer);
  msip_bytes_drop(change->ack.bytes);
  msip_pool_give(o->ua->pool, change, sizeof *change);
  o->change = NULL;
}
