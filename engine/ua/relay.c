/* The response context of a relayed request (16.3, 16.7, 16.10). */
#include "ua/relay_in.h"

#include "transport/reply_route.h"

enum { RESPONSE_MAX = 65535, BREADTH = 60 };

struct msip_relay *msip_relay_new(struct msip_request *r)
{
  struct msip_relay *relay = msip_pool_zero(r->ua->pool, sizeof *relay);

  if (!relay)
    return NULL;
  relay->request = r;
  relay->route = MSIP_STR("");
  msip_list_init(&relay->branches);
  r->relay = relay;
  return relay;
}

void msip_relay_free(struct msip_request *r)
{
  struct msip_link_node *node;

  while ((node = msip_list_take(&r->relay->branches)))
    MSIP_CONTAINER(node, struct msip_branch, node)->relay = NULL;
  msip_bytes_drop(r->relay->reason);
  msip_pool_give(r->ua->pool, r->relay, sizeof *r->relay);
  r->relay = NULL;
}

/* --- 16.3 --------------------------------------------------------------- */

static int refused(struct msip_request *r, const struct msip_refusal *refusal,
                   const char *why)
{
  msip_request_answer(r, refusal);
  return msip_because(r->ua, MSIP_EUNSUPPORTED, why);
}

static bool is_understood(const struct msip_relay_rules *rules,
                          struct msip_str tag)
{
  for (unsigned i = 0; i < rules->understood_count; i++)
    if (msip_str_ieq(rules->understood[i], tag))
      return true;
  return false;
}

/* 16.3.5 */
static int check_required(struct msip_request *r,
                          const struct msip_relay_rules *rules)
{
  struct msip_buf unknown;
  struct msip_values v;
  struct msip_str tag;
  int err = 0;

  if (!msip_msg_has(r->message, MSIP_H_PROXY_REQUIRE))
    return 0;
  msip_buf_init(&unknown, r->ua->pool, RESPONSE_MAX);
  msip_values_init(&v, r->message, MSIP_H_PROXY_REQUIRE);
  while (msip_values_next(&v, &tag)) {
    if (is_understood(rules, tag))
      continue;
    if (unknown.len)
      msip_buf_lit(&unknown, ", ");
    msip_buf_add(&unknown, tag);
  }
  if (unknown.len)
    err = refused(
        r,
        &(struct msip_refusal){.status = 420, .detail = msip_buf_str(&unknown)},
        "420: Proxy-Require names what we do not know");
  msip_buf_fini(&unknown);
  return err;
}

/* 16.3.3, 16.3.4, and whether its Route may be followed. */
static int check_way(struct msip_request *r, struct msip_relay *relay,
                     const struct msip_relay_rules *rules)
{
  const struct msip_msg *m = r->message;

  if (m->max_forwards == 0) {
    if (m->method != MSIP_OPTIONS)
      return refused(r, &(struct msip_refusal){.status = 483},
                     "483: no hop is left");
    msip_request_default(r);
    return msip_because(r->ua, MSIP_EUNSUPPORTED,
                        "200: no hop is left for this OPTIONS");
  }
  relay->loop = msip_relay_loop_of(r->ua, m);
  if (msip_relay_has_looped(m, relay->loop)) {
    r->ua->counters.refused_loop++;
    return refused(r, &(struct msip_refusal){.status = 482},
                   "482: the request was here before");
  }
  if (!rules->preloaded && !relay->transit &&
      msip_msg_count(m, MSIP_H_ROUTE) > relay->pop)
    return refused(r, &(struct msip_refusal){.status = 403},
                   "403: its Route leads where we do not send");
  return 0;
}

int msip_request_relay_begin(struct msip_request *r,
                             const struct msip_relay_rules *rules)
{
  struct msip_relay *relay;
  int err = msip_request_open(r);

  if (r->relay)
    r->relay->tells = rules->tells;
  if (err || r->relay)
    return err;
  if (r->in_dialog)
    return msip_because(r->ua, MSIP_ESTATE,
                        "a request of our own call is not sent on");
  relay = msip_relay_new(r);
  if (!relay)
    return msip_because(r->ua, MSIP_ENOMEM, "out of memory");
  relay->tells = rules->tells;
  relay->transit = msip_relay_own_part(r->ua, r->message, relay) &&
                   r->message->to_tag.len > 0;
  err = check_way(r, relay, rules);
  if (!err)
    err = check_required(r, rules);
  if (err)
    return err;
  if (r->invite) /* 16.10: the phones look after its Expires */
    msip_timer_stop(&r->ua->wheel, &r->invite->expires);
  if (msip_request_is_invite(r))
    msip_request_trying(r, NULL);
  return 0;
}

/* --- responses ---------------------------------------------------------- */

static struct msip_bytes *build(struct msip_request *r,
                                const struct msip_msg *response,
                                const struct msip_msg *const *more,
                                unsigned count)
{
  struct msip_buf buf;

  msip_buf_init(&buf, r->ua->pool, RESPONSE_MAX);
  msip_forward_response(&buf, response, more, count);
  return msip_bytes_take(&buf);
}

/* 16.7.9: the server transaction is through, or takes one final response
 * only. */
static void send_stateless(struct msip_request *r, struct msip_bytes *bytes)
{
  struct msip_ua *ua = r->ua;
  struct msip_flow to;

  if (msip_reply_route(r->message, &to) == 0 &&
      ua->link.send(ua->link.arg, &to, msip_bytes_str(bytes)) == 0)
    ua->counters.responses_out++;
  else
    ua->counters.transport_errors++;
}

