/* net/sockaddr.h -- the only place where socket addresses meet msip_addr. */
#pragma once

#include <sys/socket.h>

#include "base/addr.h"

/* Returns the length that `out` got. */
socklen_t msip_sockaddr_of(struct sockaddr_storage *out,
                           const struct msip_addr *addr);
/* Family 0 for anything but IPv4 and IPv6. */
struct msip_addr msip_sockaddr_addr(const struct sockaddr_storage *from);

/* Numeric or by name ("localhost"; blocks, so only at start); the first
 * address wins.  MSIP_EINVALID with a sentence in `why`. */
int msip_sockaddr_lookup(struct msip_addr *out, struct msip_str host,
                         uint16_t port, char *why, size_t room);
