#include "message/header.h"

static const struct msip_str names[MSIP_HEADER_COUNT] = {[MSIP_HEADER_OTHER] =
                                                             MSIP_STR_INIT(""),
#define X(id, name, compact, kind) [MSIP_H_##id] = MSIP_STR_INIT(name),
                                                         MSIP_HEADER_MAP(X)
#undef X
};

static const uint8_t kinds[MSIP_HEADER_COUNT] = {[MSIP_HEADER_OTHER] =
                                                     MSIP_HEADER_ROWS,
#define X(id, name, compact, kind) [MSIP_H_##id] = MSIP_HEADER_##kind,
                                                 MSIP_HEADER_MAP(X)
#undef X
};

/* The hash of a name is its length and its first letter, folded: a short list
 * each, the common names first.  The spec checks that none is missing. */
#define H(id)   MSIP_H_##id
#define LONGEST 19

static const uint8_t by_length[LONGEST + 1][12] = {
    [2] = {H(TO)},
    [3] = {H(VIA)},
    [4] = {H(FROM), H(CSEQ), H(RSEQ), H(RACK), H(DATE), H(PATH), H(JOIN)},
    [5] = {H(ROUTE), H(ALLOW), H(EVENT)},
    [6] = {H(ACCEPT), H(MIN_SE), H(REASON), H(SERVER)},
    [7] = {H(CONTACT), H(CALL_ID), H(REQUIRE), H(EXPIRES), H(WARNING),
           H(SUBJECT), H(PRIVACY)},
    [8] = {H(REPLACES), H(REFER_TO), H(REPLY_TO), H(PRIORITY), H(IDENTITY),
           H(SIP_ETAG)},
    [9] = {H(SUPPORTED), H(REFER_SUB), H(TIMESTAMP), H(CALL_INFO),
           H(RECV_INFO)},
    [10] = {H(USER_AGENT), H(ALERT_INFO), H(ERROR_INFO)},
    [11] = {H(UNSUPPORTED), H(RETRY_AFTER), H(REFERRED_BY), H(IN_REPLY_TO),
            H(MIN_EXPIRES), H(MAX_BREADTH)},
    [12] = {H(MAX_FORWARDS), H(CONTENT_TYPE), H(RECORD_ROUTE), H(ALLOW_EVENTS),
            H(ORGANIZATION), H(MIME_VERSION), H(SIP_IF_MATCH), H(INFO_PACKAGE)},
    [13] = {H(AUTHORIZATION), H(PROXY_REQUIRE), H(SERVICE_ROUTE),
            H(TARGET_DIALOG)},
    [14] = {H(CONTENT_LENGTH), H(ACCEPT_CONTACT), H(REJECT_CONTACT)},
    [15] = {H(SESSION_EXPIRES), H(ACCEPT_ENCODING), H(ACCEPT_LANGUAGE)},
    [16] = {H(CONTENT_ENCODING), H(CONTENT_LANGUAGE), H(WWW_AUTHENTICATE)},
    [18] = {H(SUBSCRIPTION_STATE), H(PROXY_AUTHENTICATE)},
    [19] = {H(CONTENT_DISPOSITION), H(PROXY_AUTHORIZATION),
            H(AUTHENTICATION_INFO), H(P_ASSERTED_IDENTITY),
            H(REQUEST_DISPOSITION)},
};

static const uint8_t by_letter[256] = {
    ['a'] = H(ACCEPT_CONTACT),
    ['b'] = H(REFERRED_BY),
    ['c'] = H(CONTENT_TYPE),
    ['d'] = H(REQUEST_DISPOSITION),
    ['e'] = H(CONTENT_ENCODING),
    ['f'] = H(FROM),
    ['i'] = H(CALL_ID),
    ['j'] = H(REJECT_CONTACT),
    ['k'] = H(SUPPORTED),
    ['l'] = H(CONTENT_LENGTH),
    ['m'] = H(CONTACT),
    ['o'] = H(EVENT),
    ['r'] = H(REFER_TO),
    ['s'] = H(SUBJECT),
    ['t'] = H(TO),
    ['u'] = H(ALLOW_EVENTS),
    ['v'] = H(VIA),
    ['x'] = H(SESSION_EXPIRES),
    ['y'] = H(IDENTITY),
};
#undef H

/* The same `len` bytes, two at least, read as words that overlap. */
static bool same(const char *a, const char *b, size_t len)
{
  uint64_t x, y, differ = 0;
  uint32_t v, w, p, q;

  if (len < 4)
    return a[0] == b[0] && a[1] == b[1] && a[len - 1] == b[len - 1];
  if (len < 8) {
    memcpy(&v, a, 4);
    memcpy(&w, b, 4);
    memcpy(&p, a + len - 4, 4);
    memcpy(&q, b + len - 4, 4);
    return ((v ^ w) | (p ^ q)) == 0;
  }
  for (size_t i = 0; i + 8 < len; i += 8) {
    memcpy(&x, a + i, 8);
    memcpy(&y, b + i, 8);
    differ |= x ^ y;
  }
  memcpy(&x, a + len - 8, 8);
  memcpy(&y, b + len - 8, 8);
  return (differ | (x ^ y)) == 0;
}

/* The same search with case folded, for the few who write names otherwise. */
static __attribute__((noinline)) enum msip_header_id
folded(struct msip_str name)
{
  for (const uint8_t *id = by_length[name.len]; *id; id++)
    if (msip_bytes_ieq(name.at, names[*id].at, name.len))
      return *id;
  return MSIP_HEADER_OTHER;
}

enum msip_header_id msip_header_of(struct msip_str name)
{
  if (name.len == 1)
    return by_letter[(unsigned char)msip_lower(name.at[0])];
  if (name.len == 0 || name.len > LONGEST)
    return MSIP_HEADER_OTHER;
  for (const uint8_t *id = by_length[name.len]; *id; id++)
    if (same(name.at, names[*id].at, name.len))
      return *id;
  return folded(name);
}

struct msip_str msip_header_name(enum msip_header_id id)
{
  return names[id];
}

enum msip_header_kind msip_header_kind(enum msip_header_id id)
{
  return kinds[id];
}

bool msip_header_is_ours(enum msip_header_id id)
{
  switch ((unsigned)id) {
  case MSIP_H_VIA:
  case MSIP_H_FROM:
  case MSIP_H_TO:
  case MSIP_H_CALL_ID:
  case MSIP_H_CSEQ:
  case MSIP_H_CONTENT_LENGTH:
  case MSIP_H_CONTENT_TYPE:
  case MSIP_H_CONTENT_DISPOSITION:
  case MSIP_H_RECORD_ROUTE:
  case MSIP_H_ROUTE:
  case MSIP_H_MAX_FORWARDS:
  case MSIP_H_RSEQ:
  case MSIP_H_RACK:
  case MSIP_H_SESSION_EXPIRES:
    return true;
  default:
    return false;
  }
}
