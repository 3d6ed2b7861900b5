#include "host/admin_routes.h"

#include <string.h>

#include "host/inside.h"
#include "host/report.h"

static struct msip_admin_reply ok(json_t *body)
{
  return (struct msip_admin_reply){.status = 200, .body = body};
}

struct msip_admin_reply msip_admin_refuse(unsigned status, const char *why)
{
  return (struct msip_admin_reply){.status = status,
                                   .body = json_pack("{s:s}", "error", why)};
}

static struct msip_admin_reply status(struct msip_host *host)
{
  return ok(msip_report_status(host));
}

static struct msip_admin_reply settings(struct msip_host *host)
{
  return ok(msip_report_settings(host));
}

static struct msip_admin_reply reload(struct msip_host *host)
{
  char why[1024] = "";
  int err = msip_host_reload(host, why, sizeof why);

  msip_host_turn(host);
  if (err)
    return msip_admin_refuse(422, *why ? why : msip_err_text(err));
  return ok(json_pack("{s:b}", "reloaded", 1));
}

static struct msip_admin_reply drain(struct msip_host *host)
{
  msip_host_drain(host);
  return ok(json_pack("{s:b, s:I}", "draining", 1, "sessions",
                      (json_int_t)msip_ua_census(host->ua).sessions));
}

static struct msip_admin_reply stop(struct msip_host *host)
{
  struct msip_admin_reply reply = ok(json_pack("{s:b}", "stopping", 1));

  (void)host;
  reply.stops = true;
  return reply;
}

static const struct {
  const char *path, *method;
  struct msip_admin_reply (*act)(struct msip_host *host);
} routes[] = {
    {"/status", "GET", status},  {"/settings", "GET", settings},
    {"/reload", "POST", reload}, {"/drain", "POST", drain},
    {"/stop", "POST", stop},
};

struct msip_admin_reply msip_admin_route(struct msip_host *host,
                                         const char *method, const char *path)
{
  for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
    if (strcmp(path, routes[i].path) != 0)
      continue;
    if (strcmp(method, routes[i].method) == 0)
      return routes[i].act(host);

    struct msip_admin_reply reply =
        msip_admin_refuse(405, "the method is not allowed here");

    reply.allow = routes[i].method;
    return reply;
  }
  return msip_admin_refuse(
      404, "no such path: /status, /settings, /reload, /drain, /stop");
}
