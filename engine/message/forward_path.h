/* message/forward_path.h -- what becomes of Request-URI and Route on the way
 * through a proxy (RFC 3261 16.4, 16.6.6). */
#pragma once

#include "message/forward.h"

struct msip_forward_path {
  struct msip_str ruri;     /* Request-URI to write */
  struct msip_str next_hop; /* the URI it is sent to */
  struct msip_str last;     /* a URI to append to the Route; empty: none */
  unsigned pushed_first;    /* pushed routes begin with this one */
  unsigned first, end;      /* values of the Route as it came that stay */
};

/* MSIP_ESYNTAX: a Route that has to be read is none. */
int msip_forward_path(struct msip_forward_path *path,
                      const struct msip_forward *f,
                      const struct msip_msg *request);
