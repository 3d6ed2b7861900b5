#include "ua/ua.h"

#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"
#include "ua/subscription_in.h"

static void transaction_ack(void *arg, struct msip_txn *t,
                            const struct msip_msg *ack)
{
  struct msip_session *session = msip_session_find(arg, ack);

  (void)t;
  if (session)
    msip_ack_arrived(session, ack);
}

/* Timer H, or a response that could not be sent. */
static void server_failed(struct msip_ua *ua, struct msip_request *r, int err)
{
  ua->counters.transport_errors += err == MSIP_ETRANSPORT;
  if (r && !r->dead)
    msip_outbox_push(ua, &(struct msip_event){.kind = MSIP_EV_TRANSPORT_ERROR,
                                              .err = err,
                                              .request = r,
                                              .session = r->session});
}

static void transaction_failure(void *arg, struct msip_txn *t, int err)
{
  enum msip_txn_kind kind = msip_txn_kind(t);

  if (kind == MSIP_IST || kind == MSIP_NIST)
    server_failed(arg, msip_txn_user(t), err);
  else if (msip_txn_user(t))
    msip_outgoing_lost(msip_txn_user(t), err);
}

static void transaction_gone(void *arg, struct msip_txn *t)
{
  enum msip_txn_kind kind = msip_txn_kind(t);
  void *user = msip_txn_user(t);

  (void)arg;
  if (!user)
    return;
  if (kind == MSIP_ICT || kind == MSIP_NICT) {
    struct msip_outgoing *o = user;

    o->txn = NULL;
    if (o->ended)
      msip_outgoing_end(o);
    else /* what came was of no use */
      msip_outgoing_failure(o, MSIP_EGONE);
  } else {
    struct msip_request *r = user;

    r->txn = NULL;
    if (!r->invite || !r->invite->ack_wait)
      msip_request_end(r);
  }
}

static bool start(struct msip_ua *ua)
{
  const struct msip_settings *s = ua->settings;
  struct msip_txns_config txns = {
      .pool = ua->pool,
      .wheel = &ua->wheel,
      .rand = &ua->rand,
      .link = ua->link,
      .timers = {s->t1, s->t2, s->t4},
      .max = s->limit_transactions,
      .user = {.arg = ua,
               .on_ack = transaction_ack,
               .on_response = msip_outgoing_response,
               .on_failure = transaction_failure,
               .on_gone = transaction_gone},
  };

  ua->rows = msip_pool_take(ua->pool, MSIP_MSG_HEADERS_MAX * sizeof *ua->rows);
  ua->txns = msip_txns_new(&txns);
  return ua->rows && ua->txns;
}

struct msip_ua *msip_ua_new(const struct msip_ua_config *config)
{
  struct msip_ua *ua = msip_pool_zero(config->pool, sizeof *ua);

  if (!ua)
    return NULL;
  ua->pool = config->pool;
  ua->settings = config->settings;
  ua->link = config->link;
  ua->log = config->log;
  ua->now = config->now;
  ua->arg = config->arg;
  ua->on_release = config->on_release;
  ua->why = "";
  msip_rand_init(&ua->rand, config->key);
  msip_wheel_init(&ua->wheel, config->now);
  msip_map_init(&ua->dialogs, ua->pool);
  msip_map_init(&ua->interests, ua->pool);
  msip_list_init(&ua->sessions);
  msip_list_init(&ua->requests);
  msip_list_init(&ua->outgoing);
  msip_list_init(&ua->dead);
  if (!start(ua)) {
    msip_ua_free(ua);
    return NULL;
  }
  msip_ua_settings_changed(ua);
  return ua;
}

static void drop_events(struct msip_ua *ua)
{
  struct msip_event event;

  while (msip_ua_next_event(ua, &event))
    msip_msg_drop(event.message);
}

