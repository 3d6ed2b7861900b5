/* Reliable provisional responses to our INVITE and their PRACK (RFC 3262). */
#include "message/build.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

enum { PRACK_MAX = 65535 };

enum msip_own_1xx msip_own_prack_take(struct msip_session *s,
                                      const struct msip_msg *response)
{
  struct msip_own_prack *p = &s->prack;
  uint32_t rseq;

  if (!msip_msg_lists(response, MSIP_H_REQUIRE, MSIP_STR("100rel")) ||
      msip_str_u32(msip_msg_value(response, MSIP_H_RSEQ), UINT32_MAX, &rseq) !=
          0 ||
      rseq == 0)
    return MSIP_1XX_PLAIN;
  if (p->cseq == response->cseq && rseq != p->rseq + 1) {
    if (rseq == p->rseq && p->left) /* there was no memory before */
      msip_own_prack_default(s);
    return MSIP_1XX_STALE;
  }
  p->rseq = rseq;
  p->cseq = response->cseq;
  p->due = true;
  p->left = false;
  return MSIP_1XX_RELIABLE;
}

void msip_own_prack_undo(struct msip_session *s)
{
  s->prack.rseq--;
  s->prack.due = false;
}

/* RAck and all behind it. */
static struct msip_bytes *build_tail(struct msip_session *s,
                                     const struct msip_reply *options)
{
  struct msip_bytes *rest = msip_session_tail(s, options, MSIP_PRACK);
  char room[40];
  struct msip_buf rack = {.at = room, .room = sizeof room, .max = sizeof room};
  struct msip_buf buf;

  if (!rest)
    return NULL;
  msip_buf_u64(&rack, s->prack.rseq);
  msip_buf_char(&rack, ' ');
  msip_buf_u64(&rack, s->prack.cseq);
  msip_buf_lit(&rack, " INVITE");
  msip_buf_init(&buf, s->ua->pool, PRACK_MAX);
  msip_build_header(&buf, MSIP_H_RACK, msip_buf_str(&rack));
  msip_buf_add(&buf, msip_bytes_str(rest));
  msip_bytes_drop(rest);
  return msip_bytes_take(&buf);
}

/* RFC 3262 5, RFC 6337 2.2: an answer to their offer; an offer when the first
 * exchange is done and nothing else is open. */
static bool may_speak(const struct msip_session *s)
{
  return s->exchange.state == MSIP_OFFER_THEIRS ||
         (s->exchange.state == MSIP_OFFER_STABLE && !s->own_change);
}

static int check(struct msip_session *s, const struct msip_reply *options)
{
  struct msip_ua *ua = s->ua;
  bool speaks = msip_reply_is_sdp(options);
  int err;

  if (s->state == MSIP_SESSION_TERMINATED)
    return msip_because(ua, MSIP_EGONE, "the call is over");
  if (!s->prack.due)
    return msip_because(ua, MSIP_ESTATE, "nothing to acknowledge");
  err = msip_reply_check(ua, options, 0, 0);
  if (!err && s->exchange.state == MSIP_OFFER_THEIRS && !speaks)
    err = msip_because(ua, MSIP_EOFFER,
                       "prack: the offer needs an answer (body)");
  if (!err && speaks && !may_speak(s))
    err = msip_because(ua, MSIP_EOFFER, "prack: no offer is possible now");
  return err;
}

/* The answer to the offer in the response. */
static int answer(struct msip_outgoing *o, struct msip_str sdp)
{
  struct msip_session *s = o->session;
  struct msip_exchange before;
  int err;

  msip_exchange_save(&before, &s->exchange);
  err = msip_exchange_move(&s->exchange, o->ua->pool, MSIP_OFFER_SEND, sdp);
  if (!err)
    err = msip_outgoing_send(o);
  if (err)
    msip_exchange_restore(&s->exchange, &before);
  msip_exchange_fini(&before);
  return err;
}

static int send(struct msip_outgoing *o, const struct msip_reply *options)
{
  struct msip_session *s = o->session;
  int err;

  o->tail = build_tail(s, options);
  if (!o->tail)
    return MSIP_ENOMEM;
  if (!msip_reply_is_sdp(options))
    return msip_outgoing_send(o);
  if (s->exchange.state == MSIP_OFFER_THEIRS)
    return answer(o, options->body);
  err = msip_change_make(o, options, false);
  if (!err)
    err = msip_change_start(o);
  if (!err)
    s->own_change = o;
  return err;
}

int msip_session_prack(struct msip_session *s, const struct msip_reply *options,
                       struct msip_outgoing **out)
{
  static const struct msip_reply plain;
  struct msip_outgoing *o;
  int err;

  options = options ? options : &plain;
  err = check(s, options);
  if (err)
    return err;
  o = msip_outgoing_new(s->ua, s, MSIP_PRACK);
  err = o ? send(o, options) : MSIP_ENOMEM;
  if (err) {
    if (o)
      msip_outgoing_end(o);
    return msip_because(s->ua, err, "out of memory");
  }
  s->prack.due = s->prack.left = false;
  if (out)
    *out = o;
  else
    o->own = true;
  return 0;
}

/* The INVITE that this session's provisional responses answer. */
static struct msip_outgoing *invite_of(const struct msip_session *s)
{
  struct msip_outgoing *o = s->own_refresh ? s->own_refresh : s->own_change;

  if (!s->confirmed)
    return s->origin;
  return o && o->method == MSIP_INVITE ? o : NULL;
}

void msip_own_prack_default(struct msip_session *s)
{
  static const struct msip_reply plain;
  struct msip_outgoing *invite = invite_of(s);

  if (!s->prack.due || s->state == MSIP_SESSION_TERMINATED)
    return;
  /* RFC 3262 5: their offer has no answer, so there can be no call. */
  if (s->exchange.state == MSIP_OFFER_THEIRS && invite && !invite->done) {
    if (invite->cancel == MSIP_CANCEL_NONE)
      msip_own_cancel_want(invite, &plain);
    return;
  }
  if (msip_session_prack(s, &plain, NULL) != 0)
    s->prack.left = true;
}
