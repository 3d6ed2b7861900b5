/* NOTIFYs of ours: one at a time, each with the state at its writing
 * (RFC 6665 4.2.2). */
#include "message/build.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/subscription.h"
#include "ua/subscription_in.h"

enum { TAIL_MAX = 65535, VALUE_MAX = 512, FRAGMENT_MAX = 128 };

static const struct msip_str sipfrag =
    MSIP_STR_INIT("message/sipfrag;version=2.0");

/* A notice with everything decided. */
struct letter {
  const struct msip_reply *options;
  enum msip_subscription_state state;
  struct msip_str reason;
  struct msip_seconds retry_after;
  struct msip_str body, type;
};

static void build_state(struct msip_buf *buf,
                        const struct msip_subscription *sub,
                        const struct letter *letter)
{
  struct msip_buf value;

  msip_buf_init(&value, buf->pool, VALUE_MAX);
  msip_buf_add(&value, msip_str_c(msip_subscription_state_name(letter->state)));
  if (letter->state != MSIP_SUBSCRIPTION_TERMINATED) {
    msip_buf_lit(&value, ";expires=");
    msip_buf_u64(&value, msip_subscription_expires(sub));
  } else {
    msip_buf_lit(&value, ";reason=");
    msip_buf_add(&value, letter->reason);
    if (letter->retry_after.given) {
      msip_buf_lit(&value, ";retry-after=");
      msip_buf_u64(&value, letter->retry_after.n);
    }
  }
  msip_build_header(buf, MSIP_H_SUBSCRIPTION_STATE, msip_buf_str(&value));
  msip_buf_fini(&value);
}

static struct msip_bytes *build(const struct msip_subscription *sub,
                                const struct letter *letter)
{
  const struct msip_reply *options = letter->options;
  struct msip_ua *ua = sub->ua;
  struct msip_str agent = msip_str_c(ua->settings->user_agent);
  struct msip_str none = MSIP_STR("");
  struct msip_buf buf;

  msip_buf_init(&buf, ua->pool, TAIL_MAX);
  if (!msip_reply_has(options, MSIP_STR("Contact")))
    msip_build_contact(ua, &buf, &sub->session->flow);
  msip_subscription_build_event(&buf, sub);
  build_state(&buf, sub, letter);
  if (agent.len && !msip_reply_has(options, MSIP_STR("User-Agent")))
    msip_build_header(&buf, MSIP_H_USER_AGENT, agent);
  msip_reply_headers(&buf, options);
  msip_build_body(&buf, letter->body.len ? letter->type : none,
                  letter->body.len ? options->disposition : none, letter->body);
  return msip_bytes_take(&buf);
}

/* RFC 3515 2.4.5: always a fragment, and a final status is the last. */
static int pick_fragment(struct msip_subscription *sub, struct letter *letter,
                         struct msip_buf *buf)
{
  const struct msip_reply *options = letter->options;
  unsigned status;

  letter->type = options->content_type.len ? options->content_type : sipfrag;
  if (letter->body.len == 0) {
    msip_build_status_line(buf, options->status ? options->status : 100,
                           options->reason);
    letter->body = msip_buf_str(buf);
  }
  status = msip_sipfrag_status(letter->body);
  if (status == 0)
    return msip_because(sub->ua, MSIP_EINVALID,
                        "body: of a REFER it begins with \"SIP/2.0 200 OK\"");
  if (status >= 200)
    letter->state = MSIP_SUBSCRIPTION_TERMINATED;
  return 0;
}

/* The body given, or that of the NOTIFY before. */
static int pick_body(struct msip_subscription *sub, struct letter *letter,
                     struct msip_buf *buf)
{
  const struct msip_reply *options = letter->options;
  bool given = options->body_kind == MSIP_REPLY_BODY_GIVEN;

