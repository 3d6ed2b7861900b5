#include "message/msg_check.h"

#include "message/cseq.h"
#include "uri/nameaddr.h"
#include "uri/scan.h"
#include "uri/uri.h"

/* The texts of the 400s, one of each sort per header. */
#define X(id, name, compact, kind) [MSIP_H_##id] = "Missing " name,
static const char *const missing[] = {MSIP_HEADER_MAP(X)};
#undef X
#define X(id, name, compact, kind) [MSIP_H_##id] = "Repeated " name,
static const char *const repeated[] = {MSIP_HEADER_MAP(X)};
#undef X
#define X(id, name, compact, kind) [MSIP_H_##id] = "Malformed " name,
static const char *const malformed[] = {MSIP_HEADER_MAP(X)};
#undef X

void msip_msg_fault(struct msip_msg *m, uint16_t status, const char *reason)
{
  if (m->fault_status)
    return;
  m->fault_status = status;
  m->fault_reason = reason;
}

void msip_msg_exceeds(struct msip_msg *m, enum msip_msg_excess what)
{
  static const struct {
    uint16_t status;
    const char *reason;
  } answer[] = {
      [MSIP_EXCESS_NONE] = {0, ""},
      [MSIP_EXCESS_MESSAGE] = {513, "Message Too Large"},
      [MSIP_EXCESS_HEADER_LINE] = {400, "Header Line Too Long"},
      [MSIP_EXCESS_URI] = {414, "Request-URI Too Long"},
      [MSIP_EXCESS_HEADERS] = {400, "Too Many Headers"},
  };

  if (m->fault_status)
    return;
  m->excess = (uint8_t)what;
  msip_msg_fault(m, answer[what].status, answer[what].reason);
}

static void bad(struct msip_msg *m, enum msip_header_id id)
{
  msip_msg_fault(m, 400, malformed[id]);
}

/* Both kinds of message need these once; of the others a request may have no
 * second either, for then two elements could each believe another one. */
static void check_repeated(struct msip_msg *m, enum msip_header_id twice)
{
  static const uint8_t essential[] = {
      MSIP_H_FROM,           MSIP_H_TO,          MSIP_H_CALL_ID, MSIP_H_CSEQ,
      MSIP_H_CONTENT_LENGTH, MSIP_H_CONTENT_TYPE};

  if (twice == MSIP_HEADER_OTHER)
    return;
  if (msip_msg_is_request(m)) {
    msip_msg_fault(m, 400, repeated[twice]);
    return;
  }
  for (size_t i = 0; i < sizeof essential; i++) {
    const struct msip_header *row = msip_msg_row(m, essential[i]);

    if (row && row->next)
      msip_msg_fault(m, 400, repeated[essential[i]]);
  }
}

static int check_via(struct msip_msg *m)
{
  struct msip_values v;
  struct msip_str top;

  if (!msip_msg_has(m, MSIP_H_VIA))
    return MSIP_ESYNTAX;
  msip_values_init(&v, m, MSIP_H_VIA);
  if (!msip_values_next(&v, &top)) {
    bad(m, MSIP_H_VIA);
    return 0;
  }
  m->via.text = top;
  if (msip_via_parse(&m->via, top, NULL) != 0)
    bad(m, MSIP_H_VIA);
  /* RFC 4475 3.2.1: the cookie alone names no transaction. */
  else if (msip_msg_is_request(m) &&
           msip_str_ieq(m->via.branch, MSIP_STR("z9hG4bK")))
    msip_msg_fault(m, 400, "Malformed Via Branch");
  return 0;
}

/* True when the URI in a header of a request may stand there. */
static bool uri_is_good(const struct msip_nameaddr *na)
{
  struct msip_uri uri;

  return msip_uri_parse(&uri, na->uri, NULL) == 0;
}

static void check_party(struct msip_msg *m, enum msip_header_id id,
                        struct msip_str *value, struct msip_str *tag)
{
  struct msip_nameaddr na;

  if (!msip_msg_has(m, id)) {
    msip_msg_fault(m, 400, missing[id]);
    return;
  }
  *value = msip_msg_value(m, id);
  if (msip_nameaddr_parse(&na, *value, NULL) != 0 || na.star ||
      (msip_msg_is_request(m) && !uri_is_good(&na))) {
    bad(m, id);
    return;
  }
  if (na.has_tag && (na.tag.len == 0 || na.tag.at[0] == '"'))
    bad(m, id);
  else
    *tag = na.tag;
}

/* One word: no LWS, no control bytes. */
static void check_call_id(struct msip_msg *m)
{
  struct msip_str value = msip_msg_value(m, MSIP_H_CALL_ID);
  const char *end;

  if (!msip_msg_has(m, MSIP_H_CALL_ID)) {
    msip_msg_fault(m, 400, missing[MSIP_H_CALL_ID]);
    return;
  }
  m->call_id = value;
  end = value.at + value.len;
  if (value.len == 0 || msip_scan((struct msip_class){.most = 0x20, .a = 0x7f},
                                  value.at, end) < end)
    bad(m, MSIP_H_CALL_ID);
}

