/* SUBSCRIBE of ours in a dialog: renewing a subscription and ending it
 * (RFC 6665 4.1.2). */
#include "message/build.h"
#include "message/delta.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/subscription.h"
#include "ua/subscription_in.h"

enum {
  TAIL_MAX = 65535,
  VALUE_MAX = 512,
  RETRY_MS = 5000,
  USUAL_SECONDS = 3600,
  REFER_SECONDS = 180,
};

void msip_subscription_build_event(struct msip_buf *buf,
                                   const struct msip_subscription *sub)
{
  struct msip_buf value;

  msip_buf_init(&value, buf->pool, VALUE_MAX);
  msip_buf_add(&value, sub->package);
  if (sub->refer && !(sub->notifier && sub->anonymous)) {
    msip_buf_lit(&value, ";id=");
    msip_buf_u64(&value, msip_subscription_cseq(sub));
  } else if (sub->id.len) {
    msip_buf_lit(&value, ";id=");
    msip_buf_add(&value, sub->id);
  }
  msip_build_header(buf, MSIP_H_EVENT, msip_buf_str(&value));
  msip_buf_fini(&value);
}

static struct msip_bytes *build(const struct msip_subscription *sub,
                                const struct msip_reply *options,
                                uint32_t seconds)
{
  struct msip_ua *ua = sub->ua;
  struct msip_str agent = msip_str_c(ua->settings->user_agent);
  struct msip_str none = MSIP_STR("");
  bool body = options->body_kind == MSIP_REPLY_BODY_GIVEN && options->body.len;
  struct msip_buf buf;

  msip_buf_init(&buf, ua->pool, TAIL_MAX);
  if (!msip_reply_has(options, MSIP_STR("Contact")))
    msip_build_contact(ua, &buf, &sub->session->flow);
  msip_subscription_build_event(&buf, sub);
  msip_build_number(&buf, MSIP_H_EXPIRES, seconds);
  if (sub->headers)
    msip_buf_add(&buf, msip_bytes_str(sub->headers));
  if (agent.len && !msip_reply_has(options, MSIP_STR("User-Agent")))
    msip_build_header(&buf, MSIP_H_USER_AGENT, agent);
  msip_reply_headers(&buf, options);
  msip_build_body(&buf, body ? options->content_type : none,
                  body ? options->disposition : none,
                  body ? options->body : none);
  return msip_bytes_take(&buf);
}

static int check(struct msip_subscription *sub,
                 const struct msip_reply *options)
{
  struct msip_ua *ua = sub->ua;

  if (sub->notifier)
    return msip_because(ua, MSIP_ESTATE, "the other side subscribed");
  if (sub->state == MSIP_SUBSCRIPTION_TERMINATED || sub->ending)
    return msip_because(ua, MSIP_EGONE, "the subscription is over");
  if (sub->busy)
    return msip_because(ua, MSIP_EPENDING, "a SUBSCRIBE is under way");
  if (options->body_kind == MSIP_REPLY_BODY_GIVEN &&
      options->content_type.len == 0)
    return msip_because(ua, MSIP_EINVALID, "body: content_type is needed");
  if (msip_reply_has(options, MSIP_STR("Event")) ||
      msip_reply_has(options, MSIP_STR("Expires")))
    return msip_because(
        ua, MSIP_EINVALID,
        "extra_headers: the engine writes Event and Expires by itself");
  return msip_reply_check(ua, options, 0, 0);
}

void msip_subscribe_await(struct msip_subscription *sub)
{
  msip_timer_arm(&sub->ua->wheel, &sub->wait,
                 sub->ua->now + 64 * (msip_time)sub->ua->settings->t1);
}

static int send(struct msip_subscription *sub, const struct msip_reply *options,
                uint32_t seconds, struct msip_outgoing **out)
{
  struct msip_outgoing *o =
      msip_outgoing_new(sub->ua, sub->session, MSIP_SUBSCRIBE);

  if (!o)
    return MSIP_ENOMEM;
  o->own = !out;
  o->tail = build(sub, options, seconds);
  if (!o->tail || msip_outgoing_send(o) != 0) {
    msip_outgoing_end(o);
    return MSIP_ENOMEM;
  }
  o->subscription = sub;
  sub->refs++;
  sub->busy = o;
  sub->ending = seconds == 0;
  msip_subscribe_await(sub);
  if (out)
    *out = o;
  return 0;
}

