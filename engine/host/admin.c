#include "host/admin.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/admin_address.h"
#include "host/admin_routes.h"
#include "host/inside.h"
#include "host/listen.h"

enum {
  CONNECTIONS = 32,
  CONNECTION_BYTES = 32768,
  IDLE_SECONDS = 10,
  BODY_MAX = 65536,
};

struct msip_admin {
  struct msip_host *host;
  struct MHD_Daemon *daemon;
  struct msip_admin_address address;
  struct stat made; /* the Unix socket as we made it */
  uv_poll_t poll;
  uv_timer_t timer;
  unsigned open; /* handles that are not closed */
};

/* What a connection's request has come to; libmicrohttpd keeps the pointer. */
static const char seen, stops;

static void *mark(const char *state)
{
  return (void *)(uintptr_t)state;
}

static const char *header(struct MHD_Connection *c, const char *name)
{
  return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

/* A page in a browser can send POST here, and by a DNS name of its own that
 * points at this machine read what comes back.  Both show: such requests carry
 * an Origin, or a Host that is neither an address nor localhost. */
static bool is_from_browser(struct MHD_Connection *c)
{
  struct msip_str host = msip_str_c(header(c, "Host"));
  struct msip_addr addr;
  uint16_t port = 0;

  if (header(c, "Origin") || header(c, "Sec-Fetch-Site"))
    return true;
  if (host.len == 0)
    return false;
  return !msip_listen_split(host, &host, &port) ||
         (!msip_str_ieq(host, MSIP_STR("localhost")) &&
          msip_addr_parse(&addr, host) != 0);
}

static bool is_body_too_big(struct MHD_Connection *c)
{
  const char *length = header(c, "Content-Length");
  uint32_t n;

  return header(c, "Transfer-Encoding") ||
         (length && msip_str_u32(msip_str_c(length), BODY_MAX, &n) != 0);
}

static enum MHD_Result answer(struct MHD_Connection *c,
                              struct msip_admin_reply reply)
{
  char *text = reply.body ? json_dumps(reply.body, JSON_INDENT(2)) : NULL;
  struct MHD_Response *r = text ? MHD_create_response_from_buffer(
                                      strlen(text), text, MHD_RESPMEM_MUST_FREE)
                                : NULL;
  enum MHD_Result result = MHD_NO;

  json_decref(reply.body);
  if (r) {
    MHD_add_response_header(r, "Content-Type", "application/json");
    if (reply.allow)
      MHD_add_response_header(r, "Allow", reply.allow);
    result = MHD_queue_response(c, reply.status, r);
    MHD_destroy_response(r);
  } else {
    free(text);
  }
  return result;
}

/* Called once with the head, then for each piece of a body, then at its end. */
/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd's parameters */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c,
                                  const char *path, const char *method,
                                  const char *version, const char *body,
                                  size_t *body_len, void **state)
{
  struct msip_admin *admin = arg;

  (void)version;
  (void)body;
  if (!*state) {
    *state = mark(&seen);
    if (is_from_browser(c))
      return answer(c, msip_admin_refuse(403, "not for web pages"));
    if (is_body_too_big(c))
      return answer(c, msip_admin_refuse(413, "the body is too big"));
    return MHD_YES;
  }
  if (*body_len > 0) { /* no path reads one */
    *body_len = 0;
    return MHD_YES;
  }

  struct msip_admin_reply reply = msip_admin_route(admin->host, method, path);

  if (reply.stops)
    *state = mark(&stops);
  return answer(c, reply);
}

static void on_completed(void *arg, struct MHD_Connection *c, void **state,
                         enum MHD_RequestTerminationCode why)
{
  struct msip_admin *admin = arg;

  (void)c;
  (void)why;
  if (*state == mark(&stops))
    msip_host_stop(admin->host);
}

static void on_timer(uv_timer_t *timer);

static void run(struct msip_admin *admin)
{
  MHD_UNSIGNED_LONG_LONG wait;

  MHD_run(admin->daemon);
  if (MHD_get_timeout(admin->daemon, &wait) == MHD_YES)
    uv_timer_start(&admin->timer, on_timer, wait, 0);
  else
    uv_timer_stop(&admin->timer);
}

static void on_timer(uv_timer_t *timer)
{
  run(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
  (void)status;
  (void)events;
  run(poll->data);
}

static struct MHD_Daemon *start_daemon(struct msip_admin *admin, int fd)
{
  return MHD_start_daemon(
      MHD_USE_EPOLL, 0, NULL, NULL, on_request, admin, MHD_OPTION_LISTEN_SOCKET,
      (MHD_socket)fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, admin,
      MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
      MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_END);
}

static int start(struct msip_admin *admin, char *why, size_t room)
{
  uv_loop_t *loop = &admin->host->loop;
  int fd;
  int err = msip_admin_listen(&fd, &admin->address, why, room);

  if (err)
    return err;
  if (msip_admin_path(&admin->address))
    lstat(msip_admin_path(&admin->address), &admin->made);
  admin->daemon = start_daemon(admin, fd);
  if (!admin->daemon) {
    close(fd);
    snprintf(why, room, "the admin endpoint does not start");
    return MSIP_ESYSTEM;
  }

  const union MHD_DaemonInfo *info =
      MHD_get_daemon_info(admin->daemon, MHD_DAEMON_INFO_EPOLL_FD);

  uv_timer_init(loop, &admin->timer);
  uv_poll_init(loop, &admin->poll, info->epoll_fd);
  admin->timer.data = admin->poll.data = admin;
  admin->open = 2;
  uv_poll_start(&admin->poll, UV_READABLE, on_poll);
  return 0;
}

int msip_admin_new(struct msip_admin **out, struct msip_host *host,
                   const char *address, char *why, size_t room)
{
  struct msip_admin *admin = calloc(1, sizeof *admin);
  int err = MSIP_ENOMEM;

  if (admin) {
    admin->host = host;
    err = msip_admin_address_parse(&admin->address, address, why, room);
    if (!err)
      err = start(admin, why, room);
  } else {
    snprintf(why, room, "out of memory");
  }
  if (err) {
    msip_admin_free(admin);
    return err;
  }
  if (!msip_admin_is_local(&admin->address))
    msip_log(&host->log, MSIP_LOG_WARN, MSIP_STR(""),
             "the admin endpoint %s is open to other machines", address);
  *out = admin;
  return 0;
}

static void on_closed(uv_handle_t *handle)
{
  struct msip_admin *admin = handle->data;

  if (--admin->open == 0)
    free(admin);
}

/* Our Unix socket, unless another engine has taken the path since. */
static void remove_socket(const struct msip_admin *admin)
{
  const char *path = msip_admin_path(&admin->address);
  struct stat now;

  if (path && admin->made.st_ino && lstat(path, &now) == 0 &&
      now.st_ino == admin->made.st_ino && now.st_dev == admin->made.st_dev)
    unlink(path);
}

void msip_admin_free(struct msip_admin *admin)
{
  if (!admin)
    return;
  remove_socket(admin);
  if (!admin->daemon) {
    free(admin);
    return;
  }
  uv_close((uv_handle_t *)&admin->poll, on_closed);
  uv_close((uv_handle_t *)&admin->timer, on_closed);
  MHD_stop_daemon(admin->daemon);
}
