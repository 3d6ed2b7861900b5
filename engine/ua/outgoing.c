/* Requests of ours inside a dialog. */
#include "ua/outgoing.h"

#include "ua/outgoing_in.h"
#include "ua/session_in.h"
#include "uri/uri.h"

enum { REQUEST_MAX = 65535, SIP_PORT = 5060 };

static void free_dead(struct msip_dead *dead)
{
  msip_outgoing_free(MSIP_CONTAINER(dead, struct msip_outgoing, sweep));
}

struct msip_outgoing *msip_outgoing_new(struct msip_session *s,
                                        enum msip_method method)
{
  struct msip_ua *ua = s->ua;
  struct msip_outgoing *o = msip_pool_zero(ua->pool, sizeof *o);

  if (!o)
    return NULL;
  o->ua = ua;
  o->session = s;
  o->method = method;
  o->sweep.free = free_dead;
  msip_list_init(&o->sweep.node);
  s->refs++;
  msip_list_add(&ua->outgoing, &o->node);
  ua->census.outgoing++;
  return o;
}

/* Where the next hop is, when its URI says so in numbers; else where the peer
 * last wrote from. */
struct msip_flow msip_outgoing_path(const struct msip_session *s)
{
  struct msip_flow flow = s->flow;
  struct msip_addr addr;
  struct msip_uri uri;

  if (msip_flow_is_reliable(&flow))
    return flow;
  if (msip_uri_parse(&uri, msip_dialog_next_hop(&s->dialog), NULL) == 0 &&
      msip_addr_parse(&addr, uri.host) == 0) {
    addr.port = uri.port ? uri.port : SIP_PORT;
    flow.remote = addr;
  }
  return flow;
}

int msip_outgoing_send(struct msip_outgoing *o, struct msip_str tail)
{
  struct msip_session *s = o->session;
  struct msip_ua *ua = o->ua;
  char text[MSIP_BRANCH_LEN];
  struct msip_str branch = msip_txns_branch(ua->txns, text);
  struct msip_flow to = msip_outgoing_path(s);
  struct msip_buf buf, sent_by;

  msip_buf_init(&buf, ua->pool, REQUEST_MAX);
  msip_buf_init(&sent_by, ua->pool, 128);
  msip_addr_format(&sent_by, &to.local);
  msip_dialog_build(
      &buf, &s->dialog,
      &(struct msip_dialog_request){.method = o->method,
                                    .cseq = s->dialog.local_seq + 1,
                                    .transport = to.transport,
                                    .sent_by = msip_buf_str(&sent_by),
                                    .branch = branch});
  msip_buf_add(&buf, tail);
  msip_buf_fini(&sent_by);
  msip_bytes_drop(o->bytes);
  o->bytes = msip_bytes_take(&buf);
  o->txn = NULL;
  if (o->bytes)
    o->txn = msip_txns_request(
        ua->txns, &(struct msip_txn_request){o->method, o->bytes, branch, o},
        &to, ua->now);
  if (!o->txn)
    return MSIP_ENOMEM;
  s->dialog.local_seq++;
  ua->counters.requests_out++;
  return 0;
}

bool msip_outgoing_report(struct msip_outgoing *o,
                          const struct msip_msg *response, int err)
{
  struct msip_msg *kept = NULL;
  bool queued;

  if (o->own)
    return false;
  if (response) {
    kept = msip_msg_keep(o->ua->pool, response);
    if (!kept)
      err = MSIP_ENOMEM;
  }
  queued = msip_outbox_push(
      o->ua, &(struct msip_event){.kind = kept ? MSIP_EV_RESPONSE
                                               : MSIP_EV_OUTGOING_FAILED,
                                  .err = err,
                                  .outgoing = o,
                                  .session = o->session,
                                  .message = kept});
  return queued && kept;
}

/* A refresh reports to the session, others to their box. */
static bool is_refresh(const struct msip_outgoing *o)
{
  return o->method == MSIP_UPDATE && o->own;
}

void msip_outgoing_response(void *arg, struct msip_txn *t,
                            const struct msip_msg *response)
{
  struct msip_outgoing *o = msip_txn_user(t);
  bool final = response->status >= 200, told = false;

  (void)arg;
  if (!o || (o->change && !msip_change_response(o, response)) || o->done)
    return;
  o->done = final;
  if (!is_refresh(o))
    told = msip_outgoing_report(o, response, 0);
  else if (final)
    msip_session_refreshed(o->session, response, 0);
  if (o->change && final)
    msip_change_settle(o, told);
  /* An accepted INVITE stays, for the repeats of its 2xx. */
  if (final && (o->method != MSIP_INVITE || response->status >= 300))
    msip_outgoing_end(o);
}

void msip_outgoing_failure(struct msip_outgoing *o, int err)
{
  if (o->done)
    return;
  o->done = true;
  if (o->change)
    msip_change_failed(o, err);
  if (is_refresh(o))
    msip_session_refreshed(o->session, NULL, err);
  else
    msip_outgoing_report(o, NULL, err);
  msip_outgoing_end(o);
}

void msip_outgoing_end(struct msip_outgoing *o)
{
  struct msip_session *s = o->session;

  if (o->dead)
    return;
  o->dead = o->done = true;
  if (o->txn)
    msip_txn_set_user(o->txn, NULL);
  o->txn = NULL;
  if (s->own_change == o)
    s->own_change = NULL;
  if (s->own_bye == o) {
    s->own_bye = NULL;
    if (s->state == MSIP_SESSION_TERMINATED)
      msip_session_unlist(s);
  }
  msip_list_add(&o->ua->dead, &o->sweep.node);
}

void msip_outgoing_free(struct msip_outgoing *o)
{
  struct msip_ua *ua = o->ua;

  if (o->box && ua->on_release)
    ua->on_release(ua->arg, o->box);
  msip_list_del(&o->node);
  msip_list_del(&o->sweep.node);
  if (o->change)
    msip_change_free(o);
  msip_bytes_drop(o->bytes);
  msip_bytes_drop(o->tail);
  msip_session_unref(o->session);
  ua->census.outgoing--;
  msip_pool_give(ua->pool, o, sizeof *o);
}

enum msip_method msip_outgoing_method(const struct msip_outgoing *o)
{
  return o->method;
}

struct msip_session *msip_outgoing_session(const struct msip_outgoing *o)
{
  return o->session;
}

struct msip_bytes *msip_outgoing_bytes(const struct msip_outgoing *o)
{
  return o->bytes;
}

void msip_outgoing_set_box(struct msip_outgoing *o, void *box)
{
  o->box = box;
}

void *msip_outgoing_box(const struct msip_outgoing *o)
{
  return o->box;
}