void msip_ua_free(struct msip_ua *ua)
{
  if (!ua)
    return;
  drop_events(ua);
  if (ua->txns)
    msip_txns_free(ua->txns);
  while (!msip_list_empty(&ua->requests))
    msip_request_free(
        MSIP_CONTAINER(ua->requests.next, struct msip_request, node));
  while (!msip_list_empty(&ua->outgoing))
    msip_outgoing_free(
        MSIP_CONTAINER(ua->outgoing.next, struct msip_outgoing, node));
  while (!msip_list_empty(&ua->sessions)) {
    struct msip_session *s =
        MSIP_CONTAINER(ua->sessions.next, struct msip_session, node);

    while (!msip_list_empty(&s->requests))
      msip_request_free(
          MSIP_CONTAINER(s->requests.next, struct msip_request, node));
    while (!msip_list_empty(&s->subscriptions))
      msip_subscription_free(MSIP_CONTAINER(s->subscriptions.next,
                                            struct msip_subscription, node));
    msip_session_free(s);
  }
  msip_map_fini(&ua->dialogs);
  msip_map_fini(&ua->interests);
  msip_pool_give(ua->pool, ua->outbox.ring,
                 ua->outbox.room * sizeof *ua->outbox.ring);
  msip_pool_give(ua->pool, ua->rows, MSIP_MSG_HEADERS_MAX * sizeof *ua->rows);
  msip_rate_free(ua);
  msip_keyrings_free(ua);
  msip_pool_give(ua->pool, ua, sizeof *ua);
}

void msip_ua_advance(struct msip_ua *ua, msip_time now)
{
  struct msip_timer *timer;

  ua->now = now;
  while ((timer = msip_wheel_pop(&ua->wheel, now)))
    timer->fire(timer, ua, now);
}

msip_time msip_ua_deadline(const struct msip_ua *ua)
{
  return ua->outbox.count ? ua->now : msip_wheel_next(&ua->wheel);
}

/* Sessions last: dead requests and outgoing requests let go of theirs. */
void msip_ua_sweep(struct msip_ua *ua)
{
  if (ua->outbox.count > 0)
    return;
  while (!msip_list_empty(&ua->dead)) {
    struct msip_dead *dead =
        MSIP_CONTAINER(ua->dead.next, struct msip_dead, node);

    msip_list_del(&dead->node);
    dead->free(dead);
  }
}

msip_time msip_ua_now(const struct msip_ua *ua)
{
  return ua->now;
}

void msip_ua_set_draining(struct msip_ua *ua, bool draining)
{
  ua->draining = draining;
  if (draining)
    msip_subscriptions_drain(ua);
}

bool msip_ua_is_draining(const struct msip_ua *ua)
{
  return ua->draining;
}

/* What was answered stays for repeats of its answer, and an INVITE of ours for
 * repeats of its 2xx: nobody waits for those. */
static bool is_awaiting(const struct msip_ua *ua)
{
  const struct msip_link_node *at;

  for (at = ua->requests.next; at != &ua->requests; at = at->next)
    if (!MSIP_CONTAINER(at, struct msip_request, node)->answered)
      return true;
  for (at = ua->outgoing.next; at != &ua->outgoing; at = at->next)
    if (!MSIP_CONTAINER(at, struct msip_outgoing, node)->done)
      return true;
  return false;
}

bool msip_ua_is_idle(const struct msip_ua *ua)
{
  return ua->census.sessions == 0 && !is_awaiting(ua);
}

void *msip_ua_arg(const struct msip_ua *ua)
{
  return ua->arg;
}

struct msip_pool *msip_ua_pool(const struct msip_ua *ua)
{
  return ua->pool;
}

struct msip_counters *msip_ua_counters(struct msip_ua *ua)
{
  return &ua->counters;
}

uint64_t msip_ua_random(struct msip_ua *ua)
{
  return msip_rand_u64(&ua->rand);
}

const char *msip_ua_why(const struct msip_ua *ua)
{
  return ua->why;
}

struct msip_census msip_ua_census(const struct msip_ua *ua)
{
  struct msip_census census = ua->census;

  census.dialogs = ua->dialogs.count;
  census.transactions = msip_txns_count(ua->txns);
  census.timers = ua->wheel.count;
  census.pool_bytes = ua->pool->live_bytes;
  return census;
}

struct msip_session *msip_ua_next_session(const struct msip_ua *ua,
                                          struct msip_session *after)
{
  const struct msip_link_node *next =
      after ? after->node.next : ua->sessions.next;

  for (; next != &ua->sessions; next = next->next) {
    struct msip_session *s = MSIP_CONTAINER(next, struct msip_session, node);

    if (!s->bare)
      return s;
  }
  return NULL;
}
