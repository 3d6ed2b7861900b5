#include "ua/session.h"

#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"
#include "ua/subscription_in.h"
#include "uri/nameaddr.h"

/* RFC 5407 appendix D: over, but each 2xx to its INVITE gets an ACK until the
 * INVITE is gone too.  Nobody else knows it any more. */
static void linger(struct msip_session *s)
{
  struct msip_ua *ua = s->ua;

  if (s->box && ua->on_release)
    ua->on_release(ua->arg, s->box);
  s->box = NULL;
  s->lingers = true;
  if (!msip_list_empty(&s->replacers))
    msip_replaces_forget(s);
  if (s->origin && s->origin->call->accepted == s)
    msip_outgoing_let_go(s->origin);
}

static void free_dead(struct msip_dead *dead)
{
  struct msip_session *s = MSIP_CONTAINER(dead, struct msip_session, sweep);

  s->dead = false;
  if (!s->origin && s->refs == 0)
    msip_session_free(s);
  else if (!s->lingers)
    linger(s);
}

int msip_session_list(struct msip_session *s)
{
  struct msip_dialog *d = &s->dialog;
  uint64_t hash =
      msip_dialog_hash(&s->ua->rand, d->call_id, d->local_tag, d->remote_tag);
  int err = msip_map_insert(&s->ua->dialogs, &d->node, hash);

  s->listed = err == 0;
  return err;
}

void msip_session_unlist(struct msip_session *s)
{
  if (s->listed)
    msip_map_remove(&s->ua->dialogs, &s->dialog.node);
  s->listed = false;
}

void msip_session_maybe_unlist(struct msip_session *s)
{
  if (s->state == MSIP_SESSION_TERMINATED && !s->own_bye &&
      !msip_session_has_subscriptions(s))
    msip_session_unlist(s);
}

void msip_session_begin(struct msip_session *s, struct msip_ua *ua,
                        const struct msip_flow *flow, bool bare)
{
  s->ua = ua;
  s->sweep.free = free_dead;
  msip_list_init(&s->sweep.node);
  msip_list_init(&s->fork);
  s->bare = bare;
  s->state = bare ? MSIP_SESSION_TERMINATED : MSIP_SESSION_EARLY;
  s->flow = *flow;
  msip_list_init(&s->requests);
  msip_list_init(&s->subscriptions);
  msip_list_init(&s->replacers);
  msip_list_add(&ua->sessions, &s->node);
  msip_timer_init(&s->timer, msip_session_timer_fire);
  ua->census.sessions += !bare;
}

struct msip_session *msip_session_new_fork(struct msip_outgoing *o,
                                           const struct msip_msg *response)
{
  struct msip_ua *ua = o->ua;
  struct msip_session *s = msip_pool_zero(ua->pool, sizeof *s);

  if (!s)
    return NULL;
  if (msip_dialog_init_uac(&s->dialog, o->form, response) != 0) {
    msip_pool_give(ua->pool, s, sizeof *s);
    return NULL;
  }
  msip_session_begin(s, ua, &response->flow, false);
  s->ours = true;
  if (msip_session_list(s) != 0) {
    msip_session_free(s);
    return NULL;
  }
  msip_exchange_save(&s->exchange, &o->call->exchange);
  s->origin = o;
  s->auth = msip_keyring_hold(o->auth);
  s->auth_realm = o->tries.realm;
  msip_list_add(&o->call->forks, &s->fork);
  o->call->fork_count++;
  return s;
}

struct msip_session *msip_session_new(struct msip_request *r)
{
  struct msip_ua *ua = r->ua;
  struct msip_session *s = msip_pool_zero(ua->pool, sizeof *s);

  if (!s)
    return NULL;
  if (msip_dialog_init_uas(&s->dialog, ua->pool, r->message,
                           msip_request_tag(r)) != 0) {
    msip_pool_give(ua->pool, s, sizeof *s);
    return NULL;
  }
  msip_session_begin(s, ua, &r->message->flow, false);
  s->invite_cseq = r->message->cseq;
  s->peer_updates = r->facts.updates;
  if (msip_session_list(s) != 0 ||
      (r->facts.has_sdp &&
       msip_exchange_move(&s->exchange, ua->pool, MSIP_OFFER_RECV,
                          r->facts.sdp) != 0)) {
    msip_session_free(s);
    return NULL;
  }
  msip_list_del(&r->node);
  msip_list_add(&s->requests, &r->node);
  r->session = s;
  s->refs = 1;
  return s;
}

void msip_session_undo(struct msip_request *r)
{
  struct msip_session *s = r->session;

  msip_list_del(&r->node);
  msip_list_add(&r->ua->requests, &r->node);
  r->session = NULL;
  msip_session_free(s);
}

static struct msip_session *find(struct msip_ua *ua, struct msip_str call_id,
                                 struct msip_str local_tag,
                                 struct msip_str remote_tag)
{
  uint64_t hash = msip_dialog_hash(&ua->rand, call_id, local_tag, remote_tag);
  struct msip_map_node *node = msip_map_first(&ua->dialogs, hash);

