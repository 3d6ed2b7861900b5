/* What we tell peers about ourselves: Allow, Supported. */
#include "message/build.h"
#include "ua/relay_in.h"
#include "ua/session_in.h"

static bool is_served(const struct msip_ua *ua, enum msip_method method)
{
  switch (method) {
  case MSIP_REGISTER:
  case MSIP_SUBSCRIBE:
  case MSIP_PUBLISH:
  case MSIP_REFER:
    return ua->served & (1u << method);
  case MSIP_PRACK:
    return ua->settings->rel100 != MSIP_REL100_NO;
  case MSIP_METHOD_OTHER:
  case MSIP_METHOD_COUNT:
    return false;
  case MSIP_INVITE:
  case MSIP_ACK:
  case MSIP_BYE:
  case MSIP_CANCEL:
  case MSIP_OPTIONS:
  case MSIP_UPDATE:
  case MSIP_INFO:
  case MSIP_MESSAGE:
  case MSIP_NOTIFY:
    return true;
  }
  return false;
}

static void list_allow(struct msip_ua *ua)
{
  size_t n = 0;

  for (unsigned i = 1; i < MSIP_METHOD_COUNT; i++) {
    struct msip_str name = msip_method_name((enum msip_method)i);

    if (!is_served(ua, (enum msip_method)i) ||
        n + name.len + 2 > sizeof ua->allow_text)
      continue;
    if (n) {
      memcpy(ua->allow_text + n, ", ", 2);
      n += 2;
    }
    memcpy(ua->allow_text + n, name.at, name.len);
    n += name.len;
  }
  ua->allow = msip_str_of(ua->allow_text, n);
}

void msip_ua_settings_changed(struct msip_ua *ua)
{
  const struct msip_settings *s = ua->settings;
  bool rel = s->rel100 != MSIP_REL100_NO, timer = s->session_expires > 0;

  msip_txns_set_timers(ua->txns, (struct msip_txn_timers){s->t1, s->t2, s->t4});
  /* What ends things (CANCEL, and BYE and the like in calls) may use an eighth
   * more than what begins them. */
  msip_txns_set_max(ua->txns,
                    s->limit_transactions + s->limit_transactions / 8);
  if (rel && timer)
    ua->supported = MSIP_STR("100rel, timer, replaces");
  else
    ua->supported = rel     ? MSIP_STR("100rel, replaces")
                    : timer ? MSIP_STR("timer, replaces")
                            : MSIP_STR("replaces");
  list_allow(ua);
  msip_relay_set_key(ua);
}

void msip_ua_set_served(struct msip_ua *ua, uint32_t methods)
{
  ua->served = methods;
  list_allow(ua);
}

void msip_build_allow_events(struct msip_ua *ua, struct msip_buf *buf)
{
  struct msip_str events = msip_str_c(ua->settings->events);

  msip_build_header(buf, MSIP_H_ALLOW_EVENTS,
                    events.len ? events : MSIP_STR("refer"));
}

bool msip_supports(const struct msip_ua *ua, struct msip_str option_tag)
{
  struct msip_str rest = ua->supported, tag;

  while (msip_str_cut(&rest, ',', &tag))
    if (msip_str_ieq(tag, option_tag))
      return true;
  return msip_str_ieq(option_tag, MSIP_STR("norefersub"));
}
