/* NOTIFYs that arrive: what they say about the subscription itself
 * (RFC 6665 4.1.3); the rest is the script's. */
#include "message/substate.h"
#include "ua/request_in.h"
#include "ua/subscription_in.h"

static void ended(struct msip_subscription *sub,
                  const struct msip_substate *state)
{
  struct msip_str reason = state->reason;

  sub->again =
      msip_subscribe_again(reason, (struct msip_seconds){state->has_retry_after,
                                                         state->retry_after});
  if (!msip_str_is_token(reason))
    reason = MSIP_STR("terminated");
  if (sub->ending)
    sub->again = (struct msip_seconds){false, 0};
  msip_subscription_end(sub, sub->ending ? MSIP_STR("unsubscribed") : reason);
}

static void learn(struct msip_subscription *sub,
                  const struct msip_substate *state)
{
  if (state->kind == MSIP_SUBSTATE_TERMINATED) {
    ended(sub, state);
    return;
  }
  sub->state = state->kind == MSIP_SUBSTATE_PENDING ? MSIP_SUBSCRIPTION_PENDING
                                                    : MSIP_SUBSCRIPTION_ACTIVE;
  if (sub->ending) /* crossed our unsubscribing: the last one is to come */
    return;
  msip_timer_stop(&sub->ua->wheel, &sub->wait);
  if (state->has_expires)
    msip_subscription_set_expires(sub, state->expires);
  else if (!msip_timer_is_armed(&sub->timer)) /* it may come before the 2xx */
    msip_subscription_set_expires(sub, sub->asked);
}

void msip_notify_deliver(struct msip_subscription *sub, struct msip_txn *txn,
                         const struct msip_msg *m,
                         const struct msip_facts *facts)
{
  struct msip_session *s = sub->session;
  struct msip_substate state;
  struct msip_request *r;

  if (msip_substate_parse(&state,
                          msip_msg_value(m, MSIP_H_SUBSCRIPTION_STATE)) != 0) {
    msip_refuse(
        sub->ua, txn, m,
        &(struct msip_refusal){
            .status = 400, .reason = MSIP_STR("Missing Subscription-State")});
    return;
  }
  r = msip_request_new(sub->ua, txn, m, facts, s);
  if (!r)
    return; /* refused with 500; it may come again */
  r->subscription = sub;
  sub->refs++;
  msip_subscription_follow(sub, m);
  msip_request_ask(r);
  learn(sub, &state);
}

bool msip_notify_arrived(struct msip_session *s, struct msip_txn *txn,
                         const struct msip_msg *m,
                         const struct msip_facts *facts)
{
  struct msip_subscription *sub = msip_subscription_find(s, m, false);

  if (sub)
    msip_notify_deliver(sub, txn, m, facts);
  return sub != NULL;
}
