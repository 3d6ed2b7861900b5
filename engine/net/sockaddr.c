#include "net/sockaddr.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/err.h"

socklen_t msip_sockaddr_of(struct sockaddr_storage *out,
                           const struct msip_addr *addr)
{
  memset(out, 0, sizeof *out);
  if (addr->family == 6) {
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

    six->sin6_family = AF_INET6;
    six->sin6_port = htons(addr->port);
    memcpy(&six->sin6_addr, addr->ip, 16);
    return sizeof *six;
  }

  struct sockaddr_in *four = (struct sockaddr_in *)out;

  four->sin_family = AF_INET;
  four->sin_port = htons(addr->port);
  memcpy(&four->sin_addr, addr->ip, 4);
  return sizeof *four;
}

struct msip_addr msip_sockaddr_addr(const struct sockaddr_storage *from)
{
  struct msip_addr addr = {0};

  if (from->ss_family == AF_INET6) {
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)from;

    addr.family = 6;
    addr.port = ntohs(six->sin6_port);
    memcpy(addr.ip, &six->sin6_addr, 16);
  } else if (from->ss_family == AF_INET) {
    const struct sockaddr_in *four = (const struct sockaddr_in *)from;

    addr.family = 4;
    addr.port = ntohs(four->sin_port);
    memcpy(addr.ip, &four->sin_addr, 4);
  }
  return addr;
}

int msip_sockaddr_lookup(struct msip_addr *out, struct msip_str host,
                         uint16_t port, char *why, size_t room)
{
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found = NULL;
  struct sockaddr_storage first = {0};
  struct msip_addr addr;
  char name[256];

  if (msip_addr_parse(&addr, host) == 0) {
    addr.port = port;
    *out = addr;
    return 0;
  }
  if (host.len >= sizeof name || memchr(host.at, '\0', host.len)) {
    snprintf(why, room, "the host name is too long");
    return MSIP_EINVALID;
  }
  memcpy(name, host.at, host.len);
  name[host.len] = '\0';

  int rc = getaddrinfo(name, NULL, &hints, &found);

  if (rc) {
    snprintf(why, room, "%s: %s", name, gai_strerror(rc));
    return MSIP_EINVALID;
  }
  memcpy(&first, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  *out = msip_sockaddr_addr(&first);
  out->port = port;
  return 0;
}