int msip_subscription_refresh(struct msip_subscription *sub,
                              const struct msip_reply *options,
                              struct msip_seconds expires,
                              struct msip_outgoing **out)
{
  static const struct msip_reply plain;
  int err = check(sub, options ? options : &plain);

  if (err)
    return err;
  if (expires.given && expires.n)
    sub->asked = expires.n;
  if (send(sub, options ? options : &plain,
           expires.given ? expires.n : sub->asked, out) == 0)
    return 0;
  return msip_because(sub->ua, MSIP_ENOMEM, "out of memory");
}

void msip_subscribe_due(struct msip_subscription *sub, msip_time now)
{
  if (now >= sub->expires_at) {
    sub->again = (struct msip_seconds){true, 0};
    msip_subscription_end(sub, MSIP_STR("expired"));
    return;
  }
  msip_timer_arm(&sub->ua->wheel, &sub->timer, sub->expires_at);
  if (!sub->ending)
    msip_subscription_refresh(sub, NULL, (struct msip_seconds){false, 0}, NULL);
}

void msip_subscribe_granted(struct msip_subscription *sub,
                            const struct msip_msg *response)
{
  uint32_t seconds = sub->asked, said;

  if (msip_msg_has(response, MSIP_H_EXPIRES) &&
      msip_delta_parse(&said, msip_msg_value(response, MSIP_H_EXPIRES)) == 0 &&
      said < seconds)
    seconds = said;
  if (sub->ending)
    return; /* the last NOTIFY is to come */
  if (seconds > 0) {
    msip_subscription_set_expires(sub, seconds);
    return;
  }
  sub->ending = true; /* they end it */
  msip_timer_stop(&sub->ua->wheel, &sub->timer);
  msip_subscribe_await(sub);
}

/* The first is on_accept's. */
static void report(struct msip_subscription *sub, const struct msip_outgoing *o,
                   const struct msip_msg *response)
{
  struct msip_msg *kept;

  if (sub->maker == o)
    return;
  kept = sub->told ? msip_msg_keep(sub->ua->pool, response) : NULL;
  if (kept)
    msip_outbox_push(sub->ua, &(struct msip_event){.kind = MSIP_EV_REFRESHED,
                                                   .subscription = sub,
                                                   .message = kept});
}

/* 21.4.17: what they want at least.  True when it is asked for again. */
static bool longer(struct msip_subscription *sub,
                   const struct msip_msg *response)
{
  uint32_t least;

  if (response->status != 423 || sub->ending ||
      msip_delta_parse(&least, msip_msg_value(response, MSIP_H_MIN_EXPIRES)) !=
          0 ||
      least <= sub->asked)
    return false;
  return msip_subscription_refresh(
             sub, NULL, (struct msip_seconds){true, least}, NULL) == 0;
}

/* 4.1.2.2: it lives on to the end of its interval; meanwhile, again. */
static void try_later(struct msip_subscription *sub)
{
  msip_time now = sub->ua->now, half;

  msip_timer_stop(&sub->ua->wheel, &sub->wait);
  half = sub->expires_at > now ? (sub->expires_at - now) / 2 : 0;
  msip_timer_arm(&sub->ua->wheel, &sub->timer,
                 half < RETRY_MS ? sub->expires_at : now + half);
}

/* RFC 4488: it is granted that there is no subscription. */
static bool is_without(const struct msip_outgoing *o,
                       const struct msip_msg *response)
{
  return o->method == MSIP_REFER &&
         msip_str_ieq(msip_msg_value(response, MSIP_H_REFER_SUB),
                      MSIP_STR("false"));
}

/* It never was: nobody hears of its end. */
static void vanish(struct msip_subscription *sub)
{
  sub->told = false;
  msip_subscription_end(sub, MSIP_STR("refused"));
}

