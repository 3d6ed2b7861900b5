/* dialog/refresh.h -- what a session timer is asked for, and granted (RFC 4028
 * 9).  Pure arithmetic; all durations in seconds. */
#pragma once

#include "message/msg.h"

enum msip_refresh_side {
  MSIP_REFRESH_NOBODY, /* no session timer */
  MSIP_REFRESH_THEM,
  MSIP_REFRESH_US,
};

struct msip_refresh_ask {
  bool supported;                   /* Supported or Require: timer */
  uint32_t interval;                /* Session-Expires; 0: none */
  uint32_t min_se;                  /* Min-SE; 0: none */
  enum msip_refresh_side refresher; /* wanted; NONE: left to us */
  bool can_update; /* Allow lists UPDATE: no re-INVITE is needed */
};

/* Reads Session-Expires, Min-SE, Supported and Allow.  MSIP_ESYNTAX when one of
 * the first two is malformed. */
int msip_refresh_read(struct msip_refresh_ask *ask, const struct msip_msg *m);

/* Section 9: too small an interval from somebody who could raise it. */
bool msip_refresh_too_small(const struct msip_refresh_ask *ask,
                            uint32_t our_min);

struct msip_refresh {
  uint32_t interval; /* 0: no session timer */
  enum msip_refresh_side refresher;
};

/* What our 2xx grants (section 9, table 2).  `ours` is the longest interval we
 * want, 0 for no session timers at all. */
struct msip_refresh msip_refresh_grant(const struct msip_refresh_ask *ask,
                                       uint32_t ours, uint32_t our_min);

/* Section 10: seconds after which we act: as refresher half the interval, else
 * when the BYE is due, min(32, interval / 3) before the end. */
uint32_t msip_refresh_due(const struct msip_refresh *r);
