#include "ua/subscription.h"

#include "message/event.h"
#include "ua/interest.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/subscription_in.h"

/* Nobody renews what a REFER made: the notifier has time to say its end. */
enum { GRACE_MS = 32000 };

static void free_dead(struct msip_dead *dead)
{
  msip_subscription_free(MSIP_CONTAINER(dead, struct msip_subscription, sweep));
}

static bool keep_names(struct msip_subscription *sub,
                       const struct msip_event_name *event)
{
  sub->text_len = event->package.len + event->id.len;
  sub->text = msip_pool_take(sub->ua->pool, sub->text_len);
  if (!sub->text)
    return false;
  memcpy(sub->text, event->package.at, event->package.len);
  if (event->id.len)
    memcpy(sub->text + event->package.len, event->id.at, event->id.len);
  sub->package = msip_str_of(sub->text, event->package.len);
  sub->id = msip_str_of(sub->text + event->package.len, event->id.len);
  return true;
}

/* A notifier's interval is over; a subscriber renews it first. */
static void interval_fired(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_subscription *sub =
      MSIP_CONTAINER(timer, struct msip_subscription, timer);

  (void)arg;
  if (sub->notifier)
    msip_notify_last(sub, MSIP_STR("timeout"));
  else
    msip_subscribe_due(sub, now);
}

static void wait_fired(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_subscription *sub =
      MSIP_CONTAINER(timer, struct msip_subscription, wait);

  (void)arg;
  (void)now;
  msip_subscription_end(sub, sub->ending ? MSIP_STR("unsubscribed")
                                         : MSIP_STR("no notify"));
}

struct msip_subscription *
msip_subscription_new(struct msip_session *carrier,
                      const struct msip_event_name *event, bool notifier)
{
  struct msip_ua *ua = carrier->ua;
  struct msip_subscription *sub = msip_pool_zero(ua->pool, sizeof *sub);

  if (!sub)
    return NULL;
  sub->ua = ua;
  if (!keep_names(sub, event)) {
    msip_pool_give(ua->pool, sub, sizeof *sub);
    return NULL;
  }
  sub->session = carrier;
  sub->notifier = notifier;
  sub->refer = msip_str_eq(sub->package, MSIP_STR("refer"));
  sub->sweep.free = free_dead;
  msip_list_init(&sub->sweep.node);
  msip_list_init(&sub->made);
  msip_timer_init(&sub->timer, interval_fired);
  msip_timer_init(&sub->wait, wait_fired);
  msip_list_add(&carrier->subscriptions, &sub->node);
  carrier->refs++;
  ua->census.subscriptions++;
  return sub;
}

static void stop(struct msip_subscription *sub)
{
  msip_timer_stop(&sub->ua->wheel, &sub->timer);
  msip_timer_stop(&sub->ua->wheel, &sub->wait);
}

void msip_subscription_undo(struct msip_subscription *sub)
{
  struct msip_session *s = sub->session;

  msip_subscription_free(sub);
  if (s->bare && !msip_session_has_subscriptions(s))
    msip_session_unlist(s);
}

void msip_subscription_free(struct msip_subscription *sub)
{
  struct msip_ua *ua = sub->ua;

  if (sub->box && ua->on_release)
    ua->on_release(ua->arg, sub->box);
  stop(sub);
  msip_list_del(&sub->node);
  msip_list_del(&sub->sweep.node);
  msip_list_del(&sub->made);
  msip_bytes_drop(sub->body);
  msip_bytes_drop(sub->type);
  msip_bytes_drop(sub->headers);
  msip_pool_give(ua->pool, sub->text, sub->text_len);
  ua->census.subscriptions--;
  msip_session_unref(sub->session);
  msip_pool_give(ua->pool, sub, sizeof *sub);
}

static void maybe_dead(struct msip_subscription *sub)
{
  if (sub->dead || sub->refs > 0 || !sub->over)
    return;
  sub->dead = true;
  msip_list_add(&sub->ua->dead, &sub->sweep.node);
}

void msip_subscription_unref(struct msip_subscription *sub)
{
  sub->refs--;
  maybe_dead(sub);
}

void msip_subscription_close(struct msip_subscription *sub)
{
  if (sub->over)
    return;
  sub->over = true;
  msip_session_maybe_unlist(sub->session);
  maybe_dead(sub);
}

void msip_subscription_end(struct msip_subscription *sub,
                           struct msip_str reason)
{
  size_t len =
      reason.len < sizeof sub->reason ? reason.len : sizeof sub->reason - 1;