void msip_subscribe_answered(struct msip_subscription *sub,
                             struct msip_outgoing *o,
                             const struct msip_msg *response, int err)
{
  bool first = sub->maker == o;

  (void)err;
  if (sub->state == MSIP_SUBSCRIPTION_TERMINATED)
    return;
  if (response && response->status < 300) {
    if (is_without(o, response))
      vanish(sub);
    else if (o->method == MSIP_SUBSCRIBE)
      msip_subscribe_granted(sub, response);
    report(sub, o, response);
  } else if (first && sub->state == MSIP_SUBSCRIPTION_INIT) {
    vanish(sub);
  } else if (sub->ending) {
    msip_subscription_end(sub, MSIP_STR("unsubscribed"));
  } else if (response && msip_subscribe_ends(response->status)) {
    sub->again = (struct msip_seconds){true, 0};
    msip_subscription_end(sub, MSIP_STR("refused"));
  } else if (!response || !longer(sub, response)) {
    try_later(sub);
  }
}

int msip_subscribe_read(struct msip_ua *ua, enum msip_method method,
                        const struct msip_reply *options,
                        struct msip_event_name *event, uint32_t *seconds)
{
  struct msip_str expires = msip_reply_value(options, MSIP_STR("Expires"));

  *event =
      (struct msip_event_name){MSIP_STR("refer"), MSIP_STR(""), MSIP_STR("")};
  *seconds = REFER_SECONDS;
  if (method == MSIP_REFER)
    return msip_reply_has(options, MSIP_STR("Refer-To"))
               ? 0
               : msip_because(ua, MSIP_EINVALID, "refer_to: missing");
  *seconds = USUAL_SECONDS;
  if (msip_event_parse(event, msip_reply_value(options, MSIP_STR("Event"))))
    return msip_because(ua, MSIP_EINVALID, "event: missing or malformed");
  if (expires.len && msip_delta_parse(seconds, expires) != 0)
    return msip_because(ua, MSIP_EINVALID, "expires: no number of seconds");
  return 0;
}

struct msip_bytes *msip_subscribe_headers(struct msip_ua *ua,
                                          const struct msip_reply *options)
{
  struct msip_str value, name;
  struct msip_buf buf;

  msip_buf_init(&buf, ua->pool, TAIL_MAX);
  for (unsigned i = 0; i < options->header_count; i++) {
    name = msip_reply_line(options->headers[i], &value);
    if (msip_header_of(name) != MSIP_H_EVENT &&
        msip_header_of(name) != MSIP_H_EXPIRES)
      msip_build_named(&buf, name, value);
  }
  return msip_bytes_take(&buf);
}

/* NOTIFYs about the first REFER of a dialog need not name it. */
static bool is_first_refer(const struct msip_subscription *sub)
{
  const struct msip_link_node *at = sub->session->subscriptions.next;

  for (; at != &sub->node; at = at->next) {
    const struct msip_subscription *other =
        MSIP_CONTAINER(at, struct msip_subscription, node);

    if (other->refer && !other->notifier && !other->over)
      return false;
  }
  return sub->refer;
}

int msip_subscription_begin(struct msip_outgoing *o,
                            const struct msip_reply *options)
{
  struct msip_event_name event;
  struct msip_subscription *sub;
  uint32_t seconds;
  int err = msip_subscribe_read(o->ua, o->method, options, &event, &seconds);

  if (err)
    return err;
  sub = msip_subscription_new(o->session, &event, false);
  if (!sub)
    return msip_because(o->ua, MSIP_ENOMEM, "out of memory");
  sub->asked = seconds;
  sub->ending = seconds == 0;
  sub->expires_at = o->ua->now + (msip_time)seconds * 1000;
  sub->anonymous = is_first_refer(sub);
  if (o->method == MSIP_SUBSCRIBE)
    sub->headers = msip_subscribe_headers(o->ua, options);
  msip_subscription_set_maker(sub, o);
  o->subscription = sub;
  sub->refs++;
  sub->busy = o;
  msip_subscribe_await(sub);
  return 0;
}
