#include "host/admin_address.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "host/listen.h"
#include "net/sockaddr.h"

enum { BACKLOG = 16 };

const char *msip_admin_path(const struct msip_admin_address *address)
{
  const struct sockaddr_un *un = (const struct sockaddr_un *)&address->name;

  return address->name.ss_family == AF_UNIX ? un->sun_path : NULL;
}

bool msip_admin_is_local(const struct msip_admin_address *address)
{
  static const uint8_t six[16] = {[15] = 1};

  if (address->name.ss_family == AF_UNIX)
    return true;

  struct msip_addr addr = msip_sockaddr_addr(&address->name);

  return addr.family == 4 ? addr.ip[0] == 127 : memcmp(addr.ip, six, 16) == 0;
}

static int parse_path(struct msip_admin_address *out, const char *path,
                      char *why, size_t room)
{
  struct sockaddr_un *un = (struct sockaddr_un *)&out->name;
  size_t len = strlen(path);

  if (len == 0 || len >= sizeof un->sun_path) {
    snprintf(why, room, "\"unix:%s\": a path of 1 to %zu bytes is needed", path,
             sizeof un->sun_path - 1);
    return MSIP_EINVALID;
  }
  memset(out, 0, sizeof *out);
  un->sun_family = AF_UNIX;
  memcpy(un->sun_path, path, len);
  out->len = sizeof *un;
  return 0;
}

int msip_admin_address_parse(struct msip_admin_address *out, const char *text,
                             char *why, size_t room)
{
  struct msip_addr addr;
  struct msip_str host;
  uint16_t port = 0;
  char reason[160];

  if (strncmp(text, "unix:", 5) == 0)
    return parse_path(out, text + 5, why, room);
  if (!msip_listen_split(msip_str_c(text), &host, &port) || port == 0) {
    snprintf(
        why, room,
        "\"%s\" is no admin address such as unix:/run/moonsip/moonsip.sock "
        "or 127.0.0.1:8060",
        text);
    return MSIP_EINVALID;
  }
  if (msip_sockaddr_lookup(&addr, host, port, reason, sizeof reason)) {
    snprintf(why, room, "admin address %s: %s", text, reason);
    return MSIP_EINVALID;
  }
  out->len = msip_sockaddr_of(&out->name, &addr);
  return 0;
}

/* Chooses the folder; true when others can write beside it, so that it must be
 * looked at before it is trusted. */
static bool choose_folder(char *out, size_t room)
{
  const char *given = getenv("RUNTIME_DIRECTORY");
  const char *own = getenv("XDG_RUNTIME_DIR");
  const char *temporary = getenv("TMPDIR");

  if (given && *given) {
    snprintf(out, room, "%.*s", (int)strcspn(given, ":"), given);
    return false;
  }
  if (geteuid() == 0) {
    snprintf(out, room, "/run/moonsip");
    return false;
  }
  if (own && *own) {
    snprintf(out, room, "%s", own);
    return false;
  }
  snprintf(out, room, "%s/moonsip-%u",
           temporary && *temporary ? temporary : "/tmp", (unsigned)geteuid());
  return true;
}

/* Somebody else may have made the folder first, to catch our commands. */
static bool is_private(const char *folder)
{
  struct stat now;

  return lstat(folder, &now) == 0 && S_ISDIR(now.st_mode) &&
         now.st_uid == geteuid() && (now.st_mode & 077) == 0;
}

int msip_admin_address_default(char *out, size_t out_room, bool create,
                               char *why, size_t room)
{
  char folder[256];
  bool shared = choose_folder(folder, sizeof folder);

  if (create && mkdir(folder, 0700) && errno != EEXIST) {
    snprintf(why, room, "admin folder %s: %s (--admin names another place)",
             folder, strerror(errno));
    return MSIP_ESYSTEM;
  }
  if (shared && !is_private(folder) && (create || errno != ENOENT)) {
    snprintf(why, room,
             "admin folder %s is open to others (--admin names another place)",
             folder);
    return MSIP_ESYSTEM;
  }
  snprintf(out, out_room, "unix:%s/moonsip.sock", folder);
  return 0;
}

int msip_admin_connect(int *fd, const struct msip_admin_address *address)
{
  int s = socket(address->name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (s < 0)
    return MSIP_ESYSTEM;
  if (connect(s, (const struct sockaddr *)&address->name, address->len)) {
    int err = errno;

    close(s);
    errno = err;
    return MSIP_ESYSTEM;
  }
  *fd = s;
  return 0;
}

/* Removes a socket nobody listens on; false when it is in use or no socket. */
static bool clear_path(const struct msip_admin_address *address)
{
  const char *path = msip_admin_path(address);
  struct stat now;
  int fd;

  if (!path || lstat(path, &now))
    return true;
  if (!S_ISSOCK(now.st_mode))
    return false;
  if (msip_admin_connect(&fd, address) == 0) {
    close(fd);
    return false;
  }
  return errno == ECONNREFUSED && unlink(path) == 0;
}

static int bind_private(int fd, const struct msip_admin_address *address)
{
  mode_t before = umask(0177);
  int rc = bind(fd, (const struct sockaddr *)&address->name, address->len);
  int err = errno;

  umask(before);
  errno = err;
  return rc;
}

int msip_admin_listen(int *fd, const struct msip_admin_address *address,
                      char *why, size_t room)
{
  const char *path = msip_admin_path(address);
  int on = 1;

  if (!clear_path(address)) {
    snprintf(why, room,
             "%s is in use, perhaps by another engine; give --admin another "
             "address, or none",
             path);
    return MSIP_ESYSTEM;
  }

  int s = socket(address->name.ss_family,
                 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (s >= 0 && !path)
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (s < 0 || bind_private(s, address) || listen(s, BACKLOG)) {
    snprintf(why, room, "admin endpoint%s%s: %s", path ? " " : "",
             path ? path : "", strerror(errno));
    if (s >= 0)
      close(s);
    return MSIP_ESYSTEM;
  }
  *fd = s;
  return 0;
}
