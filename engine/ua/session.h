/* ua/session.h -- a call: its dialog, its offer/answer state, its timers.
 *
 * The engine owns it, from the first response that makes a dialog until it is
 * over and no event about it is left; then its box is released.
 */
#pragma once

#include "base/bytes.h"
#include "message/msg.h"
#include "ua/request.h"

struct msip_outgoing;

enum msip_session_state {
  MSIP_SESSION_INITIAL,
  MSIP_SESSION_EARLY,
  MSIP_SESSION_ACK_WAIT,
  MSIP_SESSION_CONFIRMED,
  MSIP_SESSION_TERMINATED,
};

enum msip_signaling_state {
  MSIP_SIGNALING_INITIAL,
  MSIP_SIGNALING_HAVE_LOCAL_OFFER,
  MSIP_SIGNALING_HAVE_REMOTE_OFFER,
  MSIP_SIGNALING_STABLE,
  MSIP_SIGNALING_CLOSED,
};

enum msip_session_state msip_session_state(const struct msip_session *s);
enum msip_signaling_state msip_session_signaling(const struct msip_session *s);
/* "ack_wait", "have_local_offer": the Lua spelling. */
const char *msip_session_state_name(enum msip_session_state state);
const char *msip_signaling_state_name(enum msip_signaling_state state);

struct msip_str msip_session_call_id(const struct msip_session *s);
struct msip_str msip_session_local_tag(const struct msip_session *s);
struct msip_str msip_session_remote_tag(const struct msip_session *s);
/* The URI texts of our and the peer's From/To. */
struct msip_str msip_session_local_uri(const struct msip_session *s);
struct msip_str msip_session_remote_uri(const struct msip_session *s);
/* URI text of the peer's Contact. */
struct msip_str msip_session_remote_target(const struct msip_session *s);
/* The peer's Allow lists UPDATE. */
bool msip_session_takes_update(const struct msip_session *s);
/* 0, or why a Replaces may not name it to its peer (RFC 3891 4): MSIP_EGONE;
 * MSIP_ESTATE: an early call that we began. */
int msip_session_replaceable(const struct msip_session *s);
/* The i-th route ("<sip:p1;lr>"), empty after the last. */
struct msip_str msip_session_route(const struct msip_session *s, unsigned i);
/* The session descriptions in use or under negotiation; empty when none. */
struct msip_str msip_session_offer(const struct msip_session *s);
struct msip_str msip_session_answer(const struct msip_session *s);

/* Ends the call with BYE.  Before the ACK of our 2xx it is queued until the
 * ACK or its time-out (RFC 3261 15); a 2xx of theirs is acknowledged first.
 * `options` may be NULL; headers and body count.  `*out` (may be NULL) gets the
 * request.  MSIP_EGONE: over already; MSIP_ESTATE: an early call that they
 * began (answer the INVITE instead); MSIP_EINVALID; MSIP_ENOMEM. */
int msip_session_bye(struct msip_session *s, const struct msip_reply *options,
                     struct msip_outgoing **out);
/* Changes the session by re-INVITE (14.1) or UPDATE (RFC 3311).  A body is the
 * offer; an INVITE without one asks the peer for it.  `retry`: a 491 is tried
 * again after the pause of 14.1; `manual_ack`: the ACK of an INVITE is left to
 * the caller, as with msip_start.  MSIP_EGONE; MSIP_ESTATE: not confirmed (an
 * UPDATE: no dialog with a complete exchange); MSIP_EPENDING: a change is in
 * progress on either side; MSIP_EINVALID; MSIP_ENOMEM. */
int msip_session_change(struct msip_session *s, enum msip_method method,
                        const struct msip_reply *options, bool retry,
                        bool manual_ack, struct msip_outgoing **out);
/* Any other request in the dialog: INFO, MESSAGE, NOTIFY, REFER, OPTIONS, or
 * with `name` one the engine does not know.  MSIP_EGONE; MSIP_EINVALID;
 * MSIP_ENOMEM. */
int msip_session_request(struct msip_session *s, enum msip_method method,
                         struct msip_str name, const struct msip_reply *options,
                         struct msip_outgoing **out);
/* Lets go of the call without a word to the peer; open requests get 487. */
void msip_session_dispose(struct msip_session *s);
/* Nobody heard on_ack_timeout: BYE. */
void msip_session_ack_timeout_default(struct msip_session *s);

void msip_session_set_box(struct msip_session *s, void *box);
void *msip_session_box(const struct msip_session *s);
