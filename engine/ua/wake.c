#include "ua/wake.h"

#include "ua/core.h"

static void fire(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_wake *wake = MSIP_CONTAINER(timer, struct msip_wake, timer);
  struct msip_ua *ua = arg;

  wake->queued = msip_outbox_push(
      ua, &(struct msip_event){.kind = MSIP_EV_WAKE, .wake = wake});
  if (!wake->queued) /* memory is out: a little later, then */
    msip_timer_arm(&ua->wheel, timer, now + 100);
}

void msip_wake_init(struct msip_wake *wake, struct msip_ua *ua)
{
  msip_timer_init(&wake->timer, fire);
  wake->ua = ua;
  wake->queued = false;
}

void msip_wake_at(struct msip_wake *wake, msip_time due)
{
  msip_wake_stop(wake);
  msip_timer_arm(&wake->ua->wheel, &wake->timer, due);
}

void msip_wake_now(struct msip_wake *wake)
{
  msip_wake_stop(wake);
  fire(&wake->timer, wake->ua, wake->ua->now);
}

void msip_wake_stop(struct msip_wake *wake)
{
  msip_timer_stop(&wake->ua->wheel, &wake->timer);
  if (wake->queued)
    msip_outbox_forget_wake(wake->ua, wake);
  wake->queued = false;
}
