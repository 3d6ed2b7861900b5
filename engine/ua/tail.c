/* Everything behind the head of a request of ours. */
#include "message/build.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

enum { TAIL_MAX = 65535 };

static void build_contact(struct msip_ua *ua, struct msip_buf *buf,
                          const struct msip_tail *tail)
{
  struct msip_buf value;

  if (!tail->flow || msip_reply_has(tail->options, MSIP_STR("Contact")))
    return;
  if (tail->contact.len == 0) {
    msip_build_contact(ua, buf, tail->flow);
    return;
  }
  msip_buf_init(&value, ua->pool, tail->contact.len + 2);
  msip_buf_char(&value, '<');
  msip_buf_add(&value, tail->contact);
  msip_buf_char(&value, '>');
  msip_build_header(buf, MSIP_H_CONTACT, msip_buf_str(&value));
  msip_buf_fini(&value);
}

/* Unless the caller has written it. */
static void build_once(struct msip_buf *buf, const struct msip_tail *tail,
                       enum msip_header_id id, struct msip_str value)
{
  if (value.len && !msip_reply_has(tail->options, msip_header_name(id)))
    msip_build_header(buf, id, value);
}

struct msip_bytes *msip_tail_build(struct msip_ua *ua,
                                   const struct msip_tail *tail)
{
  const struct msip_reply *options = tail->options;
  bool body = options->body_kind == MSIP_REPLY_BODY_GIVEN && options->body.len;
  struct msip_str none = MSIP_STR(""), type = options->content_type;
  struct msip_buf buf;

  msip_buf_init(&buf, ua->pool, TAIL_MAX);
  build_contact(ua, &buf, tail);
  if (tail->allow)
    build_once(&buf, tail, MSIP_H_ALLOW, ua->allow);
  build_once(&buf, tail, MSIP_H_SUPPORTED, tail->supported);
  build_once(&buf, tail, MSIP_H_REQUIRE, tail->require);
  if (tail->refreshes)
    msip_session_build_expires(tail->refreshes, &buf);
  build_once(&buf, tail, MSIP_H_USER_AGENT,
             msip_str_c(ua->settings->user_agent));
  msip_reply_headers(&buf, options);
  if (type.len == 0)
    type = tail->type;
  msip_build_body(&buf, body ? type : none, body ? options->disposition : none,
                  body ? options->body : none);
  return msip_bytes_take(&buf);
}

struct msip_str msip_tail_supported(const struct msip_ua *ua)
{
  return ua->settings->session_expires ? MSIP_STR("timer") : MSIP_STR("");
}

struct msip_bytes *msip_session_tail(struct msip_session *s,
                                     const struct msip_reply *options,
                                     bool target)
{
  struct msip_ua *ua = s->ua;
  struct msip_tail tail = {.options = options,
                           .flow = target ? &s->flow : NULL,
                           .contact = MSIP_STR(""),
                           .type = MSIP_STR("application/sdp"),
                           .supported = msip_tail_supported(ua),
                           .require = MSIP_STR(""),
                           .refreshes = target ? s : NULL,
                           .allow = target};

  return msip_tail_build(ua, &tail);
}
