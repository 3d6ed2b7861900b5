#include "ua/interest.h"
#include "message/event.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"

static uint64_t hash(struct msip_ua *ua, struct msip_str call_id,
                     struct msip_str local_tag)
{
  return msip_dialog_hash(&ua->rand, call_id, local_tag, MSIP_STR(""));
}

static void unlist(struct msip_interest *want)
{
  if (want->listed)
    msip_map_remove(&want->outgoing->ua->interests, &want->node);
  want->listed = false;
  msip_timer_stop(&want->outgoing->ua->wheel, &want->wait);
}

/* Timer N: no further NOTIFY makes anything. */
static void wait_fired(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_interest *want =
      MSIP_CONTAINER(timer, struct msip_interest, wait);

  (void)arg;
  (void)now;
  unlist(want);
  if (want->outgoing->ended)
    msip_outgoing_end(want->outgoing);
}

int msip_interest_make(struct msip_outgoing *o,
                       const struct msip_reply *options)
{
  struct msip_ua *ua = o->ua;
  const struct msip_dialog *form = o->form;
  struct msip_event_name event;
  struct msip_interest *want;
  uint32_t seconds;
  int err = msip_subscribe_read(ua, o->method, options, &event, &seconds);

  if (err)
    return err;
  o->interest = want = msip_pool_zero(ua->pool, sizeof *want);
  if (!want)
    return msip_because(ua, MSIP_ENOMEM, "out of memory");
  want->outgoing = o;
  want->asked = seconds;
  msip_timer_init(&want->wait, wait_fired);
  want->event = msip_bytes_copy(
      ua->pool, o->method == MSIP_REFER
                    ? event.package
                    : msip_reply_value(options, MSIP_STR("Event")));
  if (!want->event ||
      msip_map_insert(&ua->interests, &want->node,
                      hash(ua, form->call_id, form->local_tag)) != 0)
    return msip_because(ua, MSIP_ENOMEM, "out of memory");
  want->listed = true;
  if (o->method == MSIP_SUBSCRIBE)
    want->headers = msip_subscribe_headers(ua, options);
  msip_timer_arm(&ua->wheel, &want->wait,
                 ua->now + 64 * (msip_time)ua->settings->t1);
  return 0;
}

void msip_interest_free(struct msip_outgoing *o)
{
  struct msip_interest *want = o->interest;

  unlist(want);
  msip_bytes_drop(want->event);
  msip_bytes_drop(want->headers);
  msip_pool_give(o->ua->pool, want, sizeof *want);
  o->interest = NULL;
}

bool msip_interest_lingers(const struct msip_outgoing *o)
{
  return o->interest->listed;
}

bool msip_interest_extend(struct msip_interest *want, uint32_t seconds)
{
  if (want->asked == 0 || seconds <= want->asked)
    return false;
  want->asked = seconds;
  return true;
}

static bool is_about(const struct msip_interest *want, const struct msip_msg *m)
{
  struct msip_event_name asked, told;

  if (msip_event_parse(&asked, msip_bytes_str(want->event)) != 0 ||
      msip_event_parse(&told, msip_msg_value(m, MSIP_H_EVENT)) != 0)
    return false;
  /* There is one REFER of this Call-ID: whatever id they give it. */
  if (want->outgoing->method == MSIP_REFER)
    return msip_str_eq(asked.package, told.package);
  return msip_event_equal(&asked, &told);
}

static struct msip_interest *find(struct msip_ua *ua, const struct msip_msg *m)
{
  struct msip_map_node *node =
      msip_map_first(&ua->interests, hash(ua, m->call_id, m->to_tag));

  for (; node; node = msip_map_next(node)) {
    struct msip_interest *want =
        MSIP_CONTAINER(node, struct msip_interest, node);
    const struct msip_dialog *form = want->outgoing->form;

    if (msip_dialog_is(form, m->call_id, m->to_tag, MSIP_STR("")) &&
        is_about(want, m))
      return want;
  }
  return NULL;
}

