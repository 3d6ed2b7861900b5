/* host/inside.h -- the host as its own files see it.
 *
 * Everything runs on one loop.  Whoever may have given the ua work or run a
 * script ends with msip_host_turn.
 */
#pragma once

#include <uv.h>

#include "host/host.h"
#include "net/udp.h"

struct msip_admin;
struct msip_signals;
struct msip_watch;

enum { MSIP_HOST_LISTENERS = 64, MSIP_HOST_NAME = 80 };

struct msip_host_listener {
  struct msip_udp *udp;
  char name[MSIP_HOST_NAME]; /* "udp:127.0.0.1:5060" */
};

struct msip_host {
  uv_loop_t loop;
  struct msip_pool pool;
  struct msip_log log;
  struct msip_host_hooks hooks;
  const struct msip_settings *settings;
  struct msip_ua *ua;
  struct msip_host_listener listener[MSIP_HOST_LISTENERS];
  unsigned listener_count;
  struct msip_flow last_path; /* of the latest open_path, and when */
  uint64_t last_path_at;
  uv_timer_t due;               /* follows msip_ua_deadline */
  msip_time armed;              /* when `due` fires, or MSIP_NEVER */
  uv_timer_t drain;             /* ends a drain that takes too long */
  msip_time started_at;         /* loop time */
  struct msip_admin *admin;     /* NULL: none */
  struct msip_signals *signals; /* NULL: not asked for */
  struct msip_watch *watch;     /* NULL until msip_host_watch */
  /* When the script that is to be watched was read, or MSIP_WATCH_AS_IS. */
  uint64_t loaded_at;
  bool is_service; /* speaks to the service manager */
  bool draining;
  bool stepped; /* the loop ran once */
  bool stopped;
};

/* Lets delegates run, sweeps, ends a drain that is done, arms the timer. */
void msip_host_turn(struct msip_host *host);
/* Asks the hook, which also logs, and tells the service manager.  A failure is
 * in `why`. */
int msip_host_reload(struct msip_host *host, char *why, size_t room);
