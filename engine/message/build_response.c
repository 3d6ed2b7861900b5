#include "message/build.h"

#include "message/top_via.h"
#include "message/unfold.h"
#include "uri/nameaddr.h"
#include "uri/param.h"
#include "uri/scan.h"

/* A response is written with one reservation: its parts are copies, so its
 * size is bounded before the first byte. */

enum {
  IP_MAX = 46,                         /* INET6_ADDRSTRLEN */
  MARKS_MAX = MSIP_TOP_VIA_MARKS + 40, /* and the delay of a Timestamp */
};

static inline char *put(char *to, struct msip_str s)
{
  memcpy(to, s.at, s.len);
  return to + s.len;
}

static char *put_number(char *to, uint64_t n)
{
  char digits[20];
  size_t at = sizeof digits;

  do {
    digits[--at] = (char)('0' + n % 10);
    n /= 10;
  } while (n > 0);
  return put(to, msip_str_of(digits + at, sizeof digits - at));
}

/* A number up to 999, without leading zeros. */
static char *put_small(char *to, unsigned n)
{
  if (n >= 100)
    *to++ = (char)('0' + n / 100);
  if (n >= 10)
    *to++ = (char)('0' + n / 10 % 10);
  *to++ = (char)('0' + n % 10);
  return to;
}

/* Text of a header of `m`; few messages have folds at all. */
static char *put_text(char *to, const struct msip_msg *m, struct msip_str s)
{
  return m->folded ? msip_put_unfolded(to, s) : put(to, s);
}

/* The source address as text.  IPv4 is written here because every response
 * needs it; a mapped address is shown as the IPv4 address it stands for. */
static struct msip_str ip_text(const struct msip_addr *a, char out[IP_MAX])
{
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  bool is_mapped = a->family == 6 && memcmp(a->ip, mapped, sizeof mapped) == 0;
  const uint8_t *ip = is_mapped ? a->ip + 12 : a->ip;
  struct msip_buf text = {.at = out, .room = IP_MAX, .max = IP_MAX};
  char *to = out;

  if (a->family == 6 && !is_mapped) {
    msip_addr_format_ip(&text, a, true);
    return msip_buf_str(&text);
  }
  for (int i = 0; i < 4; i++) {
    if (i > 0)
      *to++ = '.';
    to = put_small(to, ip[i]);
  }
  return msip_str_span(out, to);
}

static bool host_is(struct msip_str host, struct msip_str ip)
{
  if (host.len > 2 && host.at[0] == '[')
    host = msip_str_of(host.at + 1, host.len - 2);
  return msip_str_ieq(host, ip);
}

/* The top value's parameters without received, and with our rport. */
static char *put_via_params(char *to, const struct msip_msg *m)
{
  struct msip_str rest = m->via.params;
  struct msip_param param;

  for (const char *from = rest.at; msip_param_next(&rest, &param) == 1;
       from = rest.at) {
    if (msip_str_ieq(param.name, MSIP_STR("received")))
      continue;
    if (msip_str_ieq(param.name, MSIP_STR("rport"))) {
      to = put(to, MSIP_STR(";rport="));
      to = put_number(to, m->flow.remote.port);
    } else {
      to = msip_put_unfolded(to, msip_str_span(from, rest.at));
    }
  }
  return to;
}

/* What a client claimed about itself in them is replaced. */
char *msip_put_top_via(char *to, const struct msip_msg *m)
{
  const struct msip_via *via = &m->via;
  const char *end = via->text.at + via->text.len;
  struct msip_str rport = via->rport_text, ip;
  char room[IP_MAX];

  if (via->host.len == 0 || m->flow.remote.family == 0)
    return put_text(to, m, via->text);
  ip = ip_text(&m->flow.remote, room);
  if (!via->has_rport && via->received.len == 0 && host_is(via->host, ip))
    return put_text(to, m, via->text);
  if (via->has_received) {
    to = put_text(to, m, msip_str_span(via->text.at, via->params.at));
    to = put_via_params(to, m);
  } else if (rport.len) {
    to = put_text(to, m, msip_str_span(via->text.at, rport.at));
    to = put(to, MSIP_STR(";rport="));
    to = put_number(to, m->flow.remote.port);
    to = put_text(to, m, msip_str_span(rport.at + rport.len, end));
  } else {
    to = put_text(to, m, via->text);
  }
  to = put(to, MSIP_STR(";received="));
  return put(to, ip);
}

