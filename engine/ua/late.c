/* A 2xx to an INVITE that nothing here remembers: of a call that was given up,
 * or of another fork after 64*T1 (RFC 3261 13.2.2.4).  The callee waits for an
 * ACK and believes in a call: it gets the ACK, and a BYE.
 *
 * The From tag shows that the INVITE was ours: half of it is a keyed hash of
 * the Call-ID and of its other half. */
#include "message/build.h"
#include "ua/outgoing_in.h"
#include "ua/session_in.h"

enum { LATE_MAX = 8192, SALT_LEN = MSIP_TAG_LEN / 2 };

static void sign(struct msip_ua *ua, struct msip_str call_id, char *tag)
{
  static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
  struct msip_hasher h = msip_hash_start(&ua->rand, 2);
  uint64_t bits;

  msip_hash_add(&h, call_id);
  msip_hash_add(&h, msip_str_of(tag, SALT_LEN));
  bits = msip_hash_value(&h);
  for (int i = SALT_LEN; i < MSIP_TAG_LEN; i++, bits >>= 5)
    tag[i] = alphabet[bits & 31];
}

void msip_late_tag(struct msip_ua *ua, struct msip_str call_id, char *tag)
{
  msip_rand_text(&ua->rand, tag, SALT_LEN);
  sign(ua, call_id, tag);
}

static bool is_ours(struct msip_ua *ua, const struct msip_msg *response)
{
  char tag[MSIP_TAG_LEN];

  if (response->from_tag.len != MSIP_TAG_LEN)
    return false;
  memcpy(tag, response->from_tag.at, SALT_LEN);
  sign(ua, response->call_id, tag);
  return memcmp(tag, response->from_tag.at, MSIP_TAG_LEN) == 0;
}

static void send(struct msip_ua *ua, const struct msip_dialog *d,
                 const struct msip_flow *to, enum msip_method method,
                 uint32_t cseq)
{
  char text[MSIP_BRANCH_LEN], room[64];
  struct msip_str none = MSIP_STR("");
  struct msip_buf sent_by = {
      .at = room, .room = sizeof room, .max = sizeof room};
  struct msip_buf buf;

  msip_addr_format(&sent_by, &to->local);
  msip_buf_init(&buf, ua->pool, LATE_MAX);
  msip_dialog_build(&buf, d,
                    &(struct msip_dialog_request){
                        .method = method,
                        .cseq = cseq,
                        .transport = to->transport,
                        .sent_by = msip_buf_str(&sent_by),
                        .branch = msip_txns_branch(ua->txns, text)});
  msip_build_body(&buf, none, none, none);
  if (!buf.err) {
    ua->counters.requests_out++;
    if (ua->link.send(ua->link.arg, to, msip_buf_str(&buf)) != 0)
      ua->counters.transport_errors++;
  }
  msip_buf_fini(&buf);
}

/* A call that goes on: its ACK was lost. */
static bool acknowledged(struct msip_ua *ua, const struct msip_msg *response)
{
  struct msip_session *s = msip_session_find_ours(ua, response);

  if (!s)
    return false;
  if (s->first_ack.bytes && s->first_ack.cseq == response->cseq &&
      ua->link.send(ua->link.arg, &response->flow,
                    msip_bytes_str(s->first_ack.bytes)) != 0)
    ua->counters.transport_errors++;
  return true;
}

void msip_late_accept(struct msip_ua *ua, const struct msip_msg *response)
{
  struct msip_dialog from = {.pool = ua->pool,
                             .call_id = response->call_id,
                             .local_tag = response->from_tag,
                             .local = response->from,
                             .target = msip_dialog_contact_of(response),
                             .routes = MSIP_STR("")};
  struct msip_dialog d;

  if (response->method != MSIP_INVITE || response->status < 200 ||
      response->status >= 300 || from.target.len == 0 ||
      !is_ours(ua, response) || acknowledged(ua, response) ||
      msip_dialog_init_uac(&d, &from, response) != 0)
    return;
  send(ua, &d, &response->flow, MSIP_ACK, response->cseq);
  send(ua, &d, &response->flow, MSIP_BYE, response->cseq + 1);
  msip_dialog_fini(&d);
}