static void check_cseq(struct msip_msg *m)
{
  struct msip_cseq cseq;

  if (!msip_msg_has(m, MSIP_H_CSEQ)) {
    msip_msg_fault(m, 400, missing[MSIP_H_CSEQ]);
    return;
  }
  if (msip_cseq_parse(&cseq, msip_msg_value(m, MSIP_H_CSEQ)) != 0) {
    bad(m, MSIP_H_CSEQ);
    return;
  }
  m->cseq = cseq.number;
  m->cseq_method = cseq.method;
  if (!msip_msg_is_request(m))
    m->method = msip_method_of(cseq.method);
  else if (msip_str_eq(cseq.method, m->method_text))
    return;
  else if (m->method == MSIP_METHOD_OTHER)
    msip_msg_fault(m, 501, "Not Implemented"); /* RFC 4475 3.1.2.18 */
  else
    msip_msg_fault(m, 400, "CSeq Method Differs");
}

static void check_max_forwards(struct msip_msg *m)
{
  uint32_t hops;

  if (!msip_msg_has(m, MSIP_H_MAX_FORWARDS))
    return;
  if (msip_str_u32(msip_msg_value(m, MSIP_H_MAX_FORWARDS), 255, &hops) == 0)
    m->max_forwards = (int16_t)hops;
  else
    bad(m, MSIP_H_MAX_FORWARDS);
}

/* 21.4.11: the body alone is too much, so a shorter header section is no help,
 * as 513 would say. */
static void check_body(struct msip_msg *m, uint32_t len, uint32_t most)
{
  if (len <= most || (m->fault_status && m->excess != MSIP_EXCESS_MESSAGE))
    return;
  m->excess = MSIP_EXCESS_MESSAGE;
  m->fault_status = 413;
  m->fault_reason = "Request Entity Too Large";
}

/* 18.3: bytes beyond Content-Length are no part of the message; too few make
 * it malformed.  Without the header the body runs to the end. */
static void check_length(struct msip_msg *m, uint32_t most)
{
  uint32_t len;

  if (!msip_msg_has(m, MSIP_H_CONTENT_LENGTH)) {
    check_body(m, (uint32_t)m->body.len, most);
    return;
  }
  if (msip_str_u32(msip_msg_value(m, MSIP_H_CONTENT_LENGTH), UINT32_MAX,
                   &len) != 0) {
    bad(m, MSIP_H_CONTENT_LENGTH);
    return;
  }
  check_body(m, len, most);
  if (len > m->body.len) {
    msip_msg_fault(m, 400, "Content-Length Beyond Message");
  } else {
    m->len -= (uint32_t)(m->body.len - len);
    m->body.len = len;
  }
}

/* Every address in a list of them.  The count of stars goes to `*stars`. */
static unsigned check_addresses(struct msip_msg *m, enum msip_header_id id,
                                unsigned *stars)
{
  struct msip_values v;
  struct msip_str value;
  struct msip_nameaddr na;
  unsigned count = 0;

  if (!msip_msg_has(m, id))
    return 0;
  msip_values_init(&v, m, id);
  while (msip_values_next(&v, &value)) {
    count++;
    if (msip_nameaddr_parse(&na, value, NULL) != 0)
      bad(m, id);
    else if (na.star)
      ++*stars;
    else if (!uri_is_good(&na))
      bad(m, id);
  }
  return count;
}

/* 10.2.2: "*" stands alone, in a REGISTER that lets everything expire. */
static void check_contact(struct msip_msg *m)
{
  unsigned stars = 0;
  unsigned count = check_addresses(m, MSIP_H_CONTACT, &stars);
  uint32_t expires = 0;

  if (stars == 0)
    return;
  if (count != 1 || m->method != MSIP_REGISTER ||
      msip_str_u32(msip_msg_value(m, MSIP_H_EXPIRES), UINT32_MAX, &expires) !=
          0 ||
      expires != 0)
    bad(m, MSIP_H_CONTACT);
}

static void check_routes(struct msip_msg *m)
{
  static const uint8_t routes[] = {MSIP_H_ROUTE, MSIP_H_RECORD_ROUTE};

  for (size_t i = 0; i < sizeof routes; i++) {
    unsigned stars = 0;

    check_addresses(m, routes[i], &stars);
    if (stars)
      bad(m, routes[i]);
  }
}

int msip_msg_check(struct msip_msg *m, enum msip_header_id twice, uint32_t most)
{
  if (check_via(m) != 0)
    return MSIP_ESYNTAX;
  check_repeated(m, twice);
  check_party(m, MSIP_H_FROM, &m->from, &m->from_tag);
  check_party(m, MSIP_H_TO, &m->to, &m->to_tag);
  check_call_id(m);
  check_cseq(m);
  check_length(m, most);
  if (!msip_msg_is_request(m))
    return 0;
  check_max_forwards(m);
  check_contact(m);
  check_routes(m);
  return 0;
}
