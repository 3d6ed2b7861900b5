/* The way in: datagram, message, transaction, dialog or new request. */
#include "ua/interest.h"
#include "ua/outgoing_in.h"
#include "ua/relay_in.h"
#include "ua/request_in.h"

/* RFC 5626 keep-alives and STUN (RFC 5389) share the port; neither is SIP. */
static bool is_keepalive(struct msip_str bytes)
{
  for (size_t i = 0; i < bytes.len; i++)
    if (bytes.at[i] != '\r' && bytes.at[i] != '\n')
      return false;
  return true;
}

static void refuse_beyond(struct msip_ua *ua, enum msip_limit limit,
                          const struct msip_msg *m)
{
  msip_limit_reached(ua, limit, m, 503);
  msip_refuse_stateless(ua, m, &(struct msip_refusal){.status = 503});
}

static bool is_full(const struct msip_ua *ua)
{
  return msip_txns_count(ua->txns) >= ua->settings->limit_transactions;
}

/* Requests outside dialogs that we do not want to know more about. */
static bool is_unwelcome(struct msip_ua *ua, const struct msip_msg *m)
{
  if (m->to_tag.len || m->method == MSIP_CANCEL)
    return false;
  if (!msip_rate_allows(ua, &m->flow.remote)) {
    refuse_beyond(ua, MSIP_LIMIT_RATE, m);
    return true;
  }
  if (ua->draining) {
    ua->counters.refused_draining++;
    msip_refuse_stateless(ua, m, &(struct msip_refusal){.status = 503});
    return true;
  }
  if ((m->method == MSIP_INVITE &&
       ua->census.sessions >= ua->settings->limit_dialogs) ||
      ((m->method == MSIP_SUBSCRIBE || m->method == MSIP_REFER) &&
       ua->census.subscriptions >= ua->settings->limit_dialogs)) {
    refuse_beyond(ua, MSIP_LIMIT_DIALOGS, m);
    return true;
  }
  if (is_full(ua)) {
    refuse_beyond(ua, MSIP_LIMIT_TRANSACTIONS, m);
    return true;
  }
  return false;
}

static void out_of_dialog(struct msip_ua *ua, struct msip_txn *txn,
                          const struct msip_msg *m,
                          const struct msip_facts *facts,
                          enum msip_fitness fitness, bool merged)
{
  struct msip_request *r;
  bool needs_dialog =
      m->method == MSIP_BYE || m->method == MSIP_PRACK ||
      m->method == MSIP_UPDATE ||
      (m->method == MSIP_INFO && !(ua->served & 1u << MSIP_METHOD_OTHER));

  if (needs_dialog) {
    msip_refuse(ua, txn, m, &(struct msip_refusal){.status = 481});
    return;
  }
  r = msip_request_new(ua, txn, m, facts, NULL);
  if (!r)
    return;
  r->unfit = fitness == MSIP_UNFIT;
  r->merged = merged;
  if (m->method == MSIP_INVITE) {
    ua->counters.calls++;
    if (!msip_invite_arrived(r))
      return;
  }
  msip_request_ask(r);
}

/* Of a dialog that is not ours but passes through here. */
static bool is_transit(struct msip_ua *ua, const struct msip_msg *m)
{
  return m->to_tag.len && msip_msg_has(m, MSIP_H_ROUTE) &&
         !msip_session_find(ua, m) && msip_transit_is(ua, m);
}

/* The limit with its reserve is used up, or memory is out. */
static void no_transaction(struct msip_ua *ua, const struct msip_msg *m)
{
  if (is_full(ua)) {
    refuse_beyond(ua, MSIP_LIMIT_TRANSACTIONS, m);
    return;
  }
  ua->counters.dropped_memory++;
  msip_refuse_stateless(ua, m, &(struct msip_refusal){.status = 503});
}

static void new_request(struct msip_ua *ua, const struct msip_msg *m)
{
  enum msip_fitness fitness;
  bool merged, may_pass;
  struct msip_txn *txn;
  struct msip_session *session;
  struct msip_facts facts;

  if (is_unwelcome(ua, m))
    return;
  merged = m->to_tag.len == 0 && m->method != MSIP_CANCEL &&
           msip_txns_find_merged(ua->txns, m) != NULL;
  txn = msip_txns_open(ua->txns, m, ua->now);
  if (!txn) {
    no_transaction(ua, m);
    return;
  }
  if (m->method == MSIP_CANCEL) {
    msip_cancel_arrived(ua, txn, m);
    return;
  }
  if (is_transit(ua, m)) {
    msip_transit(ua, txn, m);
    return;
  }
  /* 16.3: what an endpoint refuses a proxy sends on. */
  may_pass = ua->settings->proxy && m->to_tag.len == 0;
  if (merged && !may_pass) {
    msip_refuse(ua, txn, m, &(struct msip_refusal){.status = 482});
    return;
  }
  fitness = msip_screen(ua, txn, m, &facts, may_pass);
  if (fitness == MSIP_REFUSED)
    return;
  if (m->to_tag.len == 0) {
    out_of_dialog(ua, txn, m, &facts, fitness, merged);
    return;
  }
  session = msip_session_find(ua, m);
  if (session)
    msip_session_receive(session, txn, m, &facts);
  else if (m->method != MSIP_NOTIFY ||
           !msip_interest_notify(ua, txn, m, &facts))
    msip_refuse(ua, txn, m, &(struct msip_refusal){.status = 481});
}

