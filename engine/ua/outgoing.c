/* Requests of ours, in a dialog or outside. */
#include "ua/outgoing.h"

#include "dialog/failure.h"
#include "message/build.h"
#include "ua/interest.h"
#include "ua/outgoing_in.h"
#include "ua/relay_in.h"
#include "ua/session_in.h"

enum { REQUEST_MAX = 65535 };

static void free_dead(struct msip_dead *dead)
{
  msip_outgoing_free(MSIP_CONTAINER(dead, struct msip_outgoing, sweep));
}

struct msip_outgoing *msip_outgoing_new(struct msip_ua *ua,
                                        struct msip_session *s,
                                        enum msip_method method)
{
  struct msip_outgoing *o = msip_pool_zero(ua->pool, sizeof *o);

  if (!o)
    return NULL;
  o->ua = ua;
  o->session = s;
  o->method = method;
  o->retries = true;
  o->sweep.free = free_dead;
  msip_list_init(&o->sweep.node);
  msip_list_init(&o->makes);
  msip_timer_init(&o->limit, msip_outgoing_limit_fire);
  if (s) {
    s->refs++;
    o->auth = msip_keyring_hold(s->auth);
    o->tries.realm = s->auth_realm;
  }
  msip_list_add(&ua->outgoing, &o->node);
  ua->census.outgoing++;
  return o;
}

static struct msip_dialog *dialog_of(const struct msip_outgoing *o)
{
  return o->session ? &o->session->dialog : o->form;
}

void msip_outgoing_head(const struct msip_outgoing *o, struct msip_buf *buf,
                        enum msip_method method, uint32_t cseq,
                        const struct msip_flow *to, struct msip_str branch)
{
  char room[64];
  struct msip_buf sent_by = {
      .at = room, .room = sizeof room, .max = sizeof room};

  msip_addr_format(&sent_by, &to->local);
  msip_dialog_build(
      buf, dialog_of(o),
      &(struct msip_dialog_request){.method = method,
                                    .name = msip_outgoing_name(o),
                                    .cseq = cseq,
                                    .hops_spent = o->hops_spent,
                                    .transport = to->transport,
                                    .sent_by = msip_buf_str(&sent_by),
                                    .branch = branch});
}

/* What may differ from one try to the next. */
static void build_varying(const struct msip_outgoing *o, struct msip_buf *buf)
{
  if (o->change && o->method != MSIP_PRACK)
    msip_session_build_expires(o->session, buf);
  if (o->session_expires)
    msip_build_number(buf, MSIP_H_SESSION_EXPIRES, o->session_expires);
  if (o->min_se)
    msip_build_number(buf, MSIP_H_MIN_SE, o->min_se);
}

int msip_outgoing_send(struct msip_outgoing *o)
{
  struct msip_ua *ua = o->ua;
  struct msip_dialog *d = dialog_of(o);
  char text[MSIP_BRANCH_LEN];
  struct msip_str branch = msip_txns_branch(ua->txns, text);
  struct msip_flow to;
  struct msip_buf buf;
  int err = 0;

  if (o->session)
    to = msip_outgoing_path(o->session);
  else
    err = msip_outgoing_resolve(ua, o->form, &to);
  if (err)
    return err;
  msip_outgoing_detach(o);
  msip_buf_init(&buf, ua->pool, REQUEST_MAX);
  msip_outgoing_head(o, &buf, o->method, d->local_seq + 1, &to, branch);
  msip_outgoing_credentials(o, &buf);
  build_varying(o, &buf);
  msip_buf_add(&buf, msip_bytes_str(o->tail));
  msip_bytes_drop(o->bytes);
  o->bytes = msip_bytes_take(&buf);
  o->proceeding = false;
  if (o->bytes)
    o->txn = msip_txns_request(
        ua->txns, &(struct msip_txn_request){o->method, o->bytes, branch, o},
        &to, ua->now);
  if (!o->txn)
    return msip_because(ua, MSIP_ENOMEM, "out of memory");
  o->cseq = ++d->local_seq;
  ua->counters.requests_out++;
  return 0;
}

void msip_outgoing_detach(struct msip_outgoing *o)
{
  if (o->txn)
    msip_txn_set_user(o->txn, NULL);
  o->txn = NULL;
}

static bool is_later_fork(const struct msip_outgoing *o,
                          const struct msip_session *s)
{
  return o->call && o->call->accepted && o->call->accepted != s;
}

