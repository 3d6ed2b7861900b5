/* ua/relay_in.h -- relayed requests from the inside.
 *
 * The request owns its relay, a branch is owned by its outgoing request.  They
 * point at each other: a request stays until its last branch is over.
 */
#pragma once

#include "message/forward.h"
#include "ua/outgoing_in.h"
#include "ua/relay.h"
#include "ua/request_in.h"

/* The response context (16.2). */
struct msip_relay {
  struct msip_request *request;
  struct msip_link_node branches;
  struct msip_bytes *reason; /* why branches are cancelled, or NULL */
  uint64_t loop;             /* what tells a loop from a spiral (16.6.8) */
  struct msip_str route;     /* the last Route value that was ours, or empty */
  unsigned pop;              /* Route values that are ours (16.4) */
  unsigned open;             /* branches that owe a final response */
  bool strict;               /* the Request-URI is ours (16.4) */
  bool cancelled;            /* by the caller */
  bool transit;              /* of somebody's dialog: the engine does it all */
  bool tells;
};

struct msip_branch {
  struct msip_link_node node;
  struct msip_relay *relay; /* NULL once it is over */
  struct msip_outgoing *outgoing;
  struct msip_timer timer; /* C, patience, or the wait behind a CANCEL */
  msip_time give_up;       /* the caller's patience; MSIP_NEVER */
  bool rings;              /* a provisional response came */
  bool wants_cancel;
  bool cancelled; /* CANCEL was sent */
  bool gave_up;   /* its 487 means that nobody answered */
  bool told;      /* its end was reported */
};

/* --- relay.c */
struct msip_relay *msip_relay_new(struct msip_request *r);
void msip_relay_free(struct msip_request *r);
/* A final response is on its way to the caller. */
void msip_relay_answered(struct msip_request *r);
/* The caller's CANCEL, or what else cuts the request off. */
void msip_relay_cut(struct msip_request *r, const struct msip_msg *cancel);
/* Some branch needs the request still. */
bool msip_relay_holds(const struct msip_request *r);
/* Its last branch is over. */
void msip_relay_settle(struct msip_request *r);
/* Passes a 1xx or 2xx on to the caller. */
void msip_relay_pass(struct msip_request *r, const struct msip_msg *response);
/* The final response of the only branch, or why there is none. */
void msip_relay_conclude(struct msip_request *r,
                         const struct msip_msg *response, int err);
/* --- relay_branch.c */
void msip_branch_response(struct msip_outgoing *o,
                          const struct msip_msg *response);
void msip_branch_failure(struct msip_outgoing *o, int err);
void msip_branch_cancel(struct msip_branch *b);
/* It is over: lets its request go. */
void msip_branch_end(struct msip_outgoing *o);
void msip_branch_free(struct msip_outgoing *o);
/* Such a branch parameter is written by relays only. */
bool msip_branch_is_relay(struct msip_str branch);
/* --- relay_path.c */
enum { MSIP_RELAY_TOKEN = 13 };
/* The key of all of them: from the setting, so that a restart or another worker
 * knows what was sealed, or this worker's own. */
void msip_relay_set_key(struct msip_ua *ua);
/* Which of Request-URI and Route are ours (16.4).  True when a token of ours
 * says that the request belongs on this way. */
bool msip_relay_own_part(struct msip_ua *ua, const struct msip_msg *m,
                         struct msip_relay *relay);
/* "<sip:TOKEN@192.0.2.1:5060;lr>" into `buf`. */
void msip_relay_own_route(struct msip_ua *ua, struct msip_buf *buf,
                          const struct msip_msg *m, bool with_token);
uint64_t msip_relay_loop_of(struct msip_ua *ua, const struct msip_msg *m);
/* The request passed here before, with nothing changed (RFC 5393 4.2.2). */
bool msip_relay_has_looped(const struct msip_msg *m, uint64_t loop);
/* The cookie, random text, a seal on where responses go, and what tells a loop
 * from a spiral (16.6.8). */
enum { MSIP_RELAY_BRANCH = MSIP_BRANCH_LEN + 1 + MSIP_RELAY_TOKEN };
struct msip_str msip_relay_branch(struct msip_ua *ua,
                                  const struct msip_msg *request, uint64_t loop,
                                  char *out);
/* A response that no transaction waits for: where the request of this branch
 * came from, as its seal proves.  MSIP_ESYNTAX. */
int msip_relay_way_back(struct msip_ua *ua, const struct msip_msg *response,
                        struct msip_addr *addr);
/* Where this URI leads.  MSIP_EUNSUPPORTED, MSIP_ETRANSPORT. */
int msip_relay_flow(struct msip_ua *ua, struct msip_str uri,
                    struct msip_flow *flow);
/* --- transit.c */
/* A request of somebody's dialog that our Record-Route brought here.  Anybody
 * else who names us in a Route is refused: we are no open relay. */
bool msip_transit_is(struct msip_ua *ua, const struct msip_msg *m);
/* Sends it on. */
void msip_transit(struct msip_ua *ua, struct msip_txn *txn,
                  const struct msip_msg *m);
/* The same for the ACK of a 2xx; false when it is no such ACK. */
bool msip_transit_ack(struct msip_ua *ua, const struct msip_msg *m);
/* A 2xx to an INVITE that was sent on and given up long ago: true when it went
 * to the caller (16.7). */
bool msip_transit_late(struct msip_ua *ua, const struct msip_msg *response);