  if (sub->state != MSIP_SUBSCRIPTION_TERMINATED) {
    sub->state = MSIP_SUBSCRIPTION_TERMINATED;
    sub->due = false;
    memcpy(sub->reason, reason.at, len);
    stop(sub);
    if (sub->told)
      msip_outbox_push(sub->ua,
                       &(struct msip_event){.kind = MSIP_EV_SUBSCRIPTION_OVER,
                                            .subscription = sub,
                                            .reason = sub->reason});
  }
  if (!sub->notifier || (!sub->busy && sub->queued == 0))
    msip_subscription_close(sub);
}

void msip_subscription_set_expires(struct msip_subscription *sub,
                                   uint32_t seconds)
{
  msip_time ms = (msip_time)seconds * 1000;

  sub->expires_at = sub->ua->now + ms;
  if (!sub->notifier)
    ms = sub->refer ? ms + GRACE_MS : msip_subscribe_renewal(seconds);
  msip_timer_arm(&sub->ua->wheel, &sub->timer, sub->ua->now + ms);
}

/* RFC 6665 8.2.1.  RFC 3515 2.4.6: NOTIFYs about the first REFER of a dialog
 * may leave its id out. */
static bool is_about(const struct msip_subscription *sub,
                     const struct msip_event_name *event)
{
  uint32_t cseq;

  if (!msip_str_eq(sub->package, event->package))
    return false;
  if (!sub->refer)
    return msip_str_eq(sub->id, event->id);
  if (event->id.len == 0)
    return sub->anonymous;
  return msip_str_u32(event->id, UINT32_MAX, &cseq) == 0 &&
         cseq == msip_subscription_cseq(sub);
}

uint32_t msip_subscription_cseq(const struct msip_subscription *sub)
{
  return sub->maker ? sub->maker->cseq : sub->cseq;
}

struct msip_subscription *msip_subscription_find(const struct msip_session *s,
                                                 const struct msip_msg *m,
                                                 bool notifier)
{
  const struct msip_link_node *at;
  struct msip_event_name event;

  if (msip_event_parse(&event, msip_msg_value(m, MSIP_H_EVENT)) != 0)
    return NULL;
  for (at = s->subscriptions.next; at != &s->subscriptions; at = at->next) {
    struct msip_subscription *sub =
        MSIP_CONTAINER(at, struct msip_subscription, node);

    if (sub->notifier == notifier &&
        sub->state != MSIP_SUBSCRIPTION_TERMINATED && is_about(sub, &event))
      return sub;
  }
  return NULL;
}

bool msip_session_has_subscriptions(const struct msip_session *s)
{
  const struct msip_link_node *at;

  for (at = s->subscriptions.next; at != &s->subscriptions; at = at->next)
    if (!MSIP_CONTAINER(at, struct msip_subscription, node)->over)
      return true;
  return false;
}

void msip_subscription_follow(struct msip_subscription *sub,
                              const struct msip_msg *m)
{
  struct msip_session *s = sub->session;

  if (m->cseq < s->dialog.target_seq)
    return;
  s->dialog.target_seq = m->cseq;
  msip_session_retarget(s, m, s->peer_updates);
}

void msip_subscription_set_maker(struct msip_subscription *sub,
                                 struct msip_outgoing *o)
{
  sub->maker = o;
  msip_list_add(&o->makes, &sub->made);
}

void msip_subscription_leave(struct msip_outgoing *o)
{
  struct msip_link_node *node;

  while ((node = msip_list_take(&o->makes))) {
    struct msip_subscription *sub =
        MSIP_CONTAINER(node, struct msip_subscription, made);

    sub->cseq = o->cseq;
    sub->maker = NULL;
  }
  if (o->interest)
    msip_interest_free(o);
  if (o->subscription)
    msip_subscription_unref(o->subscription);
  o->subscription = NULL;
}

void msip_subscription_answered(struct msip_outgoing *o,
                                const struct msip_msg *response, int err)
{
  struct msip_subscription *sub = o->subscription;

  if (o->interest)
    msip_interest_answered(o, response);
  if (!sub || sub->busy != o) /* it was never sent */
    return;
  sub->busy = NULL;
  if (sub->notifier)
    msip_notify_answered(sub, response, err);
  else
    msip_subscribe_answered(sub, o, response, err);
}

void msip_subscription_dispose(struct msip_subscription *sub)
{
  sub->again = (struct msip_seconds){false, 0};
  msip_notify_stop(sub);
  msip_subscription_end(sub, MSIP_STR("disposed"));
  msip_subscription_close(sub);
}
