/* dialog/rel1xx.h -- numbering of reliable provisional responses and matching
 * of their PRACK (RFC 3262 section 3).  Pure. */
#pragma once

#include "message/msg.h"

struct msip_rel1xx {
  uint32_t rseq;   /* of the latest one sent; 0: none yet */
  bool unacked;    /* its PRACK has not come */
  bool acked_once; /* some reliable response was acknowledged */
};

/* The next RSeq: `random` picks the first in 1..2^31-1, then one more each
 * time.  MSIP_ETOOBIG when it would wrap (RFC 3262 section 3: it must not). */
int msip_rel1xx_next(struct msip_rel1xx *rel, uint32_t random, uint32_t *rseq);

enum msip_prack {
  MSIP_PRACK_MATCH,  /* acknowledges the response that waits */
  MSIP_PRACK_REPEAT, /* one that was acknowledged before, or is not needed */
  MSIP_PRACK_WRONG,  /* answer 481 */
};

/* Compares RAck with the INVITE of `invite_cseq`; a match acknowledges. */
enum msip_prack msip_rel1xx_prack(struct msip_rel1xx *rel,
                                  const struct msip_msg *prack,
                                  uint32_t invite_cseq);
