/* SUBSCRIBE and REFER that arrive, up to their 2xx (RFC 6665 4.2.1,
 * RFC 3515 2.4.2). */
#include "message/delta.h"
#include "message/event.h"
#include "ua/request_in.h"
#include "ua/subscription_in.h"
#include "uri/nameaddr.h"

enum { USUAL_SECONDS = 3600, REFER_SECONDS = 180 };

static bool refuse(struct msip_refusal *refusal, unsigned status,
                   const char *why)
{
  *refusal = (struct msip_refusal){.status = status, .reason = msip_str_c(why)};
  return false;
}

static bool check_event(const struct msip_msg *m, struct msip_refusal *refusal)
{
  struct msip_event_name event;
  uint32_t seconds;

  if (!msip_msg_has(m, MSIP_H_EVENT))
    return refuse(refusal, 489, NULL);
  if (msip_event_parse(&event, msip_msg_value(m, MSIP_H_EVENT)) != 0)
    return refuse(refusal, 400, "Malformed Event");
  if (msip_msg_has(m, MSIP_H_EXPIRES) &&
      msip_delta_parse(&seconds, msip_msg_value(m, MSIP_H_EXPIRES)) != 0)
    return refuse(refusal, 400, "Malformed Expires");
  return true;
}

/* RFC 3515 2.4.2: exactly one. */
static bool check_refer_to(const struct msip_msg *m,
                           struct msip_refusal *refusal)
{
  const struct msip_header *row = msip_msg_row(m, MSIP_H_REFER_TO);
  struct msip_nameaddr target;

  if (!row)
    return refuse(refusal, 400, "Missing Refer-To");
  if (msip_msg_next_row(m, row))
    return refuse(refusal, 400, "More Than One Refer-To");
  if (msip_nameaddr_parse(&target, msip_row_value(m, row), NULL) != 0)
    return refuse(refusal, 400, "Malformed Refer-To");
  return true;
}

bool msip_subscribe_screen(struct msip_ua *ua, const struct msip_msg *m,
                           struct msip_refusal *refusal)
{
  if (m->method == MSIP_SUBSCRIBE)
    return check_event(m, refusal);
  /* Where REFER is not served at all, 405 says more. */
  if (m->to_tag.len == 0 && !(ua->served & 1u << MSIP_REFER))
    return true;
  return check_refer_to(m, refusal);
}

void msip_subscribe_arrived(struct msip_request *r)
{
  r->subscription = msip_subscription_find(r->session, r->message, true);
  if (r->subscription)
    r->subscription->refs++;
}

static struct msip_seconds asked(const struct msip_msg *m)
{
  struct msip_seconds seconds = {false, 0};

  seconds.given =
      msip_msg_has(m, MSIP_H_EXPIRES) &&
      msip_delta_parse(&seconds.n, msip_msg_value(m, MSIP_H_EXPIRES)) == 0;
  return seconds;
}

/* RFC 4488: they want no subscription, and we need none either. */
static bool does_without(const struct msip_request *r)
{
  return r->message->method == MSIP_REFER &&
         msip_str_ieq(msip_msg_value(r->message, MSIP_H_REFER_SUB),
                      MSIP_STR("false"));
}

static uint32_t grant(const struct msip_request *r,
                      const struct msip_reply *reply)
{
  uint32_t usual = r->message->method == MSIP_REFER ? REFER_SECONDS
                   : r->subscription                ? r->subscription->asked
                                                    : USUAL_SECONDS;

  return msip_subscribe_grant(asked(r->message), reply->expires, usual);
}

static void name_refer(struct msip_subscription *sub,
                       const struct msip_request *r)
{
  const struct msip_link_node *at = &sub->session->subscriptions;

  sub->cseq = r->message->cseq;
  sub->anonymous = true;
  while ((at = at->next) != &sub->node) {
    const struct msip_subscription *other =
        MSIP_CONTAINER(at, struct msip_subscription, node);

    if (other->refer && other->notifier)
      sub->anonymous = false;
  }
}