bool msip_outgoing_report(struct msip_outgoing *o, struct msip_session *s,
                          const struct msip_msg *response, int err)
{
  struct msip_msg *kept = NULL;
  bool queued;

  if (o->own)
    return false;
  if (response) {
    kept = msip_msg_keep(o->ua->pool, response);
    if (!kept && (response->status < 200 || is_later_fork(o, s)))
      return false; /* the first final one counts */
    if (!kept)
      err = MSIP_ENOMEM;
  }
  queued = msip_outbox_push(
      o->ua, &(struct msip_event){.kind = kept ? MSIP_EV_RESPONSE
                                               : MSIP_EV_OUTGOING_FAILED,
                                  .err = err,
                                  .outgoing = o,
                                  .session = s && !s->bare ? s : NULL,
                                  .message = kept});
  return queued && kept;
}

/* 12.2.1.2, RFC 5057: what a failure of a request that changes nothing means
 * for the call. */
static void weigh(const struct msip_outgoing *o, unsigned status)
{
  struct msip_session *s = o->session;

  if (s && !o->change && msip_failure_ends_call(o->method, status))
    msip_session_lose(s, o->method, status);
}

/* How long the callee may keep silent once it rings. */
static void rings(struct msip_outgoing *o)
{
  struct msip_ua *ua = o->ua;

  if (o->method == MSIP_INVITE && !o->timed && o->cancel == MSIP_CANCEL_NONE)
    msip_timer_arm(&ua->wheel, &o->limit,
                   ua->now + ua->settings->limit_ring_time);
}

static void proceed(struct msip_outgoing *o)
{
  bool first = !o->proceeding;

  o->proceeding = true;
  if (!o->done)
    rings(o);
  if (first)
    msip_own_cancel_go(o);
}

/* 13.2.2.4: a dialog has one answer to its INVITE, whatever else comes. */
static bool is_foreign(const struct msip_outgoing *o,
                       const struct msip_msg *response)
{
  return o->session && o->method == MSIP_INVITE && response->status >= 200 &&
         response->status < 300 &&
         !msip_str_ieq(response->to_tag, o->session->dialog.remote_tag);
}

/* False: it is dealt with.  `*s`: the session the response belongs to. */
static bool take(struct msip_outgoing *o, const struct msip_msg *response,
                 struct msip_session **s)
{
  *s = o->session;
  if (is_foreign(o, response)) {
    msip_late_accept(o->ua, response);
    return false;
  }
  if (response->status < 200)
    proceed(o);
  else if (o->auth && !o->done)
    msip_keyring_renew(o->auth, &o->ua->rand, response, &o->tries);
  if (response->status >= 300 && !o->done &&
      msip_outgoing_try_again(o, response))
    return false;
  if (o->call)
    return msip_call_response(o, response, s);
  return !o->change || msip_change_response(o, response);
}

void msip_outgoing_response(void *arg, struct msip_txn *t,
                            const struct msip_msg *response)
{
  struct msip_outgoing *o = msip_txn_user(t);
  bool final = response->status >= 200, told = false;
  struct msip_session *s;

  (void)arg;
  if (o && o->branch) {
    msip_branch_response(o, response);
    return;
  }
  if (!o || !take(o, response, &s))
    return;
  if (final)
    o->ended = true;
  /* After `timeout` nobody waits for what comes; a call reports each fork. */
  if (!o->done || o->call)
    told = msip_outgoing_report(o, s, response, 0);
  if (final) {
    o->done = true;
    msip_timer_stop(&o->ua->wheel, &o->limit);
  }
  if (o->refresh && final)
    msip_session_refreshed(o->session, o->method, response->status, 0);
  if (o->change && final)
    msip_change_settle(o, told);
  else if (!told && o->call && final && s)
    msip_call_unheard(o, s);
  else if (!told)
    msip_outgoing_settle(o, s, response, false);
  if (final) {
    weigh(o, response->status);
    msip_subscription_answered(o, response, 0);
  }
  /* An accepted INVITE stays, for the repeats of its 2xx. */
  if (final && (o->method != MSIP_INVITE || response->status >= 300))
    msip_outgoing_end(o);
}

void msip_outgoing_failure(struct msip_outgoing *o, int err)
{
  bool told = o->done;

  if (o->branch) {
    msip_branch_failure(o, err);
    return;
  }
  if (o->ended)
    return;
  o->done = o->ended = true;
  if (o->change)
    msip_change_failed(o, err);
  if (o->call)
    msip_call_over(o, err == MSIP_ETIMEOUT ? "no answer" : "failed");
  if (o->refresh)
    msip_session_refreshed(o->session, o->method, 0, err);
  else if (!told)
    msip_outgoing_report(o, o->session, NULL, err);
  weigh(o, err == MSIP_ETIMEOUT ? 408 : 0);
  msip_subscription_answered(o, NULL, err);
  msip_outgoing_end(o);
}

