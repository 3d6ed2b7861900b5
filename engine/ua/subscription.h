/* ua/subscription.h -- one side's agreement to tell the other about changes of
 * something (RFC 6665), in its own dialog or inside a call.
 *
 * The engine owns it: as notifier from the 2xx of a SUBSCRIBE or REFER, as
 * subscriber from the request, or from the first NOTIFY or 2xx of each fork,
 * until it is over and no event about it is left; then its box is released.
 */
#pragma once

#include "dialog/subscribe.h"
#include "ua/request.h"

struct msip_outgoing;
struct msip_subscription;

bool msip_subscription_is_notifier(const struct msip_subscription *sub);
enum msip_subscription_state
msip_subscription_state(const struct msip_subscription *sub);
/* "presence" */
struct msip_str msip_subscription_event(const struct msip_subscription *sub);
/* The id parameter of Event; empty when it has none. */
struct msip_str msip_subscription_id(const struct msip_subscription *sub);
/* Seconds left. */
uint32_t msip_subscription_expires(const struct msip_subscription *sub);
/* The dialog it lives in: a call, or a session that scripts do not see. */
const struct msip_session *
msip_subscription_dialog(const struct msip_subscription *sub);
/* The call it lives in, or NULL. */
struct msip_session *
msip_subscription_session(const struct msip_subscription *sub);
/* The request that made it, while that lives; NULL. */
struct msip_outgoing *
msip_subscription_maker(const struct msip_subscription *sub);
/* Once it is over: when a new one makes sense (RFC 6665 4.1.3). */
struct msip_seconds
msip_subscription_again(const struct msip_subscription *sub);

/* What a NOTIFY says beside its headers and body. */
struct msip_notice {
  const struct msip_reply *options;   /* headers, body; `status` of a REFER */
  enum msip_subscription_state state; /* INIT: as it is */
  struct msip_str reason;             /* TERMINATED: empty: "noresource" */
  struct msip_seconds retry_after;
};

/* Notifier: sends a NOTIFY, or queues it until the one before it is answered.
 * TERMINATED ends the subscription.  For the package refer the body is a
 * message/sipfrag, made from options->status when no body is given; a final
 * status ends it.  MSIP_EGONE: over; MSIP_EPENDING: too many are queued;
 * MSIP_EINVALID; MSIP_ESTATE: a subscriber's; MSIP_ENOMEM. */
int msip_subscription_notify(struct msip_subscription *sub,
                             const struct msip_notice *notice,
                             struct msip_outgoing **out);
/* The 2xx is out and the script said nothing yet: a NOTIFY with the body of the
 * one before, or none (RFC 6665 4.2.1.2). */
void msip_subscription_notify_default(struct msip_subscription *sub);

/* Subscriber: renews it now; `expires` not given: as asked before; 0 ends it
 * once the last NOTIFY arrived.  MSIP_EGONE; MSIP_EPENDING: a SUBSCRIBE is
 * under way; MSIP_ESTATE: a notifier's; MSIP_EINVALID; MSIP_ENOMEM. */
int msip_subscription_refresh(struct msip_subscription *sub,
                              const struct msip_reply *options,
                              struct msip_seconds expires,
                              struct msip_outgoing **out);
/* Lets go of it without a word to the peer. */
void msip_subscription_dispose(struct msip_subscription *sub);

void msip_subscription_set_box(struct msip_subscription *sub, void *box);
void *msip_subscription_box(const struct msip_subscription *sub);
