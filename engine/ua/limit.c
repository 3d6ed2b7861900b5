#include "ua/limit.h"

#include "ua/core.h"

enum { QUIET_MS = 60000 };

/* Counts it and gives the name of its setting. */
static const char *count(struct msip_counters *counters, enum msip_limit limit)
{
  switch (limit) {
#define X(name, setting, counter)                                              \
  case MSIP_LIMIT_##name:                                                      \
    counters->counter++;                                                       \
    return setting;
    MSIP_LIMIT_MAP(X)
#undef X
  case MSIP_LIMIT_COUNT:
    break;
  }
  return "";
}

void msip_limit_reached(struct msip_ua *ua, enum msip_limit limit,
                        const struct msip_msg *m, unsigned status)
{
  struct msip_buf source;
  struct msip_str from;
  const char *setting = count(&ua->counters, limit);

  if (ua->now < ua->quiet_until[limit])
    return;
  ua->quiet_until[limit] = ua->now + QUIET_MS;
  msip_buf_init(&source, ua->pool, 64);
  msip_addr_format(&source, &m->flow.remote);
  from = msip_buf_str(&source);
  if (msip_msg_is_request(m))
    msip_log(&ua->log, MSIP_LOG_WARN, m->call_id,
             "%s is reached: a request from %.*s is refused with %u", setting,
             (int)from.len, from.at, status);
  else
    msip_log(&ua->log, MSIP_LOG_WARN, m->call_id,
             "%s is reached: a response %u from %.*s makes nothing", setting,
             status, (int)from.len, from.at);
  msip_buf_fini(&source);
}
