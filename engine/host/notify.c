#include "host/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void msip_notify(const char *state)
{
  const char *path = getenv("NOTIFY_SOCKET");
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  size_t len = path ? strlen(path) : 0;

  if (len == 0 || len >= sizeof name.sun_path)
    return;
  memcpy(name.sun_path, path, len);
  if (path[0] == '@') /* Linux's abstract names */
    name.sun_path[0] = '\0';

  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (fd < 0)
    return;
  /* A manager that is gone is no reason to stop answering calls. */
  (void)!sendto(fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL,
                (struct sockaddr *)&name,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
  close(fd);
}