static void stray(struct msip_ua *ua, const struct msip_msg *m)
{
  struct msip_session *session = m->method == MSIP_ACK && msip_msg_is_request(m)
                                     ? msip_session_find(ua, m)
                                     : NULL;

  if (session ? !msip_ack_arrived(session, m)
              : m->method != MSIP_ACK || !msip_msg_is_request(m) ||
                    !msip_transit_ack(ua, m))
    ua->counters.dropped_stray++;
}

static void count_fault(struct msip_ua *ua, const struct msip_msg *m)
{
  static const enum msip_limit limits[] = {
      [MSIP_EXCESS_MESSAGE] = MSIP_LIMIT_MESSAGE,
      [MSIP_EXCESS_HEADER_LINE] = MSIP_LIMIT_HEADER_LINE,
      [MSIP_EXCESS_URI] = MSIP_LIMIT_URI,
      [MSIP_EXCESS_HEADERS] = MSIP_LIMIT_HEADERS,
  };

  if (m->excess != MSIP_EXCESS_NONE)
    msip_limit_reached(ua, limits[m->excess], m, m->fault_status);
  else
    ua->counters.refused_malformed++;
}

static void request_arrived(struct msip_ua *ua, const struct msip_msg *m)
{
  ua->counters.requests_in++;
  if (m->fault_status) {
    count_fault(ua, m);
    msip_refuse_stateless(
        ua, m,
        &(struct msip_refusal){.status = m->fault_status,
                               .reason = msip_str_c(m->fault_reason)});
    return;
  }
  switch (msip_txns_receive(ua->txns, m, ua->now)) {
  case MSIP_ARRIVAL_ABSORBED:
    break;
  case MSIP_ARRIVAL_NEW:
    new_request(ua, m);
    break;
  case MSIP_ARRIVAL_STRAY:
    stray(ua, m);
    break;
  }
}

/* 18.1.2: it is ours when its Via names us as the sender. */
static bool is_ours(const struct msip_msg *m)
{
  struct msip_addr sender;

  if (msip_addr_parse(&sender, m->via.host) != 0)
    return false;
  sender.port = m->via.port ? m->via.port : 5060;
  return msip_addr_eq(&sender, &m->flow.local);
}

static void response_arrived(struct msip_ua *ua, const struct msip_msg *m)
{
  /* 8.1.3.3, 16.7.3: the Via below ours is somebody's whose request we sent
   * on.  A response to our own went astray when it has one. */
  bool passes = msip_branch_is_relay(m->via.branch) && m->method != MSIP_CANCEL;

  ua->counters.responses_in++;
  if (m->fault_status || (msip_msg_count(m, MSIP_H_VIA) > 1) != passes ||
      !is_ours(m)) {
    ua->counters.dropped_stray++;
  } else if (msip_txns_receive(ua->txns, m, ua->now) == MSIP_ARRIVAL_STRAY &&
             !msip_transit_late(ua, m)) {
    ua->counters.dropped_stray++;
    msip_late_accept(ua, m);
  }
}

void msip_ua_receive(struct msip_ua *ua, const struct msip_flow *flow,
                     struct msip_str bytes, msip_time now)
{
  const struct msip_settings *s = ua->settings;
  struct msip_msg_limits limits = {.message = s->limit_message,
                                   .header_line = s->limit_header_line,
                                   .uri = s->limit_uri,
                                   .headers = s->limit_headers};
  struct msip_fault fault = {"", 0};
  struct msip_msg m;

  ua->now = now;
  if (is_keepalive(bytes))
    return;
  if (msip_msg_parse(&m, ua->rows, bytes, &limits, &fault) != 0) {
    ua->counters.dropped_garbage++;
    msip_log(&ua->log, MSIP_LOG_DEBUG, MSIP_STR(""),
             "dropped %zu bytes that are no SIP message: %s at %u", bytes.len,
             fault.what, fault.at);
    return;
  }
  m.flow = *flow;
  m.received_at = now;
  if (msip_msg_is_request(&m))
    request_arrived(ua, &m);
  else
    response_arrived(ua, &m);
}
