#include "host/report.h"

#include <unistd.h>

#include "host/inside.h"

static void set(json_t *object, const char *key, uint64_t n)
{
  json_object_set_new(object, key, json_integer((json_int_t)n));
}

static json_t *counters(struct msip_host *host)
{
  const struct msip_counters *c = msip_ua_counters(host->ua);
  json_t *all = json_object();

#define X(name, text) set(all, #name, c->name);
  MSIP_COUNTER_MAP(X)
#undef X
  return all;
}

static json_t *census(struct msip_host *host)
{
  struct msip_census now = msip_ua_census(host->ua);
  json_t *all = json_object();

  set(all, "sessions", now.sessions);
  set(all, "ending", now.ending);
  set(all, "requests", now.requests);
  set(all, "outgoing", now.outgoing);
  set(all, "subscriptions", now.subscriptions);
  set(all, "transactions", now.transactions);
  set(all, "timers", now.timers);
  set(all, "bytes", now.pool_bytes);
  return all;
}

static json_t *listeners(const struct msip_host *host)
{
  json_t *all = json_array();

  for (unsigned i = 0; i < host->listener_count; i++) {
    struct msip_udp_losses lost = msip_udp_losses(host->listener[i].udp);
    json_t *one = json_object();

    json_object_set_new(one, "uri", json_string(host->listener[i].name));
    set(one, "lost_in", lost.in);
    set(one, "lost_out", lost.out);
    json_array_append_new(all, one);
  }
  return all;
}

json_t *msip_report_status(struct msip_host *host)
{
  json_t *report = json_object();

  if (!report)
    return NULL;
  set(report, "pid", (uint64_t)getpid());
  set(report, "uptime", (uv_now(&host->loop) - host->started_at) / 1000);
  json_object_set_new(report, "draining", json_boolean(host->draining));
  json_object_set_new(report, "listening", listeners(host));
  json_object_set_new(report, "live", census(host));
  json_object_set_new(report, "counters", counters(host));
  if (host->hooks.status)
    host->hooks.status(host->hooks.arg, report);
  return report;
}

json_t *msip_report_settings(const struct msip_host *host)
{
  json_t *report = json_object();
  const struct msip_setting_info *info;
  char value[600];

  for (unsigned i = 0; report && (info = msip_setting_at(i)); i++) {
    msip_setting_value(host->settings, i, value, sizeof value);
    json_object_set_new(
        report, info->name,
        json_pack("{s:s, s:s}", "value", value, "meaning", info->meaning));
  }
  return report;
}
