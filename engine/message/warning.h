/* message/warning.h -- one Warning value (RFC 3261 20.43). */
#pragma once

#include "base/str.h"

struct msip_warning {
  uint32_t code;         /* 100 to 999 */
  struct msip_str agent; /* host and port, or a pseudonym */
  struct msip_str text;  /* without quotes, quoted-pairs as written */
};

/* Reads all of `value`; MSIP_ESYNTAX. */
int msip_warning_parse(struct msip_warning *out, struct msip_str value);
