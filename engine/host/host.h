/* host/host.h -- the process around one user agent core: its libuv loop, its
 * sockets, signals, file watch and admin endpoint.
 *
 * The host owns the pool, the ua and the loop.  Nothing here knows Lua: what a
 * script must do comes back through the hooks, always with the engine at rest.
 */
#pragma once

#include "ua/ua.h"

struct json_t;
struct msip_host;

struct msip_host_hooks {
  void *arg;
  /* Drain the outbox (msip_ua_next_event), then return; the host sweeps. */
  void (*turn)(void *arg);
  /* Reload the script: 0, or an error with a sentence in `why`. */
  int (*reload)(void *arg, char *why, size_t room);
  /* Adds the caller's fields to a status report (jansson object). */
  void (*status)(void *arg, struct json_t *report);
  /* As in msip_ua_config. */
  void (*on_release)(void *arg, void *box);
};

struct msip_host_config {
  const struct msip_settings *settings; /* outlives the host */
  const char *const *listen;            /* "udp:127.0.0.1:5060", at least one */
  unsigned listen_count;
  const char *admin; /* "unix:/path", "127.0.0.1:8060", NULL: none */
  struct msip_log log;
  bool signals; /* SIGHUP reloads, SIGTERM drains, SIGINT stops */
  struct msip_host_hooks hooks;
};

/* Binds every socket (port 0 picks a free one) and logs "listening on
 * udp:127.0.0.1:5060" for each.  MSIP_EINVALID, MSIP_ESYSTEM or MSIP_ENOMEM
 * with one sentence in `why`; nothing is left open then. */
int msip_host_new(struct msip_host **out, const struct msip_host_config *config,
                  char *why, size_t room);
/* Closes all and frees the ua. */
void msip_host_free(struct msip_host *host);

struct msip_ua *msip_host_ua(struct msip_host *host);
/* "udp:127.0.0.1:5060" as bound; NULL after the last. */
const char *msip_host_listening(const struct msip_host *host, unsigned i);

/* Runs until msip_host_stop, or until a drain has finished. */
void msip_host_run(struct msip_host *host);
/* One turn that does not block; false once it is stopped. */
bool msip_host_step(struct msip_host *host);
/* For another event loop: poll this descriptor for reading, at most so many
 * milliseconds (-1: no limit), then step. */
int msip_host_fd(const struct msip_host *host);
int msip_host_timeout(const struct msip_host *host);
void msip_host_stop(struct msip_host *host);
/* New calls get 503; stops when calls have ended or after drain.timeout. */
void msip_host_drain(struct msip_host *host);

/* Watches these files (copied list, replaces the former); a change calls
 * hooks.reload after 50 ms of quiet. */
int msip_host_watch(struct msip_host *host, const char *const *files,
                    unsigned count);
