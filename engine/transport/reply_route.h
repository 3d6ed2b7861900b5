/* transport/reply_route.h -- where a response goes (RFC 3261 18.2.2,
 * RFC 3581 section 4). */
#pragma once

#include "message/msg.h"

/* Fills `*to` from the request's flow and top Via: a stream answers on its
 * connection; UDP goes to the source address, and to its port when the Via has
 * rport, else to the port of sent-by (5060 when it has none).  maddr is ignored
 * (anybody could aim us at a victim).  The local address is the one the request
 * came to.  MSIP_ETRANSPORT for a multicast or broadcast destination or port
 * 0: nothing may be sent. */
int msip_reply_route(const struct msip_msg *request, struct msip_flow *to);