  for (; node; node = msip_map_next(node)) {
    struct msip_dialog *d = MSIP_CONTAINER(node, struct msip_dialog, node);

    if (msip_dialog_is(d, call_id, local_tag, remote_tag))
      return MSIP_CONTAINER(d, struct msip_session, dialog);
  }
  return NULL;
}

struct msip_session *msip_ua_session(struct msip_ua *ua,
                                     struct msip_str call_id,
                                     struct msip_str local_tag,
                                     struct msip_str remote_tag)
{
  return find(ua, call_id, local_tag, remote_tag);
}

struct msip_session *msip_session_find(struct msip_ua *ua,
                                       const struct msip_msg *m)
{
  return find(ua, m->call_id, m->to_tag, m->from_tag);
}

struct msip_session *msip_session_find_ours(struct msip_ua *ua,
                                            const struct msip_msg *response)
{
  return find(ua, response->call_id, response->from_tag, response->to_tag);
}

struct msip_request *msip_session_open(const struct msip_session *s,
                                       enum msip_method method)
{
  const struct msip_link_node *at;

  for (at = s->requests.next; at != &s->requests; at = at->next) {
    struct msip_request *r = MSIP_CONTAINER(at, struct msip_request, node);

    if (r->message->method == method && msip_request_is_open(r))
      return r;
  }
  return NULL;
}

/* Nothing needs it any more, or nothing but repeats of 2xx to INVITEs of ours:
 * to the dead list. */
static void maybe_dead(struct msip_session *s)
{
  if (s->dead || s->refs > s->repeats || s->state != MSIP_SESSION_TERMINATED ||
      (s->lingers && (s->refs > 0 || s->origin)))
    return;
  s->dead = true;
  msip_session_unlist(s);
  msip_list_add(&s->ua->dead, &s->sweep.node);
}

void msip_session_unref(struct msip_session *s)
{
  s->refs--;
  maybe_dead(s);
}

static void cut_requests(struct msip_session *s, const struct msip_msg *message)
{
  struct msip_link_node *at = s->requests.next;

  while (at != &s->requests) {
    struct msip_request *r = MSIP_CONTAINER(at, struct msip_request, node);

    at = at->next;
    if (r->dead || r->subscription || r->message->method == MSIP_BYE)
      continue;
    if (msip_request_is_open(r))
      msip_request_cut(r, message, false);
    else if (r->invite && r->invite->ack_wait)
      msip_request_end(r);
  }
}

void msip_session_end(struct msip_session *s, const char *reason,
                      const struct msip_msg *message)
{
  struct msip_ua *ua = s->ua;

  if (s->state == MSIP_SESSION_TERMINATED)
    return;
  s->state = MSIP_SESSION_TERMINATED;
  ua->census.sessions -= !s->bare;
  ua->census.ending += !s->bare;
  msip_session_timer_stop(s);
  msip_change_stop(s);
  msip_replaces_remember(s);
  msip_session_maybe_unlist(s);
  cut_requests(s, message);
  if (s->queued_bye) {
    struct msip_outgoing *bye = s->queued_bye;

    s->queued_bye = NULL;
    msip_outgoing_failure(bye, MSIP_EGONE);
  }
  ua->counters.sessions_ended += s->confirmed;
  msip_outbox_push(ua, &(struct msip_event){.kind = MSIP_EV_TERMINATED,
                                            .session = s,
                                            .reason = reason});
  maybe_dead(s);
}

void msip_session_orphan(struct msip_session *s)
{
  s->origin = NULL;
  if (s->lingers && s->refs == 0)
    msip_session_free(s);
}

void msip_session_repeats(struct msip_session *s)
{
  s->repeats++;
  maybe_dead(s);
}

void msip_session_free(struct msip_session *s)
{
  struct msip_ua *ua = s->ua;

  if (s->box && ua->on_release)
    ua->on_release(ua->arg, s->box);
  msip_session_timer_stop(s);
  msip_session_unlist(s);
  if (!msip_list_empty(&s->replacers))
    msip_replaces_forget(s);
  msip_list_del(&s->node);
  msip_list_del(&s->sweep.node);
  msip_bytes_drop(s->first_ack.bytes);
  msip_bytes_drop(s->preview);
  msip_keyring_drop(s->auth);
  msip_exchange_fini(&s->exchange);
  msip_dialog_fini(&s->dialog);
  if (s->state == MSIP_SESSION_TERMINATED)
    ua->census.ending -= !s->bare;
  else
    ua->census.sessions -= !s->bare;
  msip_pool_give(ua->pool, s, sizeof *s);
}

void msip_session_dispose(struct msip_session *s)
{
  msip_session_end(s, "disposed", NULL);
}

void msip_session_aim(struct msip_session *s, const struct msip_msg *m)
{
  struct msip_str target = msip_dialog_contact_of(m);

  if (target.len)
    msip_dialog_set_target(&s->dialog, target);
}

void msip_session_retarget(struct msip_session *s, const struct msip_msg *m,
                           bool updates)
{
  s->flow = m->flow;
  msip_session_aim(s, m);
  if (msip_msg_has(m, MSIP_H_ALLOW))
    s->peer_updates = updates;
}
