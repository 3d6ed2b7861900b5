#include "host/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "host/admin.h"
#include "host/inside.h"
#include "host/listen.h"
#include "host/signals.h"
#include "host/watch.h"

static void on_due(uv_timer_t *timer)
{
  struct msip_host *host = timer->data;

  host->armed = MSIP_NEVER;
  msip_ua_advance(host->ua, uv_now(&host->loop));
  msip_host_turn(host);
}

/* A deadline that moved back is left alone: the timer fires for nothing once,
 * which costs less than moving it at every packet. */
static void arm(struct msip_host *host)
{
  msip_time deadline = msip_ua_deadline(host->ua);
  msip_time now = uv_now(&host->loop);

  if (deadline >= host->armed)
    return;
  host->armed = deadline;
  uv_timer_start(&host->due, on_due, deadline > now ? deadline - now : 0, 0);
}

void msip_host_turn(struct msip_host *host)
{
  host->hooks.turn(host->hooks.arg);
  msip_ua_sweep(host->ua);
  if (host->draining && msip_ua_is_idle(host->ua))
    msip_host_stop(host);
  arm(host);
}

static void on_datagram(void *arg, const struct msip_flow *flow,
                        struct msip_str bytes)
{
  struct msip_host *host = arg;

  msip_ua_receive(host->ua, flow, bytes, uv_now(&host->loop));
}

static void on_batch(void *arg)
{
  msip_host_turn(arg);
}

static int send_bytes(void *arg, const struct msip_flow *to,
                      struct msip_str bytes)
{
  struct msip_host *host = arg;

  if (to->link >= host->listener_count)
    return MSIP_ETRANSPORT;
  return msip_udp_send(host->listener[to->link].udp, to, bytes);
}

enum { PATH_MS = 1000 }; /* how long the system's answer is believed */

/* The first listener that reaches it.  Most requests go where the one before
 * went, and asking the system costs four calls. */
static int open_path(void *arg, enum msip_transport transport,
                     const struct msip_addr *remote, struct msip_flow *flow)
{
  struct msip_host *host = arg;
  struct msip_flow *last = &host->last_path;

  if (transport != MSIP_UDP)
    return MSIP_ETRANSPORT;
  if (last->remote.family && msip_addr_same_ip(&last->remote, remote) &&
      uv_now(&host->loop) - host->last_path_at < PATH_MS) {
    last->remote = *remote;
    *flow = *last;
    return 0;
  }
  for (unsigned i = 0; i < host->listener_count; i++)
    if (msip_udp_open(host->listener[i].udp, remote, last) == 0) {
      host->last_path_at = uv_now(&host->loop);
      *flow = *last;
      return 0;
    }
  last->remote.family = 0;
  return MSIP_ETRANSPORT;
}

static int open_ua(struct msip_host *host, char *why, size_t room)
{
  struct msip_ua_config config = {
      .pool = &host->pool,
      .settings = host->settings,
      .link = {.send = send_bytes, .open = open_path, .arg = host},
      .log = host->log,
      .now = uv_now(&host->loop),
      .arg = host->hooks.arg,
      .on_release = host->hooks.on_release,
  };

  if (getrandom(config.key, sizeof config.key, 0) != sizeof config.key) {
    snprintf(why, room, "no randomness: %s",
             uv_strerror(uv_translate_sys_error(errno)));
    return MSIP_ESYSTEM;
  }
  host->ua = msip_ua_new(&config);
  if (!host->ua)
    snprintf(why, room, "out of memory");
  return host->ua ? 0 : MSIP_ENOMEM;
}

