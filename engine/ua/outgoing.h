/* ua/outgoing.h -- a request of ours, in a dialog or outside.  Lives until its
 * transaction ended and no event about it is left. */
#pragma once

#include "base/bytes.h"
#include "message/msg.h"

struct msip_reply;
struct msip_ua;
struct msip_session;
struct msip_subscription;
struct msip_outgoing;

enum msip_rel100_ask {
  MSIP_ASK_DEFAULT, /* what the setting rel100 says */
  MSIP_ASK_NO,
  MSIP_ASK_SUPPORTED,
  MSIP_ASK_REQUIRED,
};

/* A request outside a dialog.  Text is borrowed for the call. */
struct msip_start {
  enum msip_method method;
  struct msip_str name;             /* of MSIP_METHOD_OTHER */
  struct msip_str to;               /* URI or name-addr */
  struct msip_str from;             /* likewise; empty: anonymous */
  struct msip_str uri;              /* Request-URI; empty: the URI of `to` */
  struct msip_str routes;           /* comma list of name-addrs; may be empty */
  struct msip_str contact;          /* URI; empty: ours */
  struct msip_str call_id;          /* empty: a fresh one */
  uint32_t cseq;                    /* of the first try; 0: 1 */
  const struct msip_reply *options; /* headers and body */
  uint32_t session_expires;         /* seconds, when has_session_expires */
  enum msip_rel100_ask rel100;
  uint8_t hops_spent;       /* Max-Forwards is 70 less these */
  bool has_session_expires; /* kept up without the peer's help, too */
  bool follow;              /* 3xx: its Contacts are tried (8.1.3.4) */
  bool no_retry;            /* 416, 420 and 422 are final (8.1.3.5) */
  bool no_contact;          /* a REGISTER that only asks (10.2.3) */
  bool manual_ack;          /* msip_outgoing_ack is left to the caller */
  bool manual_prack;        /* and so is msip_outgoing_prack */
};

/* Sends it.  MSIP_EINVALID: a URI, header or text is not usable;
 * MSIP_EUNSUPPORTED: the next hop is a name; MSIP_ETRANSPORT: no listener
 * reaches it; MSIP_EOFFER: a body where none fits; MSIP_ENOMEM. */
int msip_ua_start(struct msip_ua *ua, const struct msip_start *start,
                  struct msip_outgoing **out);

enum msip_method msip_outgoing_method(const struct msip_outgoing *o);
/* "FOO" of a method the engine does not know. */
struct msip_str msip_outgoing_name(const struct msip_outgoing *o);
/* In a dialog: its session.  An INVITE outside: the first that was accepted, or
 * NULL. */
struct msip_session *msip_outgoing_session(const struct msip_outgoing *o);
/* What a SUBSCRIBE or REFER made that got this response; NULL. */
struct msip_subscription *
msip_outgoing_subscription(const struct msip_outgoing *o,
                           const struct msip_msg *response);
/* The bytes as sent; NULL while the request is queued. */
struct msip_bytes *msip_outgoing_bytes(const struct msip_outgoing *o);
bool msip_outgoing_is_done(const struct msip_outgoing *o);

/* Cancels an INVITE (9.1), once a provisional response came.  The final
 * response is reported as any other; a 2xx that crosses is acknowledged and the
 * call ended by BYE: reported as MSIP_ECANCELLED.  `options` (may be NULL) give
 * headers, such as Reason.  MSIP_ESTATE: no INVITE, or answered;
 * MSIP_EINVALID; MSIP_ENOMEM. */
int msip_outgoing_cancel(struct msip_outgoing *o,
                         const struct msip_reply *options);

/* From now on this many ms to the final response; then it fails with ETIMEOUT
 * and an INVITE is cancelled. */
void msip_outgoing_set_timeout(struct msip_outgoing *o, uint32_t ms);

/* A response was reported and its callbacks have run: what is left to the
 * engine is done: the ACK of a 2xx, the PRACK of a reliable 1xx, and the BYE of
 * a further fork's 2xx when nobody wanted it (`wanted`). */
void msip_outgoing_settle(struct msip_outgoing *o, struct msip_session *s,
                          const struct msip_msg *response, bool wanted);

/* Sends the ACK of a 2xx to our INVITE; `options` (may be NULL) give headers
 * and, when the 2xx brought an offer, the answer.  MSIP_ESTATE: nothing to
 * acknowledge; MSIP_EOFFER: the answer is missing or not due; MSIP_EINVALID;
 * MSIP_ENOMEM. */
int msip_outgoing_ack(struct msip_outgoing *o, struct msip_session *s,
                      const struct msip_reply *options);
/* Acknowledges the reliable provisional response that this session got last
 * (RFC 3262 4); a body answers its offer or, with nothing open, is an offer.
 * Errors as msip_outgoing_ack. */
int msip_session_prack(struct msip_session *s, const struct msip_reply *options,
                       struct msip_outgoing **out);

void msip_outgoing_set_box(struct msip_outgoing *o, void *box);
void *msip_outgoing_box(const struct msip_outgoing *o);
