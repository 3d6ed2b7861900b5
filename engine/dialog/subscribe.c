#include "dialog/subscribe.h"

enum { TIMER_F = 32, LINE_HEAD = 12 }; /* "SIP/2.0 200 " */

const char *msip_subscription_state_name(enum msip_subscription_state state)
{
  static const char *const names[] = {
      [MSIP_SUBSCRIPTION_INIT] = "init",
      [MSIP_SUBSCRIPTION_PENDING] = "pending",
      [MSIP_SUBSCRIPTION_ACTIVE] = "active",
      [MSIP_SUBSCRIPTION_TERMINATED] = "terminated",
  };

  return names[state];
}

uint32_t msip_subscribe_grant(struct msip_seconds asked,
                              struct msip_seconds said, uint32_t usual)
{
  uint32_t wish = said.given ? said.n : usual;

  return asked.given && asked.n < wish ? asked.n : wish;
}

msip_time msip_subscribe_renewal(uint32_t seconds)
{
  msip_time ms = (msip_time)seconds * 1000;
  msip_time early = ms / 10;

  if (early < TIMER_F * 1000)
    early = TIMER_F * 1000;
  return early < ms / 2 ? ms - early : ms / 2;
}

bool msip_subscribe_ends(unsigned status)
{
  switch (status) {
  case 404:
  case 405:
  case 410:
  case 416:
  case 489:
  case 501:
  case 604:
    return true;
  default:
    return status >= 480 && status <= 485;
  }
}

struct msip_seconds msip_subscribe_again(struct msip_str reason,
                                         struct msip_seconds retry_after)
{
  if (msip_str_ieq(reason, MSIP_STR("deactivated")) ||
      msip_str_ieq(reason, MSIP_STR("timeout")))
    return (struct msip_seconds){true, 0};
  if (msip_str_ieq(reason, MSIP_STR("rejected")) ||
      msip_str_ieq(reason, MSIP_STR("noresource")) ||
      msip_str_ieq(reason, MSIP_STR("invariant")))
    return (struct msip_seconds){false, 0};
  return (struct msip_seconds){true, retry_after.given ? retry_after.n : 0};
}

unsigned msip_sipfrag_status(struct msip_str body)
{
  uint32_t status;

  if (body.len < LINE_HEAD || !msip_str_starts(body, MSIP_STR("SIP/2.0 ")) ||
      (body.len > LINE_HEAD - 1 && body.at[LINE_HEAD - 1] != ' ') ||
      msip_str_u32(msip_str_of(body.at + 8, 3), 699, &status) != 0)
    return 0;
  return status >= 100 ? status : 0;
}
