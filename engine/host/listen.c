#include "host/listen.h"

#include <stdio.h>

#include "base/err.h"
#include "base/nearest.h"
#include "net/sockaddr.h"

static const char *const transports[] = {"udp", "tcp", "tls", "ws", "wss"};

bool msip_listen_split(struct msip_str text, struct msip_str *host,
                       uint16_t *port)
{
  size_t end = 0;
  uint32_t number = *port;

  if (text.len > 0 && text.at[0] == '[') {
    end = msip_str_find(text, ']') + 1;
    if (end > text.len)
      return false;
  } else {
    end = msip_str_find(text, ':');
  }

  struct msip_str rest = msip_str_of(text.at + end, text.len - end);

  if (end == 0 || (rest.len > 0 && rest.at[0] != ':'))
    return false;
  if (rest.len > 0 &&
      msip_str_u32(msip_str_of(rest.at + 1, rest.len - 1), 65535, &number))
    return false;
  *host = msip_str_of(text.at, end);
  *port = (uint16_t)number;
  return true;
}

static int refuse_transport(struct msip_str name, const char *uri, char *why,
                            size_t room)
{
  for (unsigned i = 1; i < sizeof transports / sizeof *transports; i++) {
    if (msip_str_ieq(name, msip_str_c(transports[i]))) {
      snprintf(why, room, "cannot listen on \"%s\": only udp is served", uri);
      return MSIP_EINVALID;
    }
  }

  const char *meant = msip_nearest(name, transports, 1);

  snprintf(why, room,
           meant ? "\"%s\" is no listen URI; did you mean \"udp:...\"?"
                 : "\"%s\" is no listen URI such as udp:127.0.0.1:5060",
           uri);
  return MSIP_EINVALID;
}

int msip_listen_parse(struct msip_addr *out, const char *uri, char *why,
                      size_t room)
{
  struct msip_str text = msip_str_c(uri);
  size_t colon = msip_str_find(text, ':');
  struct msip_str host;
  uint16_t port = MSIP_SIP_PORT;
  char reason[160];

  if (colon == text.len ||
      !msip_str_ieq(msip_str_of(text.at, colon), MSIP_STR("udp")))
    return refuse_transport(msip_str_of(text.at, colon), uri, why, room);
  if (!msip_listen_split(msip_str_of(text.at + colon + 1, text.len - colon - 1),
                         &host, &port)) {
    snprintf(why, room,
             "\"%s\" is no listen URI such as udp:127.0.0.1:5060 or "
             "udp:[::1]:5060",
             uri);
    return MSIP_EINVALID;
  }

  int err = msip_sockaddr_lookup(out, host, port, reason, sizeof reason);

  if (err)
    snprintf(why, room, "cannot listen on %s: %s", uri, reason);
  return err;
}
