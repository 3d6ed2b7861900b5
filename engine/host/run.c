#include <stdio.h>

#include "host/inside.h"
#include "host/notify.h"
#include "host/watch.h"

static void tell_manager(const struct msip_host *host, const char *state)
{
  if (host->is_service)
    msip_notify(state);
}

/* Scripts may have armed something since the last turn: on_start, or code that
 * steps the host by itself. */
void msip_host_run(struct msip_host *host)
{
  if (!host->stopped && !host->draining)
    tell_manager(host, "READY=1");
  msip_host_turn(host);
  while (!host->stopped)
    uv_run(&host->loop, UV_RUN_DEFAULT);
  if (!host->draining)
    tell_manager(host, "STOPPING=1");
}

bool msip_host_step(struct msip_host *host)
{
  if (host->stopped)
    return false;
  msip_host_turn(host);
  uv_run(&host->loop, UV_RUN_NOWAIT);
  host->stepped = true;
  return !host->stopped;
}

int msip_host_fd(const struct msip_host *host)
{
  return uv_backend_fd(&host->loop);
}

/* libuv puts descriptors into its epoll set when it runs, so the first step
 * comes at once, and so does one that has datagrams queued.  The loop's own
 * time is that of its last run and would make the wait too long. */
int msip_host_timeout(const struct msip_host *host)
{
  int timeout = uv_backend_timeout(&host->loop);
  uint64_t late = uv_hrtime() / 1000000 - uv_now(&host->loop);

  if (!host->stepped || host->stopped)
    return 0;
  for (unsigned i = 0; i < host->listener_count; i++)
    if (msip_udp_has_queue(host->listener[i].udp))
      return 0;
  if (msip_ua_deadline(host->ua) < host->armed)
    return 0;
  return timeout > 0 ? late < (uint64_t)timeout ? timeout - (int)late : 0
                     : timeout;
}

void msip_host_stop(struct msip_host *host)
{
  host->stopped = true;
  uv_stop(&host->loop);
}

static void on_drain_timeout(uv_timer_t *timer)
{
  struct msip_host *host = timer->data;

  msip_log(&host->log, MSIP_LOG_WARN, MSIP_STR(""),
           "stopping with %u calls left after drain.timeout",
           msip_ua_census(host->ua).sessions);
  msip_host_stop(host);
}

/* The first look comes from the loop, since a script may be draining us. */
static void on_drain(uv_timer_t *timer)
{
  struct msip_host *host = timer->data;

  uv_timer_start(timer, on_drain_timeout, host->settings->drain_timeout, 0);
  msip_host_turn(host);
}

void msip_host_drain(struct msip_host *host)
{
  if (host->draining)
    return;
  host->draining = true;
  tell_manager(host, "STOPPING=1");
  msip_log(&host->log, MSIP_LOG_INFO, MSIP_STR(""), "draining: %u calls left",
           msip_ua_census(host->ua).sessions);
  msip_ua_set_draining(host->ua, true);
  uv_timer_start(&host->drain, on_drain, 0, 0);
}

int msip_host_reload(struct msip_host *host, char *why, size_t room)
{
  char state[80];

  snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%llu",
           (unsigned long long)(uv_hrtime() / 1000));
  tell_manager(host, state);

  host->loaded_at = msip_watch_clock();

  int err = host->hooks.reload(host->hooks.arg, why, room);

  host->loaded_at = MSIP_WATCH_AS_IS;

  tell_manager(host, "READY=1");
  return err;
}

static void on_changed(void *arg)
{
  char why[512] = "";

  msip_host_reload(arg, why, sizeof why);
  msip_host_turn(arg);
}

int msip_host_watch(struct msip_host *host, const char *const *files,
                    unsigned count)
{
  int err = host->watch
                ? 0
                : msip_watch_new(&host->watch, &host->loop, on_changed, host);

  if (!err)
    err = msip_watch_set(host->watch, files, count, host->loaded_at);
  host->loaded_at = MSIP_WATCH_AS_IS;
  return err;
}
