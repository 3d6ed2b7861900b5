/* message/route.h -- walking Route and Record-Route (RFC 3261 20.30, 20.34). */
#pragma once

#include "message/msg.h"
#include "uri/nameaddr.h"
#include "uri/uri.h"

struct msip_route {
  struct msip_str text; /* the whole value, as a Route header repeats it */
  struct msip_nameaddr address;
  struct msip_uri uri;
  bool loose; /* the URI has lr (16.12.1.1) */
};

/* One value.  MSIP_ESYNTAX, also for an address that is no SIP or SIPS URI. */
int msip_route_parse(struct msip_route *out, struct msip_str value);
/* The next of a walk begun with msip_values_init.  1: one was read; 0: the
 * end; MSIP_ESYNTAX. */
int msip_route_next(struct msip_values *v, struct msip_route *out);