static char *put_vias(char *to, const struct msip_msg *m)
{
  const struct msip_str top = m->via.text;

  for (const struct msip_header *row = msip_msg_row(m, MSIP_H_VIA); row;
       row = msip_msg_next_row(m, row)) {
    struct msip_str value = msip_row_value(m, row);
    const char *end = value.at + value.len;

    to = put(to, MSIP_STR("Via: "));
    if (top.len && top.at >= value.at && top.at < end) {
      to = msip_put_top_via(to, m);
      value = msip_str_span(top.at + top.len, end);
    }
    to = put_text(to, m, value);
    to = put(to, MSIP_STR("\r\n"));
  }
  return to;
}

/* False also when the To is too broken to know. */
static bool lacks_to_tag(const struct msip_msg *m)
{
  struct msip_nameaddr na;

  if (m->to_tag.len || m->to.len == 0)
    return false;
  return m->fault_status == 0 || (msip_nameaddr_parse(&na, m->to, NULL) == 0 &&
                                  msip_nameaddr_tag(&na).len == 0);
}

/* `head` is the name with its colon and space. */
static inline char *put_row(char *to, const struct msip_msg *m,
                            enum msip_header_id id, struct msip_str head,
                            struct msip_str tag)
{
  const struct msip_header *row = msip_msg_row(m, id);

  if (!row)
    return to;
  to = put(to, head);
  to = put_text(to, m, msip_row_value(m, row));
  if (tag.len) {
    to = put(to, MSIP_STR(";tag="));
    to = put(to, tag);
  }
  return put(to, MSIP_STR("\r\n"));
}

/* RFC 3261 8.2.6.1: the time we took is added, in seconds. */
static char *put_timestamp(char *to, const struct msip_msg *m, msip_time now)
{
  const struct msip_header *row = msip_msg_row(m, MSIP_H_TIMESTAMP);
  msip_time delay = now > m->received_at ? now - m->received_at : 0;

  if (!row)
    return to;

  struct msip_str value = msip_row_value(m, row);
  size_t len = 0;

  while (len < value.len && !msip_is_lws(value.at[len]))
    len++;
  to = put(to, MSIP_STR("Timestamp: "));
  to = msip_put_unfolded(to, msip_str_of(value.at, len));
  if (delay) {
    *to++ = ' ';
    to = put_number(to, delay / 1000);
    *to++ = '.';
    for (unsigned unit = 100; unit > 0; unit /= 10)
      *to++ = (char)('0' + delay / unit % 10);
  }
  return put(to, MSIP_STR("\r\n"));
}

static size_t rows_size(const struct msip_msg *m, enum msip_header_id id)
{
  size_t size = 0;

  for (const struct msip_header *row = msip_msg_row(m, id); row;
       row = msip_msg_next_row(m, row))
    size += msip_header_name(id).len + 4 + row->value_len;
  return size;
}

void msip_build_response(struct msip_buf *buf, const struct msip_msg *request,
                         unsigned status, struct msip_str reason,
                         struct msip_str to_tag, msip_time now)
{
  static const uint8_t copied[] = {MSIP_H_VIA,  MSIP_H_FROM,
                                   MSIP_H_TO,   MSIP_H_CALL_ID,
                                   MSIP_H_CSEQ, MSIP_H_TIMESTAMP};
  const struct msip_str none = MSIP_STR("");
  size_t size = MARKS_MAX + to_tag.len;
  char *to;

  if (reason.len == 0)
    reason = msip_reason_phrase(status);
  if (status < 100 || status > 699 || !msip_is_line(reason) ||
      !msip_is_line(to_tag)) {
    if (!buf->err)
      buf->err = MSIP_EINVALID;
    return;
  }
  for (size_t i = 0; i < sizeof copied; i++)
    size += rows_size(request, copied[i]);
  if (msip_buf_reserve(buf, size + reason.len + 16) != 0)
    return;
  to = put(buf->at + buf->len, MSIP_STR("SIP/2.0 "));
  to = put_small(to, status);
  *to++ = ' ';
  to = put(to, reason);
  to = put(to, MSIP_STR("\r\n"));
  to = put_vias(to, request);
  to = put_row(to, request, MSIP_H_FROM, MSIP_STR("From: "), none);
  to = put_row(to, request, MSIP_H_TO, MSIP_STR("To: "),
               lacks_to_tag(request) ? to_tag : none);
  to = put_row(to, request, MSIP_H_CALL_ID, MSIP_STR("Call-ID: "), none);
  to = put_row(to, request, MSIP_H_CSEQ, MSIP_STR("CSeq: "), none);
  if (status == 100)
    to = put_timestamp(to, request, now);
  buf->len = (size_t)(to - buf->at);
}
