/* Session changes of ours: re-INVITE and UPDATE (RFC 3261 14.1, RFC 3311). */
#include "dialog/failure.h"
#include "message/body.h"
#include "message/build.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

enum { BUSY_MS = 100, STEP_MS = 10 };

static bool is_on_wire(const struct msip_outgoing *o)
{
  return o && !o->change->waiting;
}

/* An offer in a PRACK stands in the way as one in an UPDATE does. */
static bool is_in_the_way(const struct msip_outgoing *o,
                          enum msip_method method)
{
  if (!is_on_wire(o))
    return false;
  return method == MSIP_INVITE ? o->method == MSIP_INVITE
                               : o->method != MSIP_INVITE && o->change->offers;
}

bool msip_change_is_open(const struct msip_session *s, enum msip_method method)
{
  return is_in_the_way(s->own_change, method) ||
         is_in_the_way(s->own_refresh, method);
}

/* RFC 3311 5.1 is about offers: an UPDATE without one may go beside the first
 * INVITE. */
static bool is_light(const struct msip_session *s, enum msip_method method,
                     bool offers)
{
  return method == MSIP_UPDATE && !offers && !s->confirmed;
}

/* 14.1, RFC 3311 5.1, RFC 6337 4.3: the peer, or an exchange, is not done. */
static bool is_busy(const struct msip_session *s)
{
  return s->first_ack.due || s->prack.due ||
         msip_session_open(s, MSIP_INVITE) || msip_ack_is_awaited(s) ||
         s->exchange.state == MSIP_OFFER_OURS ||
         s->exchange.state == MSIP_OFFER_THEIRS;
}

/* It may go on the wire now. */
static bool is_free(const struct msip_outgoing *o)
{
  const struct msip_session *s = o->session;

  if ((s->own_change != o && is_on_wire(s->own_change)) ||
      (s->own_refresh != o && is_on_wire(s->own_refresh)) ||
      msip_session_open(s, MSIP_UPDATE))
    return false;
  return is_light(s, o->method, o->change->offers) || !is_busy(s);
}

static int check_state(struct msip_session *s, enum msip_method method,
                       bool offers)
{
  struct msip_ua *ua = s->ua;
  bool light = is_light(s, method, offers);

  if (s->state == MSIP_SESSION_TERMINATED || s->queued_bye)
    return msip_because(ua, MSIP_EGONE, "the call is over");
  if (s->own_change || msip_session_open(s, MSIP_UPDATE))
    return msip_because(ua, MSIP_EPENDING,
                        "another change of the session is in progress");
  if (light)
    return 0;
  if (s->state < MSIP_SESSION_ACK_WAIT &&
      (method == MSIP_INVITE || s->exchange.state != MSIP_OFFER_STABLE))
    return msip_because(ua, MSIP_ESTATE, "the call is not answered");
  if (is_busy(s) && !is_on_wire(s->own_refresh))
    return msip_because(ua, MSIP_EPENDING,
                        "another change of the session is in progress");
  return 0;
}

int msip_change_start(struct msip_outgoing *o)
{
  struct msip_session *s = o->session;
  struct msip_change *change = o->change;
  int err = 0;

  msip_exchange_fini(&change->before);
  msip_exchange_save(&change->before, &s->exchange);
  change->heard = false;
  if (change->offers)
    err = msip_exchange_move(&s->exchange, o->ua->pool, MSIP_OFFER_SEND,
                             msip_bytes_str(change->offer));
  if (!err)
    err = msip_outgoing_send(o);
  if (err) {
    msip_exchange_restore(&s->exchange, &change->before);
    return err;
  }
  change->waiting = false;
  return 0;
}