/* What came of this dialog is over already. */
static bool has_seen(const struct msip_interest *want, struct msip_str remote)
{
  struct msip_ua *ua = want->outgoing->ua;
  uint64_t h = msip_hash(&ua->rand, 0, remote);

  for (unsigned i = 0; i < want->forks && i < MSIP_FORKS_KEPT; i++)
    if (want->seen[i] == h)
      return true;
  return false;
}

/* In this dialog, which is new.  NULL when memory is out. */
static struct msip_subscription *make(struct msip_interest *want,
                                      struct msip_session *s)
{
  struct msip_outgoing *o = want->outgoing;
  struct msip_event_name event;
  struct msip_subscription *sub = NULL;

  if (s && msip_event_parse(&event, msip_bytes_str(want->event)) == 0)
    sub = msip_subscription_new(s, &event, false);
  if (s && !sub)
    msip_session_free(s);
  if (!sub)
    return NULL;
  want->seen[want->forks++ % MSIP_FORKS_KEPT] =
      msip_hash(&o->ua->rand, 0, s->dialog.remote_tag);
  s->dialog.local_seq = o->form->local_seq;
  s->auth = msip_keyring_hold(o->auth);
  s->auth_realm = o->tries.realm;
  sub->asked = want->asked;
  sub->ending = want->asked == 0;
  sub->anonymous = true;
  sub->headers = want->headers ? msip_bytes_hold(want->headers) : NULL;
  sub->expires_at = o->ua->now + (msip_time)want->asked * 1000;
  msip_subscription_set_maker(sub, o);
  return sub;
}

bool msip_interest_notify(struct msip_ua *ua, struct msip_txn *txn,
                          const struct msip_msg *m,
                          const struct msip_facts *facts)
{
  struct msip_interest *want = find(ua, m);
  struct msip_subscription *sub;

  if (!want || has_seen(want, m->from_tag))
    return false;
  if (want->forks >= ua->settings->limit_forks) {
    msip_limit_reached(ua, MSIP_LIMIT_FORKS, m, 481);
    return false;
  }
  if (msip_dialog_contact_of(m).len == 0) {
    msip_refuse(ua, txn, m,
                &(struct msip_refusal){.status = 400,
                                       .reason = MSIP_STR("Missing Contact")});
    return true;
  }
  sub = make(want, msip_carrier_new(ua, m, m->to_tag));
  if (!sub) {
    msip_refuse(ua, txn, m, &(struct msip_refusal){.status = 500});
    return true;
  }
  msip_subscribe_await(sub);
  msip_notify_deliver(sub, txn, m, facts);
  if (sub->state == MSIP_SUBSCRIPTION_INIT) /* it was no use */
    msip_subscription_end(sub, MSIP_STR("no notify"));
  return true;
}

/* The subscription of the dialog that this 2xx names, made now if need be. */
static struct msip_subscription *taken(struct msip_outgoing *o,
                                       const struct msip_msg *response)
{
  struct msip_subscription *sub = msip_outgoing_subscription(o, response);

  if (sub || response->to_tag.len == 0 ||
      has_seen(o->interest, response->to_tag) ||
      msip_session_find_ours(o->ua, response))
    return sub;
  sub = make(o->interest, msip_carrier_new_ours(o, response));
  if (sub)
    msip_subscribe_await(sub);
  return sub;
}

void msip_interest_answered(struct msip_outgoing *o,
                            const struct msip_msg *response)
{
  struct msip_subscription *sub;

  if (!response || response->status >= 300 ||
      (o->method == MSIP_REFER &&
       msip_str_ieq(msip_msg_value(response, MSIP_H_REFER_SUB),
                    MSIP_STR("false")))) {
    unlist(o->interest);
    return;
  }
  sub = taken(o, response);
  if (sub && o->method == MSIP_SUBSCRIBE)
    msip_subscribe_granted(sub, response);
}
