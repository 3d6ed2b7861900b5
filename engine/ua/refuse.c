/* What the engine answers by itself, before or without a script. */
#include "message/build.h"
#include "transport/reply_route.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

enum { REFUSAL_MAX = 65535 };

void msip_build_server(struct msip_ua *ua, struct msip_buf *buf)
{
  struct msip_str name = msip_str_c(ua->settings->user_agent);

  if (name.len)
    msip_build_header(buf, MSIP_H_SERVER, name);
}

static void build_retry_after(struct msip_ua *ua, struct msip_buf *buf)
{
  msip_build_number(buf, MSIP_H_RETRY_AFTER, msip_rand_range(&ua->rand, 0, 10));
}

/* The headers that belong to a refusal of this status. */
static void build_headers(struct msip_ua *ua, struct msip_buf *buf,
                          const struct msip_refusal *refusal)
{
  const struct msip_settings *s = ua->settings;

  switch (refusal->status) {
  case 405:
  case 501:
    msip_build_header(buf, MSIP_H_ALLOW, ua->allow);
    break;
  case 406:
  case 415:
    msip_build_header(buf, MSIP_H_ACCEPT, MSIP_STR("application/sdp"));
    msip_build_header(buf, MSIP_H_ACCEPT_ENCODING, MSIP_STR("identity"));
    break;
  case 420:
    if (refusal->detail.len) /* lost when memory was out before */
      msip_build_header(buf, MSIP_H_UNSUPPORTED, refusal->detail);
    break;
  case 421:
    if (refusal->detail.len)
      msip_build_header(buf, MSIP_H_REQUIRE, refusal->detail);
    break;
  case 422:
    msip_build_number(buf, MSIP_H_MIN_SE,
                      s->session_min_se > 90 ? s->session_min_se : 90);
    break;
  case 469:
    msip_build_header(buf, MSIP_H_RECV_INFO, MSIP_STR(""));
    break;
  case 489:
    msip_build_allow_events(ua, buf);
    break;
  case 503:
    msip_build_number(buf, MSIP_H_RETRY_AFTER, s->drain_retry_after);
    break;
  default:
    break;
  }
  if (refusal->retry_after)
    build_retry_after(ua, buf);
  if (refusal->warning.len)
    msip_build_warning(ua, buf, refusal->warning_code, refusal->warning);
  msip_build_server(ua, buf);
}

void msip_build_warning(struct msip_ua *ua, struct msip_buf *buf, unsigned code,
                        struct msip_str text)
{
  struct msip_str agent = msip_str_c(ua->settings->user_agent);
  struct msip_buf value;

  msip_buf_init(&value, ua->pool, 512);
  msip_buf_u64(&value, code);
  msip_buf_char(&value, ' ');
  if (msip_str_is_token(agent))
    msip_buf_add(&value, agent);
  else
    msip_buf_lit(&value, "moonsip");
  msip_buf_lit(&value, " \"");
  msip_buf_add(&value, text);
  msip_buf_char(&value, '"');
  msip_build_header(buf, MSIP_H_WARNING, msip_buf_str(&value));
  msip_buf_fini(&value);
}

struct msip_bytes *msip_refusal_build(struct msip_ua *ua,
                                      const struct msip_msg *m,
                                      struct msip_str to_tag,
                                      const struct msip_refusal *refusal)
{
  struct msip_buf buf;

  msip_buf_init(&buf, ua->pool, REFUSAL_MAX);
  msip_build_response(&buf, m, refusal->status, refusal->reason, to_tag,
                      ua->now);
  build_headers(ua, &buf, refusal);
  msip_build_body(&buf, MSIP_STR(""), MSIP_STR(""), MSIP_STR(""));
  return msip_bytes_take(&buf);
}

/* 8.2.7: the same request gets the same tag. */
static struct msip_str stateless_tag(struct msip_ua *ua,
                                     const struct msip_msg *m, char *out)
{
  static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
  uint64_t h = msip_hash(&ua->rand, 2, m->call_id);

  h = msip_hash(&ua->rand, h, m->from_tag);
  h = msip_hash(&ua->rand, h ^ m->cseq, m->via.branch);
  for (unsigned i = 0; i < MSIP_TAG_LEN; i++, h >>= 5)
    out[i] = alphabet[h & 31];
  return msip_str_of(out, MSIP_TAG_LEN);
}

void msip_refuse(struct msip_ua *ua, struct msip_txn *txn,
                 const struct msip_msg *m, const struct msip_refusal *refusal)
{
  char tag[MSIP_TAG_LEN];
  struct msip_bytes *bytes =
      msip_refusal_build(ua, m, stateless_tag(ua, m, tag), refusal);

  if (!bytes) {
    ua->counters.dropped_memory++;
    msip_txn_free(txn); /* the request comes again */
    return;
  }
  if (msip_txn_respond(ua->txns, txn, refusal->status, bytes, ua->now) == 0)
    ua->counters.responses_out++;
  msip_bytes_drop(bytes);
}

void msip_refuse_stateless(struct msip_ua *ua, const struct msip_msg *m,
                           const struct msip_refusal *refusal)
{
  char tag[MSIP_TAG_LEN];
  struct msip_flow to;
  struct msip_bytes *bytes;

  if (m->method == MSIP_ACK || msip_reply_route(m, &to) != 0)
    return;
  bytes = msip_refusal_build(ua, m, stateless_tag(ua, m, tag), refusal);
  if (!bytes) {
    ua->counters.dropped_memory++;
    return;
  }
  if (ua->link.send(ua->link.arg, &to, msip_bytes_str(bytes)) == 0)
    ua->counters.responses_out++;
  else
    ua->counters.transport_errors++;
  msip_bytes_drop(bytes);
}
