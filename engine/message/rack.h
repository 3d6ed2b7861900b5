/* message/rack.h -- RAck: which reliable response a PRACK is for (RFC 3262
 * 7.2). */
#pragma once

#include "base/str.h"

struct msip_rack {
  uint32_t rseq;
  uint32_t cseq;
  struct msip_str method;
};

/* Reads all of `value`; MSIP_ESYNTAX. */
int msip_rack_parse(struct msip_rack *out, struct msip_str value);
