/* Ending a call from our side (RFC 3261 section 15). */
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

static struct msip_outgoing *make_bye(struct msip_session *s,
                                      const struct msip_reply *options)
{
  struct msip_outgoing *bye = msip_outgoing_new(s->ua, s, MSIP_BYE);

  if (!bye)
    return NULL;
  bye->tail = msip_session_tail(s, options, MSIP_BYE);
  if (!bye->tail || msip_outgoing_login(bye, options) != 0) {
    msip_outgoing_end(bye);
    return NULL;
  }
  return bye;
}

void msip_session_send_bye(struct msip_session *s)
{
  struct msip_outgoing *bye = s->queued_bye;

  s->queued_bye = NULL;
  s->own_bye = bye;
  s->byed = true;
  if (msip_outgoing_send(bye) != 0) {
    s->own_bye = NULL;
    msip_outgoing_failure(bye, MSIP_ENOMEM);
  }
  msip_session_end(s, s->bye_reason ? s->bye_reason : "bye sent", NULL);
}

/* 13.2.2.4: the ACK of their 2xx goes out even when the call ends at once. */
static void acknowledge(struct msip_session *s)
{
  if (s->first_ack.due && s->origin)
    msip_own_ack_plain(s->origin, s);
  if (s->own_change)
    msip_own_ack_plain(s->own_change, s);
}

int msip_session_bye(struct msip_session *s, const struct msip_reply *options,
                     struct msip_outgoing **out)
{
  static const struct msip_reply plain;
  struct msip_ua *ua = s->ua;
  struct msip_outgoing *bye;
  int err;

  if (s->state == MSIP_SESSION_TERMINATED)
    return msip_because(ua, MSIP_EGONE, "the call is over");
  if (s->state < MSIP_SESSION_ACK_WAIT && !s->ours)
    return msip_because(ua, MSIP_ESTATE,
                        "the call is not answered: reject its INVITE");
  if (s->queued_bye)
    return msip_because(ua, MSIP_ESTATE, "a BYE waits for the ACK already");
  options = options ? options : &plain;
  err = msip_reply_check(ua, options, 0, 0);
  if (!err && options->body_kind == MSIP_REPLY_BODY_GIVEN &&
      options->content_type.len == 0)
    err = msip_because(ua, MSIP_EINVALID, "body: content_type is needed");
  if (err)
    return err;
  bye = make_bye(s, options);
  if (!bye)
    return msip_because(ua, MSIP_ENOMEM, "out of memory");
  if (out)
    *out = bye;
  s->queued_bye = bye;
  acknowledge(s);
  if (!msip_ack_is_awaited(s))
    msip_session_send_bye(s);
  return 0;
}

void msip_session_hang_up(struct msip_session *s, const char *reason)
{
  static const struct msip_reply plain;

  if (s->state == MSIP_SESSION_TERMINATED)
    return;
  if (s->state < MSIP_SESSION_ACK_WAIT && !s->ours) {
    msip_session_end(s, reason, NULL);
    return;
  }
  s->bye_reason = reason;
  if (!s->queued_bye)
    s->queued_bye = make_bye(s, &plain);
  if (s->queued_bye) {
    s->queued_bye->own = s->queued_bye->box == NULL;
    acknowledge(s);
    msip_session_send_bye(s);
  } else {
    msip_session_end(s, reason, NULL);
  }
}

void msip_session_hang_up_in_turn(struct msip_session *s, const char *reason)
{
  static const struct msip_reply plain;

  if (s->queued_bye)
    return;
  if (msip_ack_is_awaited(s))
    s->queued_bye = make_bye(s, &plain);
  if (!s->queued_bye) {
    msip_session_hang_up(s, reason);
    return;
  }
  s->queued_bye->own = true;
  s->bye_reason = reason;
}

void msip_session_hang_up_late(struct msip_session *s)
{
  static const struct msip_reply plain;

  if (s->byed)
    return;
  s->queued_bye = make_bye(s, &plain);
  if (!s->queued_bye)
    return;
  s->queued_bye->own = true;
  msip_session_send_bye(s);
}

void msip_session_lose(struct msip_session *s, enum msip_method method,
                       unsigned status)
{
  if (status == 481) /* there is nobody to say BYE to */
    msip_session_end(s, "dialog lost", NULL);
  else if (status != 408)
    msip_session_hang_up(s, "dialog lost");
  else if (method == MSIP_INVITE || method == MSIP_UPDATE)
    msip_session_hang_up(s, "no answer to a change");
  else
    msip_session_hang_up(s, "no answer to a request");
}

void msip_session_ack_timeout_default(struct msip_session *s)
{
  msip_session_hang_up(s, "no ack");
}
