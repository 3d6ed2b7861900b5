/* The bytes of a response that a script asked for. */
#include "message/build.h"
#include "message/ctype.h"
#include "ua/request_in.h"
#include "uri/nameaddr.h"
#include "uri/uri.h"

enum {
  REPLY_MAX = 65535,
  OPTIONS_MAX = 60000, /* the rest is for what the engine writes and echoes */
  DIALOG_REPLY = 1000, /* saves most of these from growing */
  CONTACT_ROOM = 512,  /* setting `contact` has at most 500 bytes */
};

/* Name of a "Name: value" line; empty when it has no usable name. */
struct msip_str msip_reply_line(struct msip_str line, struct msip_str *value)
{
  size_t colon = msip_str_find(line, ':');
  struct msip_str name = msip_str_trim(msip_str_of(line.at, colon));

  if (colon == line.len || !msip_str_is_token(name))
    return MSIP_STR("");
  *value =
      msip_str_trim(msip_str_of(line.at + colon + 1, line.len - colon - 1));
  return name;
}

#define X(id, name, compact, kind)                                             \
  [MSIP_H_##id] = "extra_headers: the engine writes " name " by itself",
static const char *const ours[] = {MSIP_HEADER_MAP(X)};
#undef X

static int check_header(struct msip_ua *ua, struct msip_str line)
{
  struct msip_str value, name = msip_reply_line(line, &value);

  if (!msip_str_is_line(line))
    return msip_because(ua, MSIP_EINVALID, "a header holds CR, LF or NUL");
  if (name.len == 0)
    return msip_because(ua, MSIP_EINVALID, "a header is not \"Name: value\"");
  if (msip_header_is_ours(msip_header_of(name)))
    return msip_because(ua, MSIP_EINVALID, ours[msip_header_of(name)]);
  return 0;
}

/* A URI, or a name-addr with its brackets. */
static bool is_contact(struct msip_str s)
{
  struct msip_nameaddr na;
  struct msip_uri uri;

  if (msip_str_find(s, '<') < s.len) {
    if (msip_nameaddr_parse(&na, s, NULL) != 0)
      return false;
    s = na.uri;
  }
  return msip_uri_parse(&uri, s, NULL) == 0;
}

static bool is_line(struct msip_str s)
{
  return msip_str_is_line(s);
}

static bool is_too_large(const struct msip_reply *reply)
{
  size_t total = reply->reason.len + reply->user_agent.len +
                 reply->supported.len + reply->content_type.len +
                 reply->disposition.len + reply->body.len;

  for (unsigned i = 0; i < reply->header_count; i++)
    total += reply->headers[i].len + 2;
  for (unsigned i = 0; i < reply->contact_count; i++)
    total += reply->contacts[i].len + 13; /* Contact: <> */
  return total > OPTIONS_MAX;
}

int msip_reply_check(struct msip_ua *ua, const struct msip_reply *reply,
                     unsigned lowest, unsigned highest)
{
  if (reply->status && (reply->status < lowest || reply->status > highest))
    return msip_because(ua, MSIP_EINVALID,
                        "status_code out of range for this method");
  if (is_too_large(reply))
    return msip_because(ua, MSIP_EINVALID, "more than 60000 bytes to send");
  if (!is_line(reply->reason) || !is_line(reply->user_agent) ||
      !is_line(reply->supported) || !is_line(reply->content_type) ||
      !is_line(reply->disposition))
    return msip_because(ua, MSIP_EINVALID, "a text holds CR, LF or NUL");
  if (reply->to_tag.len && !msip_str_is_token(reply->to_tag))
    return msip_because(ua, MSIP_EINVALID, "to_tag is not a token");
  for (unsigned i = 0; i < reply->header_count; i++) {
    int err = check_header(ua, reply->headers[i]);

    if (err)
      return err;
  }
  for (unsigned i = 0; i < reply->contact_count; i++)
    if (!is_line(reply->contacts[i]) || !is_contact(reply->contacts[i]))
      return msip_because(ua, MSIP_EINVALID, "contacts: one is no URI");
  return 0;
}

bool msip_reply_has(const struct msip_reply *reply, struct msip_str name)
{
  struct msip_str value;

  for (unsigned i = 0; i < reply->header_count; i++)
    if (msip_str_ieq(msip_reply_line(reply->headers[i], &value), name))
      return true;
  return false;
}

struct msip_str msip_reply_value(const struct msip_reply *reply,
                                 struct msip_str name)
{
  struct msip_str value;

  for (unsigned i = 0; i < reply->header_count; i++)
    if (msip_str_ieq(msip_reply_line(reply->headers[i], &value), name))
      return value;
  return MSIP_STR("");
}

void msip_reply_headers(struct msip_buf *buf, const struct msip_reply *reply)
{
  struct msip_str value = MSIP_STR("");

  for (unsigned i = 0; i < reply->header_count; i++) {
    struct msip_str name = msip_reply_line(reply->headers[i], &value);

    msip_build_named(buf, name, value);
  }
}

bool msip_reply_is_sdp(const struct msip_reply *reply)
{
  struct msip_ctype type;

  if (reply->body_kind != MSIP_REPLY_BODY_GIVEN || reply->body.len == 0)
    return false;
  if (reply->disposition.len &&
      !msip_str_istarts(reply->disposition, MSIP_STR("session")))
    return false;
  return reply->content_type.len == 0 ||
         (msip_ctype_parse(&type, reply->content_type) == 0 &&
          msip_ctype_is(&type, MSIP_STR("application"), MSIP_STR("sdp")));
}

/* "sip:192.0.2.1:5060": written anew only when the address is another. */
static struct msip_str own_uri(struct msip_ua *ua, const struct msip_addr *own)
{
  const struct msip_addr *last = &ua->own_addr;

  if (last->family != own->family || last->port != own->port ||
      memcmp(last->ip, own->ip, sizeof own->ip) != 0) {
    struct msip_buf text = {.at = ua->own_text,
                            .room = sizeof ua->own_text,
                            .max = sizeof ua->own_text};

    msip_buf_lit(&text, "sip:");
    msip_addr_format(&text, own);
    ua->own_len = (uint8_t)text.len;
    ua->own_addr = *own;
  }
  return msip_str_of(ua->own_text, ua->own_len);
}

void msip_build_contact(struct msip_ua *ua, struct msip_buf *buf,
                        const struct msip_flow *flow)
{
  struct msip_str own = msip_str_c(ua->settings->contact);
  char room[CONTACT_ROOM];
  struct msip_buf value = {.at = room, .room = sizeof room, .max = sizeof room};

  msip_buf_char(&value, '<');
  msip_buf_add(&value, own.len ? own : own_uri(ua, &flow->local));
  msip_buf_char(&value, '>');
  msip_build_header(buf, MSIP_H_CONTACT, msip_buf_str(&value));
}

static void build_session_expires(struct msip_buf *buf,
                                  const struct msip_refresh *grant)
{
  char room[32];
  struct msip_buf value = {.at = room, .room = sizeof room, .max = sizeof room};

  msip_buf_u64(&value, grant->interval);
  if (grant->refresher == MSIP_REFRESH_THEM)
    msip_buf_lit(&value, ";refresher=uac");
  else
    msip_buf_lit(&value, ";refresher=uas");
  msip_build_header(buf, MSIP_H_SESSION_EXPIRES, msip_buf_str(&value));
}

static void build_require(struct msip_buf *buf, const struct msip_draft *draft)
{
  /* RFC 4028 section 9: only a refresher that is the peer must know it. */
  bool timer = draft->refresh && draft->refresh->interval &&
               draft->refresh->refresher == MSIP_REFRESH_THEM;

  if (draft->rseq && timer)
    msip_build_header(buf, MSIP_H_REQUIRE, MSIP_STR("100rel, timer"));
  else if (draft->rseq)
    msip_build_header(buf, MSIP_H_REQUIRE, MSIP_STR("100rel"));
  else if (timer)
    msip_build_header(buf, MSIP_H_REQUIRE, MSIP_STR("timer"));
  if (draft->rseq)
    msip_build_number(buf, MSIP_H_RSEQ, draft->rseq);
}

static void build_contacts(struct msip_request *r, struct msip_buf *buf,
                           const struct msip_draft *draft)
{
  const struct msip_reply *reply = draft->reply;

  for (unsigned i = 0; i < reply->contact_count; i++) {
    struct msip_str uri = reply->contacts[i];
    struct msip_buf value;

    if (msip_str_find(uri, '<') < uri.len) {
      msip_build_header(buf, MSIP_H_CONTACT, uri);
      continue;
    }
    msip_buf_init(&value, buf->pool, uri.len + 2);
    msip_buf_char(&value, '<');
    msip_buf_add(&value, uri);
    msip_buf_char(&value, '>');
    msip_build_header(buf, MSIP_H_CONTACT, msip_buf_str(&value));
    msip_buf_fini(&value);
  }
  if (draft->dialog && !msip_reply_has(reply, MSIP_STR("Contact")))
    msip_build_contact(r->ua, buf, &r->message->flow);
}

/* Allow and Supported where 13.3.1.4, 11.2 and RFC 3311 section 4 want them. */
static void build_capabilities(struct msip_request *r, struct msip_buf *buf,
                               const struct msip_draft *draft)
{
  const struct msip_reply *reply = draft->reply;
  struct msip_str supported =
      reply->supported.len ? reply->supported : r->ua->supported;
  bool wanted = draft->rseq || draft->status == 405 ||
                (draft->status < 300 && draft->status >= 200 &&
                 (draft->dialog || r->message->method == MSIP_OPTIONS));

  if (wanted && !msip_reply_has(reply, MSIP_STR("Allow")))
    msip_build_header(buf, MSIP_H_ALLOW, r->ua->allow);
  if ((wanted || reply->supported.len) && supported.len &&
      !msip_reply_has(reply, MSIP_STR("Supported")))
    msip_build_header(buf, MSIP_H_SUPPORTED, supported);
  /* RFC 6665 8.2.2 */
  if (wanted && *r->ua->settings->events &&
      !msip_reply_has(reply, MSIP_STR("Allow-Events")))
    msip_build_allow_events(r->ua, buf);
}

/* 11.2: what a 200 to OPTIONS says about bodies. */
static void build_accept(struct msip_request *r, struct msip_buf *buf,
                         const struct msip_draft *draft)
{
  static const struct {
    enum msip_header_id id;
    struct msip_str value;
  } rows[] = {
      {MSIP_H_ACCEPT, MSIP_STR_INIT("application/sdp")},
      {MSIP_H_ACCEPT_ENCODING, MSIP_STR_INIT("identity")},
      {MSIP_H_ACCEPT_LANGUAGE, MSIP_STR_INIT("en")},
  };

  if (r->message->method != MSIP_OPTIONS || draft->status >= 300)
    return;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (!msip_reply_has(draft->reply, msip_header_name(rows[i].id)))
      msip_build_header(buf, rows[i].id, rows[i].value);
}

static void build_body(struct msip_buf *buf, const struct msip_draft *draft)
{
  const struct msip_reply *reply = draft->reply;
  struct msip_str none = MSIP_STR(""), sdp = MSIP_STR("application/sdp");

  if (draft->own_body)
    msip_build_body(buf, sdp, none, draft->sdp);
  else if (reply->body_kind == MSIP_REPLY_BODY_GIVEN && reply->body.len)
    msip_build_body(buf, reply->content_type.len ? reply->content_type : sdp,
                    reply->disposition, reply->body);
  else
    msip_build_body(buf, none, none, none);
}

struct msip_bytes *msip_reply_build(struct msip_request *r,
                                    const struct msip_draft *draft)
{
  const struct msip_reply *reply = draft->reply;
  struct msip_ua *ua = r->ua;
  struct msip_buf buf;

  msip_buf_init(&buf, ua->pool, REPLY_MAX);
  if (draft->dialog)
    msip_buf_reserve(&buf, DIALOG_REPLY);
  msip_build_response(&buf, r->message, draft->status, reply->reason,
                      msip_request_tag(r), ua->now);
  if (draft->dialog && !r->in_dialog)
    msip_build_copy(&buf, r->message, MSIP_H_RECORD_ROUTE);
  build_contacts(r, &buf, draft);
  build_capabilities(r, &buf, draft);
  build_accept(r, &buf, draft);
  build_require(&buf, draft);
  if (draft->refresh && draft->refresh->interval)
    build_session_expires(&buf, draft->refresh);
  if (draft->expires.given)
    msip_build_number(&buf, MSIP_H_EXPIRES, draft->expires.n);
  if (reply->min_expires.given)
    msip_build_number(&buf, MSIP_H_MIN_EXPIRES, reply->min_expires.n);
  if (draft->no_subscription)
    msip_build_header(&buf, MSIP_H_REFER_SUB, MSIP_STR("false"));
  if (draft->status == 489 && !msip_reply_has(reply, MSIP_STR("Allow-Events")))
    msip_build_allow_events(ua, &buf);
  if (draft->warning.len && !msip_reply_has(reply, MSIP_STR("Warning")))
    msip_build_warning(ua, &buf, 399, draft->warning);
  msip_reply_headers(&buf, reply);
  if (reply->user_agent.len)
    msip_build_header(&buf, MSIP_H_SERVER, reply->user_agent);
  else if (!msip_reply_has(reply, MSIP_STR("Server")))
    msip_build_server(ua, &buf);
  build_body(&buf, draft);
  return msip_bytes_take(&buf);
}