void msip_outgoing_lost(struct msip_outgoing *o, int err)
{
  if (o->done || o->cancel != MSIP_CANCEL_NONE || !msip_outgoing_try_next(o))
    msip_outgoing_failure(o, err);
}

void msip_outgoing_end(struct msip_outgoing *o)
{
  struct msip_session *s = o->session;

  if (o->dead)
    return;
  o->done = o->ended = true;
  msip_outgoing_detach(o);
  if (o->interest && msip_interest_lingers(o))
    return;
  o->dead = true;
  msip_timer_stop(&o->ua->wheel, &o->limit);
  if (o->call)
    msip_call_over(o, "another fork answered");
  else if (o->change && o->change->ack.due)
    msip_own_ack_default(o, s);
  if (o->branch)
    msip_branch_end(o);
  msip_change_close(o);
  if (s && s->own_bye == o) {
    s->own_bye = NULL;
    msip_session_maybe_unlist(s);
  }
  msip_list_add(&o->ua->dead, &o->sweep.node);
}

static void release(struct msip_outgoing *o)
{
  if (o->box && o->ua->on_release)
    o->ua->on_release(o->ua->arg, o->box);
  o->box = NULL;
}

void msip_outgoing_let_go(struct msip_outgoing *o)
{
  if (o->let_go)
    return;
  o->let_go = true;
  release(o);
  if (o->session)
    msip_session_repeats(o->session);
}

static void free_form(struct msip_outgoing *o)
{
  if (!o->form)
    return;
  msip_dialog_fini(o->form);
  msip_pool_give(o->ua->pool, o->form, sizeof *o->form);
}

void msip_outgoing_free(struct msip_outgoing *o)
{
  struct msip_ua *ua = o->ua;

  release(o);
  msip_list_del(&o->node);
  msip_list_del(&o->sweep.node);
  msip_timer_stop(&ua->wheel, &o->limit);
  if (o->change)
    msip_change_free(o);
  if (o->call)
    msip_call_free(o);
  if (o->branch)
    msip_branch_free(o);
  if (o->follow)
    msip_follow_free(o);
  free_form(o);
  msip_bytes_drop(o->bytes);
  msip_bytes_drop(o->tail);
  msip_bytes_drop(o->cancel_tail);
  msip_bytes_drop(o->name);
  msip_bytes_drop(o->credentials);
  msip_keyring_drop(o->auth);
  msip_subscription_leave(o);
  if (o->session) {
    o->session->repeats -= o->let_go;
    msip_session_unref(o->session);
  }
  ua->census.outgoing--;
  msip_pool_give(ua->pool, o, sizeof *o);
}

enum msip_method msip_outgoing_method(const struct msip_outgoing *o)
{
  return o->method;
}

struct msip_str msip_outgoing_name(const struct msip_outgoing *o)
{
  return o->name ? msip_bytes_str(o->name) : msip_method_name(o->method);
}

struct msip_session *msip_outgoing_session(const struct msip_outgoing *o)
{
  struct msip_session *s = o->call ? o->call->accepted : o->session;

  return s && !s->bare && !s->lingers ? s : NULL;
}

struct msip_subscription *
msip_outgoing_subscription(const struct msip_outgoing *o,
                           const struct msip_msg *response)
{
  const struct msip_session *s;
  struct msip_link_node *at;

  if (response->status >= 300)
    return NULL;
  if (!o->interest)
    return o->method == MSIP_NOTIFY ? NULL : o->subscription;
  s = msip_session_find_ours(o->ua, response);
  for (at = o->makes.next; at != &o->makes; at = at->next) {
    struct msip_subscription *sub =
        MSIP_CONTAINER(at, struct msip_subscription, made);

    if (sub->session == s)
      return sub;
  }
  return NULL;
}

struct msip_bytes *msip_outgoing_bytes(const struct msip_outgoing *o)
{
  return o->bytes;
}

bool msip_outgoing_is_done(const struct msip_outgoing *o)
{
  return o->done;
}

void msip_outgoing_set_box(struct msip_outgoing *o, void *box)
{
  o->box = box;
}

void *msip_outgoing_box(const struct msip_outgoing *o)
{
  return o->box;
}
