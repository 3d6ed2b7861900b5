#include "dialog/refresh.h"

#include "message/session_expires.h"

enum { FLOOR = 90 }; /* section 5: no Min-SE below it on the wire */

static bool allows_update(const struct msip_msg *m)
{
  return msip_msg_lists(m, MSIP_H_ALLOW, MSIP_STR("UPDATE"));
}

int msip_refresh_read(struct msip_refresh_ask *ask, const struct msip_msg *m)
{
  struct msip_session_expires se = {0};
  struct msip_refresh_ask a = {0};

  if (msip_msg_has(m, MSIP_H_SESSION_EXPIRES) &&
      msip_session_expires_parse(
          &se, msip_msg_value(m, MSIP_H_SESSION_EXPIRES)) != 0)
    return MSIP_ESYNTAX;
  if (msip_msg_has(m, MSIP_H_MIN_SE)) {
    struct msip_session_expires min = {0};

    if (msip_session_expires_parse(&min, msip_msg_value(m, MSIP_H_MIN_SE)) != 0)
      return MSIP_ESYNTAX;
    a.min_se = min.delta;
  }
  a.interval = se.delta;
  if (se.refresher == MSIP_REFRESHER_UAC)
    a.refresher = MSIP_REFRESH_THEM;
  else if (se.refresher == MSIP_REFRESHER_UAS)
    a.refresher = MSIP_REFRESH_US;
  a.supported = msip_msg_lists(m, MSIP_H_SUPPORTED, MSIP_STR("timer")) ||
                msip_msg_lists(m, MSIP_H_REQUIRE, MSIP_STR("timer"));
  a.can_update = allows_update(m);
  *ask = a;
  return 0;
}

bool msip_refresh_too_small(const struct msip_refresh_ask *ask,
                            uint32_t our_min)
{
  return ask->supported && ask->interval > 0 && ask->interval < our_min;
}

static uint32_t grant_interval(const struct msip_refresh_ask *ask,
                               uint32_t ours, uint32_t our_min)
{
  uint32_t lowest = ask->min_se > FLOOR ? ask->min_se : FLOOR;
  uint32_t interval = ask->interval ? ask->interval : ours;

  if (our_min < FLOOR && ask->min_se < FLOOR)
    lowest = our_min; /* an operator who asked for short sessions */
  if (ours < interval)
    interval = ours > lowest ? ours : lowest;
  if (ask->interval && interval > ask->interval)
    interval = ask->interval; /* never raised (section 9) */
  return interval > lowest ? interval : lowest;
}

struct msip_refresh msip_refresh_grant(const struct msip_refresh_ask *ask,
                                       uint32_t ours, uint32_t our_min)
{
  struct msip_refresh none = {0, MSIP_REFRESH_NOBODY};
  struct msip_refresh r;

  if (ours == 0)
    return none;
  r.interval = grant_interval(ask, ours, our_min);
  if (ask->supported && ask->refresher != MSIP_REFRESH_US)
    r.refresher = MSIP_REFRESH_THEM;
  else
    r.refresher = MSIP_REFRESH_US;
  /* A peer without the extension that asked for nothing is left alone. */
  return ask->supported || ask->interval ? r : none;
}

uint32_t msip_refresh_due(const struct msip_refresh *r)
{
  uint32_t third = r->interval / 3;

  if (r->refresher == MSIP_REFRESH_US)
    return r->interval / 2;
  return r->interval - (third < 32 ? third : 32);
}
