/* Requests of ours in a dialog that change nothing about it. */
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/subscription_in.h"

/* 12.2.1: target refresh requests carry Contact. */
static bool refreshes_target(enum msip_method method)
{
  return method == MSIP_SUBSCRIBE || method == MSIP_NOTIFY ||
         method == MSIP_REFER;
}

static struct msip_bytes *tail_of(struct msip_session *s,
                                  enum msip_method method,
                                  const struct msip_reply *options)
{
  struct msip_str none = MSIP_STR("");

  return msip_tail_build(
      s->ua, &(struct msip_tail){
                 .options = options,
                 .flow = refreshes_target(method) ? &s->flow : NULL,
                 .contact = none,
                 .type = method == MSIP_MESSAGE ? MSIP_STR("text/plain") : none,
                 .supported = msip_tail_supported(s->ua, method, false),
                 .require = none});
}

static int check(struct msip_session *s, enum msip_method method,
                 const struct msip_reply *options)
{
  struct msip_ua *ua = s->ua;
  bool body = options->body_kind == MSIP_REPLY_BODY_GIVEN && options->body.len;
  int err = 0;

  if (s->state == MSIP_SESSION_TERMINATED || s->queued_bye)
    return msip_because(ua, MSIP_EGONE, "the call is over");
  err = msip_reply_check(ua, options, 0, 0);
  if (!err && body && options->content_type.len == 0 && method != MSIP_MESSAGE)
    err = msip_because(ua, MSIP_EINVALID, "body: content_type is needed");
  return err;
}

int msip_session_request(struct msip_session *s, enum msip_method method,
                         struct msip_str name, const struct msip_reply *options,
                         struct msip_outgoing **out)
{
  struct msip_outgoing *o;
  int err = check(s, method, options);

  if (err)
    return err;
  o = msip_outgoing_new(s->ua, s, method);
  if (!o)
    return msip_because(s->ua, MSIP_ENOMEM, "out of memory");
  o->tail = tail_of(s, method, options);
  if (name.len)
    o->name = msip_bytes_copy(s->ua->pool, name);
  if (!o->tail || (name.len && !o->name))
    err = msip_because(s->ua, MSIP_ENOMEM, "out of memory");
  if (!err)
    err = msip_outgoing_login(o, options);
  if (!err && (method == MSIP_REFER || method == MSIP_SUBSCRIBE))
    err = msip_subscription_begin(o, options);
  if (!err)
    err = msip_outgoing_send(o);
  if (err) {
    msip_subscription_answered(o, NULL, err);
    msip_outgoing_end(o);
    return err;
  }
  *out = o;
  return 0;
}
