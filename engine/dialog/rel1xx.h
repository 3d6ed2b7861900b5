/* dialog/rel1xx.h -- numbering of reliable provisional responses and matching
 * of their PRACK (RFC 3262 section 3).  Pure. */
#pragma once

#include "message/msg.h"

struct msip_rel1xx {
  uint32_t rseq; /* of the latest one sent; 0: none yet */
  bool unacked;  /* its PRACK has not come */
};

/* The next RSeq: `random` picks the first in 1..2^31-1, then one more each
 * time.  MSIP_ETOOBIG when it would wrap (RFC 3262 section 3: it must not). */
int msip_rel1xx_next(struct msip_rel1xx *rel, uint32_t random, uint32_t *rseq);

/* Compares RAck with the INVITE of `invite_cseq`; true acknowledges the
 * response that waits.  False: answer 481, for one acknowledged before too. */
bool msip_rel1xx_prack(struct msip_rel1xx *rel, const struct msip_msg *prack,
                       uint32_t invite_cseq);
