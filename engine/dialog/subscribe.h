/* dialog/subscribe.h -- the arithmetic of subscriptions (RFC 6665, RFC 3515):
 * how long they live, when to renew them, what ends them.
 */
#pragma once

#include "base/str.h"
#include "base/time.h"

enum msip_subscription_state {
  MSIP_SUBSCRIPTION_INIT, /* no NOTIFY was sent or received */
  MSIP_SUBSCRIPTION_PENDING,
  MSIP_SUBSCRIPTION_ACTIVE,
  MSIP_SUBSCRIPTION_TERMINATED,
};

/* "pending": the Lua spelling, and that of Subscription-State. */
const char *msip_subscription_state_name(enum msip_subscription_state state);

/* Seconds, or not said. */
struct msip_seconds {
  bool given;
  uint32_t n;
};

/* What a notifier grants: what the script says, else what was granted before,
 * else `usual`; never more than was asked (4.2.1.1). */
uint32_t msip_subscribe_grant(struct msip_seconds asked,
                              struct msip_seconds said, uint32_t usual);
/* How long after the start of an interval a subscriber renews it: early enough
 * for a request that gets no answer (timer F) to fail before the end, when the
 * interval is not too short for that. */
msip_time msip_subscribe_renewal(uint32_t seconds);

/* A final response to NOTIFY, or to the SUBSCRIBE of a refresh, that ends the
 * subscription (4.1.2.2, 4.2.2). */
bool msip_subscribe_ends(unsigned status);

/* What a NOTIFY with this reason means for a new subscription (4.1.3): given
 * with 0, at once; with seconds, not before; not given, do not try again. */
struct msip_seconds msip_subscribe_again(struct msip_str reason,
                                         struct msip_seconds retry_after);

/* The status of a message/sipfrag body, which begins with a Status-Line
 * (RFC 3515 2.4.5); 0 when it does not. */
unsigned msip_sipfrag_status(struct msip_str body);
