/* One branch of a relayed request: its client transaction, timer C, CANCEL
 * (16.6, 16.8, 9.1). */
#include "ua/relay_in.h"

enum { REQUEST_MAX = 65535, OWN_ROUTE = 400, RETRY_MS = 500 };

static void fire(struct msip_timer *timer, void *arg, msip_time now);

static struct msip_outgoing *make(struct msip_request *r)
{
  struct msip_ua *ua = r->ua;
  struct msip_branch *b = msip_pool_zero(ua->pool, sizeof *b);
  struct msip_outgoing *o =
      b ? msip_outgoing_new(ua, NULL, r->message->method) : NULL;

  if (!o) {
    msip_pool_give(ua->pool, b, sizeof *b);
    return NULL;
  }
  o->own = r->relay->transit;
  o->branch = b;
  b->outgoing = o;
  b->relay = r->relay;
  b->give_up = MSIP_NEVER;
  msip_timer_init(&b->timer, fire);
  msip_list_add(&r->relay->branches, &b->node);
  r->relay->open++;
  return o;
}

/* --- 16.6 --------------------------------------------------------------- */

/* The bytes, and where they go. */
static int write(struct msip_request *r,
                 const struct msip_relay_options *options,
                 struct msip_forward *f, struct msip_flow *to,
                 struct msip_bytes **bytes)
{
  struct msip_ua *ua = r->ua;
  struct msip_str hop;
  char name[80], own[OWN_ROUTE], way[OWN_ROUTE];
  struct msip_buf sent_by = {
      .at = name, .room = sizeof name, .max = sizeof name};
  struct msip_buf record = {.at = own, .room = sizeof own, .max = sizeof own};
  struct msip_buf path = {.at = way, .room = sizeof way, .max = sizeof way};
  struct msip_buf buf;
  int err = msip_forward_next_hop(&hop, f, r->message);

  if (!err)
    err = msip_relay_flow(ua, hop, to);
  if (err)
    return msip_because(ua, MSIP_EUNSUPPORTED,
                        "the next hop is no address we can send to");
  msip_addr_format(&sent_by, &to->local);
  f->transport = to->transport;
  f->sent_by = msip_buf_str(&sent_by);
  if (options->record_route && !r->relay->transit) {
    msip_relay_own_route(ua, &record, r->message, true);
    f->record_route = msip_buf_str(&record);
  }
  if (options->path) {
    msip_relay_own_route(ua, &path, r->message, false);
    f->path = msip_buf_str(&path);
  }
  msip_buf_init(&buf, ua->pool, REQUEST_MAX);
  msip_forward_request(&buf, f, r->message);
  err = msip_buf_error(&buf);
  *bytes = msip_bytes_take(&buf);
  if (*bytes)
    return 0;
  if (err == MSIP_EINVALID || err == MSIP_ESYNTAX)
    return msip_because(ua, MSIP_EINVALID,
                        "a URI or header is malformed or holds CR, LF or NUL");
  return msip_because(ua, MSIP_ENOMEM,
                      "out of memory, or the request is beyond 64 KiB");
}

static void arm(struct msip_branch *b)
{
  struct msip_ua *ua = b->outgoing->ua;
  msip_time due = MSIP_NEVER;

  if (b->outgoing->method == MSIP_INVITE)
    due = ua->now + ua->settings->timer_c;
  if (b->give_up < due)
    due = b->give_up;
  if (due != MSIP_NEVER)
    msip_timer_arm(&ua->wheel, &b->timer, due);
}

static int send(struct msip_outgoing *o, struct msip_str branch,
                struct msip_bytes *bytes, const struct msip_flow *to)
{
  struct msip_ua *ua = o->ua;

  o->bytes = bytes;
  o->txn = msip_txns_request(
      ua->txns, &(struct msip_txn_request){o->method, bytes, branch, o}, to,
      ua->now);
  if (!o->txn)
    return msip_because(ua, MSIP_ENOMEM, "out of memory");
  ua->counters.requests_out++;
  ua->counters.requests_relayed++;
  return 0;
}

