/* Session changes of ours: re-INVITE and UPDATE (RFC 3261 14.1, RFC 3311). */
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

enum { BUSY_MS = 100 };

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
static bool is_busy(const struct msip_session *s, enum msip_method method)
{
  const struct msip_request *invite = msip_session_open(s, MSIP_INVITE);

  /* Its offer was answered in a reliable 1xx: an UPDATE may follow. */
  if (invite && method == MSIP_UPDATE && invite->invite->committed)
    invite = NULL;
  return s->first_ack.due || s->prack.due || invite || msip_ack_is_awaited(s) ||
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
  return is_light(s, o->method, o->change->offers) || !is_busy(s, o->method);
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
  if (is_busy(s, method) && !is_on_wire(s->own_refresh))
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
