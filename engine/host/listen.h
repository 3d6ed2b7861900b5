/* host/listen.h -- listen URIs: "udp:HOST:PORT", "udp:HOST", IPv6 in
 * brackets. */
#pragma once

#include "base/flow.h"

enum { MSIP_SIP_PORT = 5060 };

/* Reads a listen URI; a host name is looked up, which may block.  MSIP_EINVALID
 * with a sentence in `why`; only UDP is served. */
int msip_listen_parse(struct msip_addr *out, const char *uri, char *why,
                      size_t room);
/* Splits "HOST:PORT" or "HOST" (then `*port` keeps its value).  False when the
 * port is no number up to 65535 or the host is empty. */
bool msip_listen_split(struct msip_str text, struct msip_str *host,
                       uint16_t *port);