  if (given && options->body.len && options->content_type.len == 0 &&
      !sub->refer)
    return msip_because(sub->ua, MSIP_EINVALID, "body: content_type is needed");
  if (given) {
    letter->body = options->body;
    letter->type = options->content_type;
  } else if (options->body_kind == MSIP_REPLY_BODY_DEFAULT && sub->body &&
             options->status == 0) {
    letter->body = msip_bytes_str(sub->body);
    letter->type = msip_bytes_str(sub->type);
  }
  return sub->refer ? pick_fragment(sub, letter, buf) : 0;
}

static void keep(struct msip_bytes **kept, struct msip_pool *pool,
                 struct msip_str text)
{
  struct msip_bytes *copy;

  if (*kept && msip_str_eq(msip_bytes_str(*kept), text))
    return;
  copy = msip_bytes_copy(pool, text);
  if (!copy)
    return; /* the one before is still true of some moment */
  msip_bytes_drop(*kept);
  *kept = copy;
}

static void keep_body(struct msip_subscription *sub,
                      const struct letter *letter)
{
  if (letter->body.len == 0 || sub->state == MSIP_SUBSCRIPTION_TERMINATED)
    return;
  keep(&sub->type, sub->ua->pool, letter->type);
  if (sub->type)
    keep(&sub->body, sub->ua->pool, letter->body);
}

/* Sends the first of the queue. */
static void send_next(struct msip_subscription *sub)
{
  struct msip_outgoing *o;

  if (sub->busy || sub->queued == 0)
    return;
  o = sub->queue[0];
  sub->queued--;
  memmove(sub->queue, sub->queue + 1, sub->queued * sizeof *sub->queue);
  sub->busy = o;
  if (msip_outgoing_send(o) != 0)
    msip_outgoing_failure(o, MSIP_ENOMEM);
}

static int enqueue(struct msip_subscription *sub, const struct letter *letter,
                   struct msip_outgoing **out)
{
  struct msip_outgoing *o =
      msip_outgoing_new(sub->ua, sub->session, MSIP_NOTIFY);

  if (!o)
    return msip_because(sub->ua, MSIP_ENOMEM, "out of memory");
  o->tail = build(sub, letter);
  if (!o->tail) {
    msip_outgoing_end(o);
    return msip_because(sub->ua, MSIP_ENOMEM,
                        "out of memory, or the NOTIFY is beyond 64 KiB");
  }
  o->subscription = sub;
  o->own = !out;
  sub->refs++;
  sub->queue[sub->queued++] = o;
  if (out)
    *out = o;
  return 0;
}

static int post(struct msip_subscription *sub, struct letter *letter,
                struct msip_outgoing **out)
{
  int err;

  if (letter->state == MSIP_SUBSCRIPTION_INIT)
    letter->state = sub->state == MSIP_SUBSCRIPTION_INIT
                        ? MSIP_SUBSCRIPTION_ACTIVE
                        : sub->state;
  if (sub->ending) { /* they unsubscribed, or asked just once */
    letter->state = MSIP_SUBSCRIPTION_TERMINATED;
    letter->reason = MSIP_STR("timeout");
  }
  if (letter->reason.len == 0)
    letter->reason = MSIP_STR("noresource");
  err = enqueue(sub, letter, out);
  if (err)
    return err;
  keep_body(sub, letter);
  sub->due = false;
  if (letter->state == MSIP_SUBSCRIPTION_TERMINATED)
    msip_subscription_end(sub, sub->ending ? MSIP_STR("unsubscribed")
                                           : letter->reason);
  else
    sub->state = letter->state;
  send_next(sub);
  return 0;
}

