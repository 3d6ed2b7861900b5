/* message/cseq.h -- CSeq: a number below 2**32 and a method (RFC 3261 20.16).
 */
#pragma once

#include "base/str.h"

struct msip_cseq {
  uint32_t number;
  struct msip_str method;
};

/* Reads all of `value`; MSIP_ESYNTAX for anything else, too large a number
 * included. */
int msip_cseq_parse(struct msip_cseq *out, struct msip_str value);