int msip_request_relay(struct msip_request *r,
                       const struct msip_relay_options *options,
                       struct msip_outgoing **out)
{
  struct msip_relay *relay = r->relay;
  char text[MSIP_RELAY_BRANCH];
  struct msip_forward f = {.target = options->target,
                           .routes = options->routes,
                           .route_count = options->route_count,
                           .headers = options->headers,
                           .header_count = options->header_count,
                           .remove = options->remove,
                           .remove_count = options->remove_count,
                           .realm = options->realm,
                           .max_breadth = options->max_breadth,
                           .record_route = MSIP_STR(""),
                           .path = MSIP_STR("")};
  struct msip_outgoing *o = NULL;
  struct msip_bytes *bytes = NULL;
  struct msip_flow to = {.link = 0};
  int err = msip_request_open(r);

  if (err)
    return err;
  if (!relay)
    return msip_because(r->ua, MSIP_ESTATE, "not begun");
  if (relay->cancelled)
    return msip_because(r->ua, MSIP_ECANCELLED, "cancelled by the peer");
  f.strict = relay->strict;
  f.pop = relay->pop;
  if (relay->transit && options->record_route)
    f.record_route = relay->route;
  f.branch = msip_relay_branch(r->ua, r->message, relay->loop, text);
  err = write(r, options, &f, &to, &bytes);
  if (err)
    return err;
  o = make(r);
  if (!o) {
    msip_bytes_drop(bytes);
    return msip_because(r->ua, MSIP_ENOMEM, "out of memory");
  }
  if (options->timeout_ms)
    o->branch->give_up = r->ua->now + options->timeout_ms;
  err = send(o, f.branch, bytes, &to);
  if (err) {
    msip_outgoing_end(o);
    return err;
  }
  arm(o->branch);
  if (out)
    *out = o;
  return 0;
}

/* --- CANCEL and time ---------------------------------------------------- */

/* The CANCEL of a request as it was sent; NULL when memory is out. */
static struct msip_bytes *build_cancel(const struct msip_branch *b)
{
  const struct msip_msg_limits limits = {UINT32_MAX, UINT32_MAX, UINT32_MAX,
                                         MSIP_MSG_HEADERS_MAX};
  const struct msip_outgoing *o = b->outgoing;
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_msg sent = {0};
  struct msip_fault fault;
  struct msip_buf buf;

  if (msip_msg_parse(&sent, rows, msip_bytes_str(o->bytes), &limits, &fault) !=
      0)
    return NULL;
  msip_buf_init(&buf, o->ua->pool, REQUEST_MAX);
  msip_forward_cancel(&buf, &sent,
                      b->relay->reason ? msip_bytes_str(b->relay->reason)
                                       : MSIP_STR(""));
  return msip_bytes_take(&buf);
}

/* 9.1: who has not answered 64*T1 behind it never will. */
static void send_cancel(struct msip_branch *b)
{
  struct msip_outgoing *o = b->outgoing;
  struct msip_ua *ua = o->ua;
  struct msip_bytes *bytes = o->txn ? build_cancel(b) : NULL;

  b->cancelled = bytes && msip_txns_request(ua->txns,
                                            &(struct msip_txn_request){
                                                MSIP_CANCEL, bytes,
                                                msip_txn_branch(o->txn), NULL},
                                            msip_txn_flow(o->txn), ua->now);
  ua->counters.requests_out += b->cancelled;
  msip_bytes_drop(bytes);
  msip_timer_arm(
      &ua->wheel, &b->timer,
      ua->now + (b->cancelled ? 64 * (msip_time)ua->settings->t1 : RETRY_MS));
}

void msip_branch_cancel(struct msip_branch *b)
{
  if (b->outgoing->done || b->cancelled || b->outgoing->method != MSIP_INVITE)
    return;
  b->wants_cancel = true;
  if (b->rings)
    send_cancel(b);
}

/* Its result, once: to the layer above, or to the caller. */
static void tell(struct msip_branch *b, const struct msip_msg *response,
                 int err)
{
  struct msip_outgoing *o = b->outgoing;
  struct msip_relay *relay = b->relay;

  if (b->told)
    return;
  b->told = true;
  relay->open--;
  if (relay->transit)
    msip_relay_conclude(relay->request, response, err);
  else
    msip_outgoing_report(o, NULL, response, err);
}

