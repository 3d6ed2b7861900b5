/* message/ctype.h -- a media type: Content-Type, Accept (RFC 3261 20.15). */
#pragma once

#include "base/str.h"

struct msip_ctype {
  struct msip_str type;
  struct msip_str subtype;
  struct msip_str params; /* from the first ';', or empty */
};

/* Reads all of `value`; MSIP_ESYNTAX. */
int msip_ctype_parse(struct msip_ctype *out, struct msip_str value);
/* Case and parameters do not matter; a "*" in `ctype`, as Accept may have,
 * stands for anything. */
bool msip_ctype_is(const struct msip_ctype *ctype, struct msip_str type,
                   struct msip_str subtype);
