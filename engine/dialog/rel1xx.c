#include "dialog/rel1xx.h"

#include "message/rack.h"

#define RSEQ_MAX 0x7fffffffu

int msip_rel1xx_next(struct msip_rel1xx *rel, uint32_t random, uint32_t *rseq)
{
  if (rel->rseq == RSEQ_MAX)
    return MSIP_ETOOBIG;
  if (rel->rseq)
    *rseq = rel->rseq + 1;
  else
    *rseq = random % (RSEQ_MAX / 2) + 1; /* far from the end */
  rel->rseq = *rseq;
  rel->unacked = true;
  return 0;
}

bool msip_rel1xx_prack(struct msip_rel1xx *rel, const struct msip_msg *prack,
                       uint32_t invite_cseq)
{
  struct msip_rack rack;

  if (!rel->unacked ||
      msip_rack_parse(&rack, msip_msg_value(prack, MSIP_H_RACK)) != 0 ||
      rack.cseq != invite_cseq || rack.rseq != rel->rseq ||
      !msip_str_eq(rack.method, MSIP_STR("INVITE")))
    return false;
  rel->unacked = false;
  return true;
}