/* Our INVITE rings on in a call that is over (9.1). */
static void give_up(struct msip_outgoing *o)
{
  struct msip_txn *txn = o->txn;

  if (o->ended)
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
  else if (!is_free(o))
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

/* At once, or behind a refresh of the engine that is on the wire. */
static int begin(struct msip_outgoing *o)
{
  if (is_free(o))
    return msip_change_start(o);
  o->change->waiting = true;
  msip_timer_arm(&o->ua->wheel, &o->change->again, o->ua->now + BUSY_MS);
  return 0;
}

static int make(struct msip_session *s, enum msip_method method,
                const struct msip_reply *options, bool retry,
                struct msip_outgoing **out)
{
  struct msip_outgoing *o = msip_outgoing_new(s->ua, s, method);

  if (!o)
    return MSIP_ENOMEM;
  o->retries = retry;
  o->tail = msip_session_tail(s, options, method);
  if (!o->tail || msip_outgoing_login(o, options) != 0 ||
      msip_change_make(o, options, retry) != 0 || begin(o) != 0) {
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
  int err = check_state(s, method, msip_reply_is_sdp(options));

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

/* RFC 4028 7.4: the same description again where UPDATE is not possible. */
static bool refresh_by_update(const struct msip_session *s,
                              const struct msip_bytes *ours)
{
  return s->peer_updates || !ours || s->exchange.state != MSIP_OFFER_STABLE;
}

int msip_change_refresh(struct msip_session *s)
{
  const struct msip_bytes *ours = msip_exchange_ours(&s->exchange);
  struct msip_str none = MSIP_STR("");
  struct msip_reply options = {.content_type = none, .disposition = none};
  enum msip_method method = MSIP_UPDATE;
  struct msip_outgoing *o;

  if (!refresh_by_update(s, ours)) {
    method = MSIP_INVITE;
    options.body_kind = MSIP_REPLY_BODY_GIVEN;
    options.body = msip_bytes_str(ours);
  }
  if (make(s, method, &options, true, &o) != 0)
    return MSIP_ENOMEM;
  o->own = o->refresh = true;
  s->own_refresh = o;
  return 0;
}

void msip_change_close(struct msip_outgoing *o)
{
  struct msip_session *s = o->session;

  if (s && s->own_change == o)
    s->own_change = NULL;
  if (s && s->own_refresh == o)
    s->own_refresh = NULL;
}

/* Back to the descriptions before our offer; those of an exchange that was
 * completed inside it are in use (RFC 6141 3.4). */
static void withdraw(struct msip_outgoing *o)
{
  struct msip_session *s = o->session;
  struct msip_change *change = o->change;
  bool speaks = change->offers || o->method == MSIP_INVITE;
  bool in_use = change->heard && s->exchange.state == MSIP_OFFER_STABLE;

  if (s->state != MSIP_SESSION_TERMINATED && !change->waiting && speaks &&
      !in_use)
    msip_exchange_restore(&s->exchange, &change->before);
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
  if (!o->timed)
    msip_timer_stop(&ua->wheel, &o->limit);
  msip_timer_arm(&ua->wheel, &o->change->again,
                 ua->now + (msip_time)steps * STEP_MS);
}

static void refused(struct msip_outgoing *o, unsigned status)
{
  struct msip_session *s = o->session;

  withdraw(o);
  msip_change_close(o);
  s->prack.due = false;
  if (!o->refresh && msip_failure_ends_call(o->method, status))
    msip_session_lose(s, o->method, status);
}

/* The first description in a response that cannot get lost; later ones repeat
 * it. */
static int hear(struct msip_outgoing *o, const struct msip_msg *response)
{
  struct msip_change *change = o->change;
  struct msip_str sdp;
  int err;

  if (change->heard || (!change->offers && o->method != MSIP_INVITE) ||
      msip_msg_session_body(response, &sdp) != 1)
    return 0;
  err = msip_exchange_move(&o->session->exchange, o->ua->pool, MSIP_OFFER_RECV,
                           sdp);
  change->heard = err == 0;
  return err;
}

static void accepted(struct msip_outgoing *o, const struct msip_msg *response)
{
  struct msip_session *s = o->session;
  struct msip_change *change = o->change;

  change->ack.cseq = response->cseq;
  change->ack.due = o->method == MSIP_INVITE;
  if (s->state == MSIP_SESSION_TERMINATED)
    return;
  s->prack.due = s->prack.due && o->method != MSIP_INVITE;
  msip_session_retarget(
      s, response, msip_msg_lists(response, MSIP_H_ALLOW, MSIP_STR("UPDATE")));
  change->lost = hear(o, response) == MSIP_ENOMEM;
  if (change->offers && !change->heard && !change->lost)
    withdraw(o); /* an answer that never came (REI-071) */
  if (o->method != MSIP_PRACK)
    msip_session_renew(s, response);
  if (o->method != MSIP_INVITE)
    msip_change_close(o);
}

void msip_change_settle(struct msip_outgoing *o, bool told)
{
  /* With our offer answered nobody has anything to add to the ACK. */
  if ((o->change->offers && !o->change->manual_ack) || o->change->lost || !told)
    msip_own_ack_default(o, o->session);
  if (o->change->lost)
    msip_session_hang_up(o->session, "out of memory");
}

/* A provisional response to our re-INVITE: false when nobody has to hear of
 * it. */
static bool progressed(struct msip_outgoing *o, const struct msip_msg *response)
{
  struct msip_session *s = o->session;

  if (o->method != MSIP_INVITE || s->state == MSIP_SESSION_TERMINATED)
    return true;
  switch (msip_own_prack_take(s, response)) {
  case MSIP_1XX_STALE:
    return false;
  case MSIP_1XX_PLAIN:
    return true;
  case MSIP_1XX_RELIABLE:
    break;
  }
  if (hear(o, response) == MSIP_ENOMEM) {
    msip_own_prack_undo(s); /* it comes again */
    return false;
  }
  msip_session_aim(s, response);
  return true;
}

bool msip_change_response(struct msip_outgoing *o,
                          const struct msip_msg *response)
{
  unsigned status = response->status;

  if (o->ended) {
    msip_own_ack_repeat(o, o->session);
    return false;
  }
  if (status < 200)
    return progressed(o, response);
  if (status == 491 && o->change->retries && o->cancel == MSIP_CANCEL_NONE &&
      o->session->state != MSIP_SESSION_TERMINATED) {
    pause(o);
    return false;
  }
  if (status >= 300)
    refused(o, status);
  else
    accepted(o, response);
  return true;
}

void msip_change_failed(struct msip_outgoing *o, int err)
{
  bool silent = err == MSIP_ETIMEOUT && !o->change->waiting;

  refused(o, silent ? 408 : 0);
}

static void stop(struct msip_outgoing *o)
{
  if (!o)
    return;
  if (o->change->waiting)
    msip_outgoing_failure(o, MSIP_EGONE);
  else
    msip_timer_arm(&o->ua->wheel, &o->change->again,
                   o->ua->now + 64 * (msip_time)o->ua->settings->t1);
}

void msip_change_stop(struct msip_session *s)
{
  stop(s->own_change);
  stop(s->own_refresh);
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
