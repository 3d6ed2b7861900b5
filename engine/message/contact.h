/* message/contact.h -- walking the addresses of Contact (RFC 3261 20.10). */
#pragma once

#include "message/msg.h"
#include "uri/nameaddr.h"

struct msip_contact {
  struct msip_str text; /* the whole value */
  struct msip_nameaddr address;
  uint16_t q; /* thousandths; 1000 when absent */
  bool has_expires;
  uint32_t expires; /* seconds, clamped as msip_delta_parse does */
};

/* One value; MSIP_ESYNTAX, also for a bad q.  An expires that is no number
 * counts as 3600 (10.3 step 7). */
int msip_contact_parse(struct msip_contact *out, struct msip_str value);
/* The next of a walk begun with msip_values_init(v, m, MSIP_H_CONTACT).
 * 1: one was read; 0: the end; MSIP_ESYNTAX. */
int msip_contact_next(struct msip_values *v, struct msip_contact *out);
