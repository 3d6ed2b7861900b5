#include "host/admin_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "host/admin_address.h"

enum { PATIENCE_SECONDS = 60, ANSWER_MAX = 4 << 20 };

static bool send_all(int fd, const char *text, size_t len)
{
  while (len > 0) {
    ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

    if (n <= 0)
      return false;
    text += n;
    len -= (size_t)n;
  }
  return true;
}

/* Everything up to the end of the stream, terminated; NULL with errno set. */
static char *read_all(int fd)
{
  size_t room = 65536, len = 0;
  char *text = malloc(room);

  while (text) {
    ssize_t n = recv(fd, text + len, room - len - 1, 0);

    if (n == 0) {
      text[len] = '\0';
      return text;
    }
    len += n > 0 ? (size_t)n : 0;
    if (n < 0 || len > ANSWER_MAX) {
      if (n > 0)
        errno = EMSGSIZE;
      break;
    }
    if (room - len < 2) {
      char *more = realloc(text, room *= 2);

      if (!more)
        break;
      text = more;
    }
  }
  free(text);
  return NULL;
}

static char *exchange(int fd, const char *method, const char *path)
{
  struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
  char head[256];
  int len = snprintf(head, sizeof head,
                     "%s %s HTTP/1.1\r\nHost: localhost\r\n"
                     "Content-Length: 0\r\nConnection: close\r\n\r\n",
                     method, path);

  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return send_all(fd, head, (size_t)len) ? read_all(fd) : NULL;
}

static int read_answer(struct msip_admin_answer *out, const char *text)
{
  const char *body = strstr(text, "\r\n\r\n");
  struct msip_str rest = msip_str_c(text), word;
  uint32_t status;

  if (!body || !msip_str_cut(&rest, ' ', &word) ||
      !msip_str_starts(word, MSIP_STR("HTTP/1.")) ||
      !msip_str_cut(&rest, ' ', &word) || msip_str_u32(word, 599, &status))
    return MSIP_ESYNTAX;

  json_t *object = json_loads(body + 4, 0, NULL);

  if (!json_is_object(object)) {
    json_decref(object);
    return MSIP_ESYNTAX;
  }
  out->status = status;
  out->body = object;
  return 0;
}

int msip_admin_ask(struct msip_admin_answer *out, const char *address,
                   const char *method, const char *path, char *why, size_t room)
{
  struct msip_admin_address where;
  int fd;
  int err = msip_admin_address_parse(&where, address, why, room);

  if (err)
    return err;
  if (msip_admin_connect(&fd, &where)) {
    snprintf(why, room, "no engine answers at %s: %s", address,
             strerror(errno));
    return MSIP_ESYSTEM;
  }

  char *text = exchange(fd, method, path);

  err = text ? read_answer(out, text) : MSIP_ESYSTEM;
  if (!text)
    snprintf(why, room, "%s: %s", address, strerror(errno));
  else if (err)
    snprintf(why, room, "%s is no engine: it answered something else", address);
  free(text);
  close(fd);
  return err ? MSIP_ESYSTEM : 0;
}
