/* message/reason.h -- one Reason value: why a call ended (RFC 3326). */
#pragma once

#include "base/str.h"

struct msip_reason {
  struct msip_str protocol; /* "SIP", "Q.850" */
  bool has_cause;
  uint32_t cause;
  struct msip_str text; /* without quotes, quoted-pairs as written */
};

/* Reads all of `value`; MSIP_ESYNTAX, also for a cause that is no number. */
int msip_reason_parse(struct msip_reason *out, struct msip_str value);