static int open_listener(struct msip_host *host, const char *uri, char *why,
                         size_t room)
{
  struct msip_host_listener *l = &host->listener[host->listener_count];
  struct msip_udp_config config = {
      .loop = &host->loop,
      .pool = &host->pool,
      .log = host->log,
      .link = host->listener_count,
      .receive = on_datagram,
      .batch = on_batch,
      .arg = host,
  };
  struct msip_buf name;

  if (host->listener_count == MSIP_HOST_LISTENERS) {
    snprintf(why, room, "more than %d listen URIs", MSIP_HOST_LISTENERS);
    return MSIP_EINVALID;
  }

  int err = msip_listen_parse(&config.local, uri, why, room);

  if (!err)
    err = msip_udp_new(&l->udp, &config, why, room);
  if (err)
    return err;
  host->listener_count++;
  msip_buf_init(&name, &host->pool, sizeof l->name);
  msip_addr_format(&name, msip_udp_local(l->udp));
  snprintf(l->name, sizeof l->name, "udp:%.*s", (int)name.len,
           msip_buf_str(&name).at);
  msip_buf_fini(&name);
  return 0;
}

static int open_listeners(struct msip_host *host,
                          const struct msip_host_config *config, char *why,
                          size_t room)
{
  if (config->listen_count == 0) {
    snprintf(why, room, "no listen URI");
    return MSIP_EINVALID;
  }
  for (unsigned i = 0; i < config->listen_count; i++) {
    int err = open_listener(host, config->listen[i], why, room);

    if (err)
      return err;
  }
  return 0;
}

static int open_shell(struct msip_host *host,
                      const struct msip_host_config *config, char *why,
                      size_t room)
{
  int err = 0;

  if (config->admin)
    err = msip_admin_new(&host->admin, host, config->admin, why, room);
  if (!err && config->signals) {
    err = msip_signals_new(&host->signals, host);
    if (err)
      snprintf(why, room, "signals: %s", msip_err_text(err));
  }
  return err;
}

int msip_host_new(struct msip_host **out, const struct msip_host_config *config,
                  char *why, size_t room)
{
  struct msip_host *host = calloc(1, sizeof *host);

  if (!host || uv_loop_init(&host->loop)) {
    snprintf(why, room, "no event loop: out of memory or descriptors");
    free(host);
    return MSIP_ENOMEM;
  }
  host->loop.data = host;
  host->log = config->log;
  host->hooks = config->hooks;
  host->settings = config->settings;
  host->is_service = config->signals;
  host->armed = MSIP_NEVER;
  host->loaded_at = msip_watch_clock(); /* or a little before */
  host->started_at = uv_now(&host->loop);
  msip_pool_init(&host->pool);
  uv_timer_init(&host->loop, &host->due);
  uv_timer_init(&host->loop, &host->drain);
  host->due.data = host->drain.data = host;

  int err = open_ua(host, why, room);

  if (!err)
    err = open_listeners(host, config, why, room);
  if (!err)
    err = open_shell(host, config, why, room);
  if (err) {
    msip_host_free(host);
    return err;
  }
  for (unsigned i = 0; i < host->listener_count; i++)
    msip_log(&host->log, MSIP_LOG_INFO, MSIP_STR(""), "listening on %s",
             host->listener[i].name);
  *out = host;
  return 0;
}

void msip_host_free(struct msip_host *host)
{
  if (!host)
    return;
  msip_admin_free(host->admin);
  msip_signals_free(host->signals);
  msip_watch_free(host->watch);
  if (host->ua)
    msip_ua_free(host->ua);
  for (unsigned i = 0; i < host->listener_count; i++)
    msip_udp_free(host->listener[i].udp);
  uv_close((uv_handle_t *)&host->due, NULL);
  uv_close((uv_handle_t *)&host->drain, NULL);
  while (uv_loop_close(&host->loop) == UV_EBUSY) /* close callbacks */
    uv_run(&host->loop, UV_RUN_DEFAULT);
  msip_pool_fini(&host->pool);
  free(host);
}

struct msip_ua *msip_host_ua(struct msip_host *host)
{
  return host->ua;
}

const char *msip_host_listening(const struct msip_host *host, unsigned i)
{
  return i < host->listener_count ? host->listener[i].name : NULL;
}
