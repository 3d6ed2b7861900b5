/* What the layer above may see of a subscription. */
#include "ua/outgoing_in.h"
#include "ua/subscription.h"
#include "ua/subscription_in.h"

bool msip_subscription_is_notifier(const struct msip_subscription *sub)
{
  return sub->notifier;
}

enum msip_subscription_state
msip_subscription_state(const struct msip_subscription *sub)
{
  return sub->state;
}

struct msip_str msip_subscription_event(const struct msip_subscription *sub)
{
  return sub->package;
}

struct msip_str msip_subscription_id(const struct msip_subscription *sub)
{
  return sub->id;
}

uint32_t msip_subscription_expires(const struct msip_subscription *sub)
{
  msip_time now = sub->ua->now;

  if (sub->state == MSIP_SUBSCRIPTION_TERMINATED || sub->expires_at <= now)
    return 0;
  return (uint32_t)((sub->expires_at - now + 999) / 1000);
}

const struct msip_session *
msip_subscription_dialog(const struct msip_subscription *sub)
{
  return sub->session;
}

struct msip_session *
msip_subscription_session(const struct msip_subscription *sub)
{
  return sub->session->bare ? NULL : sub->session;
}

struct msip_outgoing *
msip_subscription_maker(const struct msip_subscription *sub)
{
  return sub->maker;
}

struct msip_seconds msip_subscription_again(const struct msip_subscription *sub)
{
  return sub->again;
}

void msip_subscription_set_box(struct msip_subscription *sub, void *box)
{
  sub->box = box;
  sub->told = true;
}

void *msip_subscription_box(const struct msip_subscription *sub)
{
  return sub->box;
}