static int check(struct msip_subscription *sub,
                 const struct msip_notice *notice)
{
  struct msip_ua *ua = sub->ua;

  if (!sub->notifier)
    return msip_because(ua, MSIP_ESTATE, "the other side notifies");
  if (sub->state == MSIP_SUBSCRIPTION_TERMINATED)
    return msip_because(ua, MSIP_EGONE, "the subscription is over");
  if (sub->queued >= MSIP_QUEUED_NOTIFY && !sub->ending &&
      notice->state != MSIP_SUBSCRIPTION_TERMINATED)
    return msip_because(ua, MSIP_EPENDING,
                        "too many wait for the answer to the one before");
  if (notice->reason.len && !msip_str_is_token(notice->reason))
    return msip_because(ua, MSIP_EINVALID, "reason is not a token");
  if (msip_reply_has(notice->options, MSIP_STR("Event")) ||
      msip_reply_has(notice->options, MSIP_STR("Subscription-State")))
    return msip_because(ua, MSIP_EINVALID,
                        "extra_headers: the engine writes Event and "
                        "Subscription-State by itself");
  return msip_reply_check(ua, notice->options, 100, 699);
}

int msip_subscription_notify(struct msip_subscription *sub,
                             const struct msip_notice *notice,
                             struct msip_outgoing **out)
{
  struct letter letter = {.options = notice->options,
                          .state = notice->state,
                          .reason = notice->reason,
                          .retry_after = notice->retry_after,
                          .body = MSIP_STR(""),
                          .type = MSIP_STR("")};
  struct msip_buf buf;
  int err = check(sub, notice);

  if (err)
    return err;
  msip_buf_init(&buf, sub->ua->pool,
                FRAGMENT_MAX + notice->options->reason.len);
  err = pick_body(sub, &letter, &buf);
  if (!err)
    err = post(sub, &letter, out);
  msip_buf_fini(&buf);
  return err;
}

void msip_notify_stop(struct msip_subscription *sub)
{
  while (sub->queued)
    msip_outgoing_failure(sub->queue[--sub->queued], MSIP_EGONE);
}

static void withdraw(struct msip_subscription *sub, struct msip_str reason)
{
  msip_notify_stop(sub);
  msip_subscription_end(sub, reason);
}

/* A NOTIFY of the engine's own. */
static void say(struct msip_subscription *sub,
                enum msip_subscription_state state, struct msip_str reason,
                bool body)
{
  struct msip_reply plain = {.body_kind = body ? MSIP_REPLY_BODY_DEFAULT
                                               : MSIP_REPLY_BODY_NONE};
  struct msip_notice notice = {
      .options = &plain, .state = state, .reason = reason};

  if (msip_subscription_notify(sub, &notice, NULL) != 0)
    withdraw(sub, MSIP_STR("out of memory"));
}

void msip_subscription_notify_default(struct msip_subscription *sub)
{
  /* One that is queued follows the 2xx as well. */
  if (sub->due && (sub->queued == 0 || sub->ending))
    say(sub, MSIP_SUBSCRIPTION_INIT, MSIP_STR(""), true);
}

void msip_notify_last(struct msip_subscription *sub, struct msip_str reason)
{
  if (sub->notifier && sub->state != MSIP_SUBSCRIPTION_TERMINATED)
    say(sub, MSIP_SUBSCRIPTION_TERMINATED, reason, sub->refer);
}

void msip_notify_answered(struct msip_subscription *sub,
                          const struct msip_msg *response, int err)
{
  if (sub->over)
    return;
  if (err)
    withdraw(sub, err == MSIP_ENOMEM ? MSIP_STR("out of memory")
                                     : MSIP_STR("no answer"));
  else if (msip_subscribe_ends(response->status))
    withdraw(sub, MSIP_STR("refused"));
  else
    send_next(sub);
  if (sub->state == MSIP_SUBSCRIPTION_TERMINATED && !sub->busy &&
      sub->queued == 0)
    msip_subscription_close(sub);
}

void msip_subscriptions_drain(struct msip_ua *ua)
{
  struct msip_link_node *at, *node;

  for (at = ua->sessions.next; at != &ua->sessions; at = at->next) {
    struct msip_session *s = MSIP_CONTAINER(at, struct msip_session, node);

    if (!s->bare)
      continue;
    for (node = s->subscriptions.next; node != &s->subscriptions;
         node = node->next)
      msip_notify_last(MSIP_CONTAINER(node, struct msip_subscription, node),
                       MSIP_STR("deactivated"));
  }
}
