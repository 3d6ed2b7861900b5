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
  build_once(&buf, tail, MSIP_H_USER_AGENT,
             msip_str_c(ua->settings->user_agent));
  msip_reply_headers(&buf, options);
  if (type.len == 0)
    type = tail->type;
  msip_build_body(&buf, body ? type : none, body ? options->disposition : none,
                  body ? options->body : none);
  return msip_bytes_take(&buf);
}

static bool requires(struct msip_str name)
{
  return msip_str_ieq(name, msip_header_name(MSIP_H_REQUIRE)) ||
         msip_str_ieq(name, msip_header_name(MSIP_H_PROXY_REQUIRE));
}

/* A Require line without those tags, or nothing; true when one was there. */
static bool add_required(struct msip_buf *buf, struct msip_str name,
                         struct msip_str tags, const struct msip_msg *response)
{
  bool dropped = false;
  struct msip_buf left;
  struct msip_str tag;

  msip_buf_init(&left, buf->pool, TAIL_MAX);
  while (msip_value_cut(&tags, &tag)) {
    if (msip_msg_lists(response, MSIP_H_UNSUPPORTED, tag)) {
      dropped = true;
      continue;
    }
    if (msip_buf_str(&left).len)
      msip_buf_lit(&left, ", ");
    msip_buf_add(&left, tag);
  }
  if (msip_buf_str(&left).len)
    msip_build_named(buf, name, msip_buf_str(&left));
  if (left.err)
    buf->err = left.err;
  msip_buf_fini(&left);
  return dropped;
}

struct msip_bytes *msip_tail_longer(struct msip_ua *ua,
                                    const struct msip_bytes *tail,
                                    uint32_t seconds)
{
  struct msip_str rest = msip_bytes_str(tail), expires = MSIP_STR("Expires:");
  struct msip_buf buf;

  msip_buf_init(&buf, ua->pool, TAIL_MAX);
  while (rest.len > 0 && rest.at[0] != '\r') {
    struct msip_str line = msip_str_of(rest.at, msip_str_find(rest, '\n') + 1);

    if (msip_str_istarts(line, expires))
      msip_build_number(&buf, MSIP_H_EXPIRES, seconds);
    else
      msip_buf_add(&buf, line);
    rest = msip_str_of(rest.at + line.len, rest.len - line.len);
  }
  msip_buf_add(&buf, rest);
  return msip_bytes_take(&buf);
}

struct msip_bytes *msip_tail_without(struct msip_ua *ua,
                                     const struct msip_bytes *tail,
                                     const struct msip_msg *response)
{
  struct msip_str rest = msip_bytes_str(tail);
  bool dropped = false;
  struct msip_buf buf;

  msip_buf_init(&buf, ua->pool, TAIL_MAX);
  while (rest.len > 0 && rest.at[0] != '\r') {
    struct msip_str line = msip_str_of(rest.at, msip_str_find(rest, '\n') + 1);
    struct msip_str name = msip_str_of(line.at, msip_str_find(line, ':'));

    if (requires(name))
      dropped |= add_required(
          &buf, name,
          msip_str_of(name.at + name.len + 1, line.len - name.len - 3),
          response);
    else
      msip_buf_add(&buf, line);
    rest = msip_str_of(rest.at + line.len, rest.len - line.len);
  }
  msip_buf_add(&buf, rest);
  if (dropped)
    return msip_bytes_take(&buf);
  msip_buf_fini(&buf);
  return NULL;
}

/* RFC 6228 3: forks that are over may say so.  RFC 3891 6.2. */
static struct msip_str of_invite(bool timer, bool rel100)
{
  if (rel100)
    return timer ? MSIP_STR("100rel, timer, replaces, 199")
                 : MSIP_STR("100rel, replaces, 199");
  return timer ? MSIP_STR("timer, replaces, 199") : MSIP_STR("replaces, 199");
}

struct msip_str msip_tail_supported(const struct msip_ua *ua,
                                    enum msip_method method, bool rel100)
{
  bool timer = ua->settings->session_expires > 0;

  if (method == MSIP_ACK)
    return MSIP_STR("");
  if (method == MSIP_INVITE)
    return of_invite(timer, rel100);
  return timer ? MSIP_STR("timer") : MSIP_STR("");
}

struct msip_bytes *msip_session_tail(struct msip_session *s,
                                     const struct msip_reply *options,
                                     enum msip_method method)
{
  struct msip_ua *ua = s->ua;
  bool target = method == MSIP_INVITE || method == MSIP_UPDATE;
  bool rel100 = ua->settings->rel100 != MSIP_REL100_NO;

  return msip_tail_build(
      ua,
      &(struct msip_tail){.options = options,
                          .flow = target ? &s->flow : NULL,
                          .contact = MSIP_STR(""),
                          .type = MSIP_STR("application/sdp"),
                          .supported = msip_tail_supported(ua, method, rel100),
                          .require = MSIP_STR(""),
                          .allow = target});
}
