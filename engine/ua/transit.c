/* Requests and ACKs of dialogs that pass through: our Record-Route brought
 * them here, and they go on without a script (16.4, 16.6). */
#include "ua/relay_in.h"

enum { MESSAGE_MAX = 65535 };

/* Those that may renew what phones know of their dialog: their Record-Route is
 * ours again (16.6.4). */
static bool renews(enum msip_method method)
{
  return method == MSIP_INVITE || method == MSIP_UPDATE ||
         method == MSIP_SUBSCRIBE || method == MSIP_NOTIFY ||
         method == MSIP_REFER;
}

bool msip_transit_is(struct msip_ua *ua, const struct msip_msg *m)
{
  struct msip_relay relay = {.pop = 0};

  return m->to_tag.len > 0 && msip_relay_own_part(ua, m, &relay);
}

static void not_sent(struct msip_request *r, int err)
{
  if (!r->answered)
    msip_request_answer(
        r, &(struct msip_refusal){.status = err == MSIP_EINVALID ? 400 : 500});
}

void msip_transit(struct msip_ua *ua, struct msip_txn *txn,
                  const struct msip_msg *m)
{
  struct msip_facts facts = {.sdp = MSIP_STR("")};
  struct msip_relay_rules rules = {.preloaded = true};
  struct msip_relay_options options = {.target = MSIP_STR(""),
                                       .realm = MSIP_STR("")};
  struct msip_request *r = msip_request_new(ua, txn, m, &facts, NULL);
  int err;

  if (!r)
    return;
  ua->counters.transit_requests++;
  err = msip_request_relay_begin(r, &rules);
  if (!err) {
    options.record_route = renews(m->method);
    options.max_breadth = msip_relay_max_breadth(m);
    err = msip_request_relay(r, &options, NULL);
  }
  if (err)
    not_sent(r, err);
}

/* It has no transaction, and nobody would hear of a refusal. */
bool msip_transit_ack(struct msip_ua *ua, const struct msip_msg *m)
{
  struct msip_relay relay = {.pop = 0};
  char text[MSIP_RELAY_BRANCH], room[80];
  struct msip_buf sent_by = {
      .at = room, .room = sizeof room, .max = sizeof room};
  struct msip_forward f = {.target = MSIP_STR(""),
                           .record_route = MSIP_STR(""),
                           .path = MSIP_STR(""),
                           .realm = MSIP_STR("")};
  uint64_t loop = msip_relay_loop_of(ua, m);
  struct msip_flow to;
  struct msip_str hop;
  struct msip_buf buf;
  bool sent = false;

  if (m->to_tag.len == 0 || !msip_relay_own_part(ua, m, &relay) ||
      m->max_forwards == 0 || msip_relay_has_looped(m, loop))
    return false;
  f.max_breadth = msip_relay_max_breadth(m);
  f.strict = relay.strict;
  f.pop = relay.pop;
  if (msip_forward_next_hop(&hop, &f, m) != 0 ||
      msip_relay_flow(ua, hop, &to) != 0)
    return false;
  msip_addr_format(&sent_by, &to.local);
  f.transport = to.transport;
  f.sent_by = msip_buf_str(&sent_by);
  f.branch = msip_relay_branch(ua, m, loop, text);
  msip_buf_init(&buf, ua->pool, MESSAGE_MAX);
  msip_forward_request(&buf, &f, m);
  if (msip_buf_error(&buf) == 0)
    sent = ua->link.send(ua->link.arg, &to, msip_buf_str(&buf)) == 0;
  msip_buf_fini(&buf);
  ua->counters.transit_acks += sent;
  ua->counters.transport_errors += !sent;
  return true;
}

bool msip_transit_late(struct msip_ua *ua, const struct msip_msg *response)
{
  struct msip_addr back;
  struct msip_flow to;
  struct msip_buf buf;
  bool sent;

  if (response->method != MSIP_INVITE || response->status < 200 ||
      response->status > 299 || msip_relay_way_back(ua, response, &back) != 0 ||
      ua->link.open(ua->link.arg, MSIP_UDP, &back, &to) != 0)
    return false;
  msip_buf_init(&buf, ua->pool, MESSAGE_MAX);
  msip_forward_response(&buf, response, NULL, 0);
  sent = msip_buf_error(&buf) == 0 &&
         ua->link.send(ua->link.arg, &to, msip_buf_str(&buf)) == 0;
  msip_buf_fini(&buf);
  ua->counters.responses_out += sent;
  ua->counters.transport_errors += !sent;
  return true;
}
