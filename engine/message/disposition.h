/* message/disposition.h -- Content-Disposition (RFC 3261 20.11). */
#pragma once

#include "base/str.h"

struct msip_disposition {
  struct msip_str type; /* "session", "render", ... */
  bool optional; /* handling=optional: may be ignored when not understood */
  struct msip_str params;
};

/* Reads all of `value`; MSIP_ESYNTAX.  Without a handling parameter the part
 * is required. */
int msip_disposition_parse(struct msip_disposition *out, struct msip_str value);
