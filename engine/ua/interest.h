/* ua/interest.h -- a SUBSCRIBE or REFER of ours outside a dialog, and what may
 * come of it: each NOTIFY from another place, or a 2xx, makes a subscription of
 * its own until timer N (RFC 6665 4.1.2.4).
 */
#pragma once

#include "ua/subscription_in.h"

enum { MSIP_FORKS_KEPT = 8 };

struct msip_interest {
  struct msip_map_node node; /* in ua->interests, by Call-ID and From tag */
  struct msip_outgoing *outgoing;
  struct msip_timer wait; /* timer N */
  struct msip_bytes *event;
  struct msip_bytes *headers;
  uint32_t asked;
  unsigned forks;
  uint64_t seen[MSIP_FORKS_KEPT]; /* hashes of dialogs that it made */
  bool listed;
};
/* Before it is sent.  0, MSIP_EINVALID or MSIP_ENOMEM. */
int msip_interest_make(struct msip_outgoing *o,
                       const struct msip_reply *options);
/* A NOTIFY in no dialog that is known: false when nobody waits for it. */
bool msip_interest_notify(struct msip_ua *ua, struct msip_txn *txn,
                          const struct msip_msg *m,
                          const struct msip_facts *facts);
/* Its final response, or NULL. */
void msip_interest_answered(struct msip_outgoing *o,
                            const struct msip_msg *response);
/* More seconds are asked for; false when that are no more. */
bool msip_interest_extend(struct msip_interest *want, uint32_t seconds);
/* It waits for NOTIFYs from elsewhere: the request stays. */
bool msip_interest_lingers(const struct msip_outgoing *o);
void msip_interest_free(struct msip_outgoing *o);
