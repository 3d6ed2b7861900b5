#include "ua/core.h"

enum { FIRST_ROOM = 64 };

static bool grow(struct msip_ua *ua)
{
  struct msip_outbox *box = &ua->outbox;
  uint32_t room = box->room ? box->room * 2 : FIRST_ROOM;
  struct msip_event *ring = msip_pool_take(ua->pool, room * sizeof *ring);

  if (!ring)
    return false;
  for (uint32_t i = 0; i < box->count; i++)
    ring[i] = box->ring[(box->first + i) & (box->room - 1)];
  msip_pool_give(ua->pool, box->ring, box->room * sizeof *ring);
  box->ring = ring;
  box->room = room;
  box->first = 0;
  return true;
}

bool msip_outbox_push(struct msip_ua *ua, const struct msip_event *event)
{
  struct msip_outbox *box = &ua->outbox;

  if (box->count == box->room && !grow(ua)) {
    ua->counters.dropped_memory++;
    msip_msg_drop(event->message);
    return false;
  }
  box->ring[(box->first + box->count++) & (box->room - 1)] = *event;
  return true;
}

void msip_outbox_forget_wake(struct msip_ua *ua, const struct msip_wake *wake)
{
  struct msip_outbox *box = &ua->outbox;

  for (uint32_t i = 0; i < box->count; i++) {
    struct msip_event *event = &box->ring[(box->first + i) & (box->room - 1)];

    if (event->kind == MSIP_EV_WAKE && event->wake == wake)
      event->wake = NULL;
  }
}

bool msip_ua_next_event(struct msip_ua *ua, struct msip_event *event)
{
  struct msip_outbox *box = &ua->outbox;

  while (box->count > 0) {
    *event = box->ring[box->first];
    box->first = (box->first + 1) & (box->room - 1);
    box->count--;
    if (event->kind != MSIP_EV_WAKE)
      return true;
    if (event->wake) {
      event->wake->queued = false;
      return true;
    }
  }
  return false;
}