/* In the dialog it came in, or in one of its own. */
static struct msip_subscription *make(struct msip_request *r)
{
  struct msip_event_name event = {MSIP_STR("refer"), MSIP_STR(""),
                                  MSIP_STR("")};
  struct msip_session *carrier = r->session;
  struct msip_subscription *sub;

  if (r->message->method == MSIP_SUBSCRIBE)
    msip_event_parse(&event, msip_msg_value(r->message, MSIP_H_EVENT));
  if (!carrier)
    carrier = msip_carrier_new(r->ua, r->message, msip_request_tag(r));
  if (!carrier)
    return NULL;
  sub = msip_subscription_new(carrier, &event, true);
  if (!sub && !r->session)
    msip_session_free(carrier);
  if (sub && sub->refer)
    name_refer(sub, r);
  return sub;
}

static int check(struct msip_request *r, const struct msip_reply *reply)
{
  struct msip_ua *ua = r->ua;

  if (r->session && r->session->state == MSIP_SESSION_TERMINATED &&
      !r->session->bare && !r->subscription)
    return msip_because(ua, MSIP_EGONE, "the call is over");
  if (r->subscription && r->subscription->state == MSIP_SUBSCRIPTION_TERMINATED)
    return msip_because(ua, MSIP_EGONE, "the subscription is over");
  if (r->message->method == MSIP_SUBSCRIBE && reply->status > 200)
    return msip_because(ua, MSIP_EINVALID,
                        "a SUBSCRIBE is accepted with 200 (RFC 6665 8.3.1)");
  return 0;
}

/* The 2xx is out. */
static void commit(struct msip_request *r, struct msip_subscription *sub,
                   uint32_t seconds)
{
  if (!r->subscription) {
    r->subscription = sub;
    sub->refs++;
  }
  msip_subscription_follow(sub, r->message);
  sub->asked = seconds;
  sub->ending = seconds == 0;
  sub->due = true;
  msip_subscription_set_expires(sub, seconds);
  if (sub->ending) /* the NOTIFY that is due ends it */
    msip_timer_stop(&sub->ua->wheel, &sub->timer);
  if (!msip_outbox_push(sub->ua,
                        &(struct msip_event){.kind = MSIP_EV_NOTIFY_DUE,
                                             .subscription = sub}))
    msip_subscription_notify_default(sub);
}

/* Without a subscription: "Refer-Sub: false" says so. */
static int answer(struct msip_request *r, const struct msip_reply *reply,
                  struct msip_subscription *sub, uint32_t seconds,
                  struct msip_bytes **bytes)
{
  bool refer = r->message->method == MSIP_REFER;
  struct msip_draft draft = {.reply = reply,
                             .status = reply->status ? reply->status
                                       : refer       ? 202
                                                     : 200,
                             .dialog = sub != NULL,
                             .expires = {sub != NULL && !refer, seconds},
                             .no_subscription = sub == NULL};

  *bytes = msip_reply_build(r, &draft);
  return msip_request_respond(r, draft.status, *bytes);
}

int msip_subscribe_accept(struct msip_request *r,
                          const struct msip_reply *reply,
                          struct msip_bytes **sent)
{
  struct msip_subscription *sub = r->subscription;
  uint32_t seconds = grant(r, reply);
  bool quiet = does_without(r);
  struct msip_bytes *bytes;
  int err = check(r, reply);

  if (err)
    return err;
  if (!sub && !quiet) {
    sub = make(r);
    if (!sub)
      return msip_because(r->ua, MSIP_ENOMEM, "out of memory");
  }
  err = answer(r, reply, sub, seconds, &bytes);
  if (err) {
    if (sub && !r->subscription)
      msip_subscription_undo(sub);
    return err;
  }
  if (sub)
    commit(r, sub, seconds);
  msip_request_answered(r);
  msip_request_hand_over(bytes, sent);
  msip_request_end(r);
  return 0;
}
