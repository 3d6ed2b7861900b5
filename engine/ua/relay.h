/* ua/relay.h -- a request that is sent on, as a stateful proxy does
 * (RFC 3261 16).
 *
 *   msip_request_relay_begin(r, &rules);      16.3, 16.4; 100 to an INVITE
 *   msip_request_relay(r, &options, &branch); 16.6, once for each branch
 *   ... MSIP_EV_RESPONSE and MSIP_EV_OUTGOING_FAILED of each branch ...
 *   msip_request_relay_response(r, best, ...) 16.7
 *
 * What cannot wait goes by itself: a provisional response and every 2xx go to
 * the caller at once, a CANCEL is answered and goes to all branches, and so
 * does one when a final response was sent (16.7.5, 16.7.10, 16.10).  Choosing
 * among other final responses is up to the layer above.  A relayed request
 * makes no session.
 */
#pragma once

#include "base/bytes.h"
#include "message/msg.h"

struct msip_outgoing;
struct msip_request;

struct msip_relay_rules {
  const struct msip_str *understood; /* Proxy-Require tags that are fine */
  unsigned understood_count;
  bool preloaded; /* follow a Route that is not ours, of a new request */
  bool tells;     /* provisional responses are events too */
};

/* The request is to be sent on.  0; MSIP_EUNSUPPORTED: it must not be (16.3:
 * no hop left, looped, Proxy-Require, a Route to where it may not go), which
 * was answered; else as the answering functions.  Harmless when repeated. */
int msip_request_relay_begin(struct msip_request *r,
                             const struct msip_relay_rules *rules);

struct msip_relay_options {
  struct msip_str target;        /* new Request-URI; empty: as it came */
  const struct msip_str *routes; /* pushed: URIs or name-addrs */
  unsigned route_count;
  const struct msip_str *headers; /* "Name: value" to add */
  unsigned header_count;
  const struct msip_str *remove; /* names to leave out */
  unsigned remove_count;
  struct msip_str realm; /* Proxy-Authorization of it ends here; empty: none */
  bool record_route;     /* stay on the path of the dialog (16.6.4) */
  bool path;             /* and of requests to this contact (RFC 3327) */
  uint32_t max_breadth;  /* 0: not written */
  uint32_t timeout_ms;   /* until a final response; 0: timer C alone */
};

/* Starts a branch.  MSIP_EUNSUPPORTED: the next hop is none we can send to;
 * MSIP_ECANCELLED: the caller cancelled; MSIP_ESTATE, MSIP_EGONE: answered or
 * over; MSIP_EINVALID: a text that cannot stand in a header; MSIP_ENOMEM. */
int msip_request_relay(struct msip_request *r,
                       const struct msip_relay_options *options,
                       struct msip_outgoing **out);

/* Sends the final response of a branch to the caller as it is, with the
 * challenges of `more` added (16.7.7).  MSIP_EINVALID: no final response, or a
 * 2xx, which went by itself; else as the answering functions. */
int msip_request_relay_response(struct msip_request *r,
                                const struct msip_msg *response,
                                const struct msip_msg *const *more,
                                unsigned count, struct msip_bytes **sent);

/* Nobody answered: 408 to an INVITE, and to another request nothing, because
 * that would only come too late (RFC 4320 4.2). */
void msip_request_relay_silence(struct msip_request *r);

/* Calls a branch back: CANCEL, when a provisional response allows it (9.1).
 * Harmless for one that is over, or that is no branch. */
void msip_outgoing_relay_cancel(struct msip_outgoing *o);
bool msip_outgoing_is_relay(const struct msip_outgoing *o);
/* The request of a branch, NULL once the branch is over. */
struct msip_request *msip_outgoing_relayed(const struct msip_outgoing *o);

/* A branch of it has no final response yet. */
bool msip_request_is_relayed(const struct msip_request *r);
/* The Max-Breadth that a request may spread (RFC 5393 5.3.3). */
uint32_t msip_relay_max_breadth(const struct msip_msg *request);