/* 16.8: what rings is called back, what does not counts as a 408. */
static void give_up(struct msip_branch *b)
{
  b->gave_up = true;
  msip_branch_cancel(b);
  if (!b->rings || b->outgoing->method != MSIP_INVITE)
    tell(b, NULL, MSIP_ETIMEOUT);
}

static void fire(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_branch *b = MSIP_CONTAINER(timer, struct msip_branch, timer);
  struct msip_outgoing *o = b->outgoing;

  (void)arg;
  (void)now;
  if (o->done || !b->relay)
    return;
  if (!b->cancelled) {
    if (b->wants_cancel && b->rings)
      send_cancel(b); /* memory was out */
    else
      give_up(b);
    return;
  }
  o->done = true;
  tell(b, NULL, b->gave_up ? MSIP_ETIMEOUT : MSIP_ECANCELLED);
  if (o->txn)
    msip_txn_free(o->txn);
  o->txn = NULL;
  msip_outgoing_end(o);
}

void msip_outgoing_relay_cancel(struct msip_outgoing *o)
{
  if (o->branch && o->branch->relay)
    msip_branch_cancel(o->branch);
}

/* --- what comes back ---------------------------------------------------- */

static void provisional(struct msip_branch *b, const struct msip_msg *response)
{
  b->rings = true;
  if (response->status > 100) {
    if (!b->cancelled && !b->gave_up)
      arm(b);
    msip_relay_pass(b->relay->request, response);
    if (b->relay->tells && !b->told)
      msip_outgoing_report(b->outgoing, NULL, response, 0);
  }
  if (b->wants_cancel && !b->cancelled)
    send_cancel(b);
}

static void final(struct msip_branch *b, const struct msip_msg *response)
{
  msip_timer_stop(&b->outgoing->ua->wheel, &b->timer);
  if (b->gave_up && response->status == 487)
    tell(b, NULL, MSIP_ETIMEOUT);
  else
    tell(b, response, 0);
}

void msip_branch_response(struct msip_outgoing *o,
                          const struct msip_msg *response)
{
  struct msip_branch *b = o->branch;
  bool accepted = response->status >= 200 && response->status < 300;

  bool first = !o->done;

  if (!b->relay)
    return;
  if (response->status < 200) {
    if (first)
      provisional(b, response);
    return;
  }
  o->done = true;
  if (accepted)
    msip_relay_pass(b->relay->request, response);
  if (first)
    final(b, response);
  /* An accepted INVITE stays for the repeats and forks of its 2xx. */
  if (!accepted || o->method != MSIP_INVITE)
    msip_outgoing_end(o);
}

void msip_branch_failure(struct msip_outgoing *o, int err)
{
  struct msip_branch *b = o->branch;

  if (!o->done && b->relay) {
    o->done = true;
    tell(b, NULL, err);
  }
  msip_outgoing_end(o);
}

void msip_branch_end(struct msip_outgoing *o)
{
  struct msip_branch *b = o->branch;
  struct msip_relay *relay = b->relay;

  msip_timer_stop(&o->ua->wheel, &b->timer);
  if (!relay)
    return;
  if (!b->told)
    relay->open--;
  b->told = true;
  b->relay = NULL;
  msip_list_del(&b->node);
  if (msip_list_empty(&relay->branches))
    msip_relay_settle(relay->request);
}

void msip_branch_free(struct msip_outgoing *o)
{
  struct msip_branch *b = o->branch;

  msip_timer_stop(&o->ua->wheel, &b->timer);
  if (b->relay)
    msip_list_del(&b->node);
  msip_pool_give(o->ua->pool, b, sizeof *b);
  o->branch = NULL;
}

bool msip_outgoing_is_relay(const struct msip_outgoing *o)
{
  return o->branch != NULL;
}

struct msip_request *msip_outgoing_relayed(const struct msip_outgoing *o)
{
  return o->branch && o->branch->relay ? o->branch->relay->request : NULL;
}
