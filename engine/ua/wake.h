/* ua/wake.h -- an alarm for the layer above: sip.sleep, sip.after. */
#pragma once

#include "timer/wheel.h"

struct msip_ua;

/* Lives inside the waiter's own memory, which must not move. */
struct msip_wake {
  struct msip_timer timer;
  struct msip_ua *ua;
  bool queued; /* its event is in the outbox */
};

void msip_wake_init(struct msip_wake *wake, struct msip_ua *ua);
/* Arms or moves it; MSIP_EV_WAKE comes at `due`. */
void msip_wake_at(struct msip_wake *wake, msip_time due);
/* Also takes back an event that is queued already. */
/* With the events that are queued already. */
void msip_wake_now(struct msip_wake *wake);
void msip_wake_stop(struct msip_wake *wake);
