/* dialog/gate.h -- may this request in a dialog be processed now?
 *
 * One table for what RFC 3261 14.2, RFC 3311 5.2, RFC 5407 and RFC 6337 4.3 say
 * about requests that cross.  Pure: facts in, a verdict out.
 */
#pragma once

#include "message/method.h"

#include <stdbool.h>
#include <stdint.h>

enum msip_gate_offer {
  MSIP_GATE_NO_OFFER,    /* nothing open */
  MSIP_GATE_OUR_OFFER,   /* ours waits for its answer */
  MSIP_GATE_THEIR_OFFER, /* theirs waits for ours */
};

struct msip_gate {
  enum msip_method method;
  bool has_offer; /* the request carries a session description */
  uint32_t cseq;
  uint32_t remote_seq;
  bool over;            /* BYE was sent or received */
  bool invite_open;     /* an INVITE of theirs has no final response yet */
  bool invite_answered; /* ... but its offer/answer is done and PRACKed */
  bool update_open;     /* an UPDATE of theirs has no final response yet */
  bool own_invite;      /* an INVITE of ours is in progress */
  bool own_update;      /* an UPDATE of ours with an offer is in progress */
  enum msip_gate_offer offer;
};

enum msip_verdict_kind {
  MSIP_GATE_PASS,
  MSIP_GATE_REFUSE,      /* with `status` */
  MSIP_GATE_RETRY_LATER, /* 500 with Retry-After between 0 and 10 s */
};

struct msip_verdict {
  enum msip_verdict_kind kind;
  unsigned status;
};

struct msip_verdict msip_gate_decide(const struct msip_gate *g);