/* RFC 3326 section 2: what a CANCEL says.  Without memory it says nothing. */
static void set_reason(struct msip_relay *relay, struct msip_str reason)
{
  if (!relay->reason && reason.len && msip_str_is_line(reason))
    relay->reason = msip_bytes_copy(relay->request->ua->pool, reason);
}

static void pass_final(struct msip_request *r, unsigned status,
                       struct msip_bytes *bytes)
{
  if (!r->answered && r->txn &&
      msip_txn_respond(r->ua->txns, r->txn, status, bytes, r->ua->now) == 0) {
    if (msip_request_is_invite(r))
      msip_txn_forget(r->txn); /* the callee repeats it */
    set_reason(r->relay,
               MSIP_STR("SIP;cause=200;text=\"Call completed elsewhere\""));
    msip_request_answered(r);
  } else if (msip_request_is_invite(r)) {
    send_stateless(r, bytes);
  }
}

void msip_relay_pass(struct msip_request *r, const struct msip_msg *response)
{
  unsigned status = response->status;
  struct msip_bytes *bytes;

  if (status < 200 && (r->answered || !r->txn))
    return;
  bytes = build(r, response, NULL, 0);
  if (!bytes) {
    r->ua->counters.dropped_memory++;
    return;
  }
  if (status >= 200)
    pass_final(r, status, bytes);
  else if (msip_txn_respond(r->ua->txns, r->txn, status, bytes, r->ua->now) ==
           0)
    r->ua->counters.responses_out++;
  msip_bytes_drop(bytes);
}

int msip_request_relay_response(struct msip_request *r,
                                const struct msip_msg *response,
                                const struct msip_msg *const *more,
                                unsigned count, struct msip_bytes **sent)
{
  struct msip_bytes *bytes;
  int err = msip_request_open(r);

  if (err)
    return err;
  if (response->status < 300 || msip_msg_count(response, MSIP_H_VIA) < 2)
    return msip_because(r->ua, MSIP_EINVALID,
                        "only a final response of a branch is sent on");
  bytes = build(r, response, more, count);
  err = msip_request_respond(r, response->status, bytes);
  if (err)
    return err;
  msip_request_answered(r);
  msip_request_hand_over(bytes, sent);
  if (r->invite)
    msip_invite_failed(r, "rejected");
  else
    msip_request_refused(r);
  return 0;
}

/* RFC 4320 4.2: no 408 to anything but an INVITE; it would come too late.  The
 * server transaction ends by itself. */
void msip_request_relay_silence(struct msip_request *r)
{
  if (msip_request_is_invite(r)) {
    msip_request_answer(r, &(struct msip_refusal){.status = 408});
  } else if (!r->answered && !r->dead) {
    r->answered = r->by_engine = true;
    msip_request_end(r);
  }
}

void msip_relay_conclude(struct msip_request *r,
                         const struct msip_msg *response, int err)
{
  if (r->answered)
    return;
  if (response ? response->status == 408 : err == MSIP_ETIMEOUT)
    msip_request_relay_silence(r);
  else if (!response || response->status == 503) /* 16.7.6 */
    msip_request_answer(r, &(struct msip_refusal){.status = 500});
  else if (response->status >= 300)
    msip_request_relay_response(r, response, NULL, 0, NULL);
}

/* --- the end ------------------------------------------------------------ */

static void cancel_all(struct msip_relay *relay)
{
  struct msip_link_node *node, *next;

  for (node = relay->branches.next; node != &relay->branches; node = next) {
    next = node->next;
    msip_branch_cancel(MSIP_CONTAINER(node, struct msip_branch, node));
  }
}

void msip_relay_answered(struct msip_request *r)
{
  cancel_all(r->relay);
}

static void tell_cancel(struct msip_request *r, const struct msip_msg *cancel)
{
  struct msip_msg *kept = cancel ? msip_msg_keep(r->ua->pool, cancel) : NULL;

  if (kept)
    msip_outbox_push(r->ua, &(struct msip_event){.kind = MSIP_EV_CANCEL,
                                                 .request = r,
                                                 .message = kept});
}

void msip_relay_cut(struct msip_request *r, const struct msip_msg *cancel)
{
  if (r->relay->cancelled)
    return;
  r->relay->cancelled = true;
  if (cancel)
    set_reason(r->relay, msip_msg_value(cancel, MSIP_H_REASON));
  if (!r->relay->transit)
    tell_cancel(r, cancel);
  cancel_all(r->relay);
}

bool msip_relay_holds(const struct msip_request *r)
{
  return r->relay && !msip_list_empty(&r->relay->branches);
}

/* An INVITE that was refused waits for its ACK. */
void msip_relay_settle(struct msip_request *r)
{
  bool waits =
      r->txn && (!r->answered || msip_txn_state(r->txn) == MSIP_TXN_COMPLETED);

  if (!waits || (r->answered && !msip_request_is_invite(r)))
    msip_request_end(r);
}

bool msip_request_is_relayed(const struct msip_request *r)
{
  return r->relay && r->relay->open > 0;
}

uint32_t msip_relay_max_breadth(const struct msip_msg *request)
{
  struct msip_str text = msip_msg_value(request, MSIP_H_MAX_BREADTH);
  uint32_t value;

  if (msip_str_u32(text, UINT32_MAX, &value) != 0 || value > BREADTH)
    return BREADTH;
  return value;
}
