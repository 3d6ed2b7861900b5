/* ua/outgoing.h -- a request of ours that waits for its final response.  Lives
 * until its transaction ended and no event about it is left. */
#pragma once

#include "base/bytes.h"
#include "message/msg.h"

struct msip_reply;
struct msip_ua;
struct msip_session;
struct msip_outgoing;

enum msip_method msip_outgoing_method(const struct msip_outgoing *o);
/* NULL outside a dialog. */
struct msip_session *msip_outgoing_session(const struct msip_outgoing *o);
/* The bytes as sent; NULL while the request is queued. */
struct msip_bytes *msip_outgoing_bytes(const struct msip_outgoing *o);

/* Our INVITE has its 2xx and nobody acknowledged it yet. */
bool msip_outgoing_needs_ack(const struct msip_outgoing *o);
/* Sends the ACK of our INVITE's 2xx when it brought an offer; `options` (may be
 * NULL) give headers and the answer.  One that answered our offer is
 * acknowledged by the engine at once.  MSIP_ESTATE: nothing to
 * acknowledge; MSIP_EOFFER: the answer is missing or not due; MSIP_EINVALID;
 * MSIP_ENOMEM. */
int msip_outgoing_ack(struct msip_outgoing *o,
                      const struct msip_reply *options);
/* Nobody acknowledged: an ACK without a body; an offer left without answer
 * ends the call (RFC 3261 13.2.2.4, 14.1). */
void msip_outgoing_ack_default(struct msip_outgoing *o);

void msip_outgoing_set_box(struct msip_outgoing *o, void *box);
void *msip_outgoing_box(const struct msip_outgoing *o);
