/* message/event.h -- Event: a package and which subscription (RFC 6665 8.2.1).
 */
#pragma once

#include "base/str.h"

struct msip_event_name {
  struct msip_str package; /* templates included, "presence.winfo" */
  struct msip_str id;      /* empty when absent */
  struct msip_str params;
};

/* Reads all of `value`; MSIP_ESYNTAX. */
int msip_event_parse(struct msip_event_name *out, struct msip_str value);
/* The same package and id; packages are compared byte by byte (RFC 6665
 * 8.2.1). */
bool msip_event_equal(const struct msip_event_name *a,
                      const struct msip_event_name *b);
