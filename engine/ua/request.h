/* ua/request.h -- one incoming request that the script may answer (SIP.js's
 * UserAgentServer, IncomingInviteRequest, ReInviteUserAgentServer).
 *
 * The engine owns it: it lives until its final response needs no more care
 * (non-INVITE: sent; INVITE: acknowledged or given up), then its box is
 * released.  Every answering function checks first and acts after: state, then
 * arguments, then the bytes, then the transaction, then the dialog.  A refused
 * call leaves everything as it was.
 */
#pragma once

#include "base/bytes.h"
#include "dialog/subscribe.h"
#include "message/msg.h"

struct msip_ua;
struct msip_request;
struct msip_session;
struct msip_subscription;

enum msip_reply_body {
  MSIP_REPLY_BODY_DEFAULT, /* none given: repeat an answer shown before */
  MSIP_REPLY_BODY_NONE,    /* body = false: insist on none */
  MSIP_REPLY_BODY_GIVEN,
};

/* Options of a response or of a request in a dialog; all text is borrowed for
 * the call. */
struct msip_login;

struct msip_reply {
  unsigned status;                /* 0: the method's default */
  struct msip_str reason;         /* empty: the standard phrase */
  struct msip_str to_tag;         /* empty: ours */
  struct msip_str user_agent;     /* empty: the setting */
  struct msip_str supported;      /* empty: ours */
  const struct msip_str *headers; /* "Name: value" each */
  unsigned header_count;
  const struct msip_str *contacts; /* redirect: URIs or name-addrs */
  unsigned contact_count;
  enum msip_reply_body body_kind;
  struct msip_str body;
  struct msip_str content_type; /* empty: application/sdp */
  struct msip_str disposition;  /* empty: none written */
  bool reliable;
  const struct msip_login *logins; /* requests of ours: for challenges */
  unsigned login_count;
  struct msip_seconds expires;     /* accepting SUBSCRIBE or REFER: at most */
  struct msip_seconds min_expires; /* Min-Expires of a 423 */
};

/* Sends a 2xx (default 200).  `*sent` (may be NULL) gets a reference to the
 * bytes.  Errors of all answering functions:
 *   MSIP_EINVALID    author: status out of range for the method, a header or
 *                    text with CR, LF or NUL, a header the engine writes itself
 *   MSIP_EOFFER      author: offer without answer, or an SDP out of turn
 *   MSIP_ESTATE      answered already
 *   MSIP_ECANCELLED  a CANCEL or BYE was faster
 *   MSIP_EGONE       the transaction or the session is over
 *   MSIP_ECOMMITTED  reject or redirect of a re-INVITE whose changes are in use
 *                    (RFC 6141 3.3)
 *   MSIP_EUNSUPPORTED  reliable, but the peer has no 100rel (or rel100 = no)
 *   MSIP_EPENDING    reliable, while two wait for their PRACK
 *   MSIP_ENOMEM
 * msip_ua_why() then has a sentence about the last refusal. */
int msip_request_accept(struct msip_request *r, const struct msip_reply *reply,
                        struct msip_bytes **sent);
/* The call that an INVITE would take the place of (RFC 3891), while it is
 * known; NULL.  With the 2xx it ends. */
struct msip_session *msip_request_replaces(const struct msip_request *r);
/* A 1xx but 100 (default 180); INVITE only, else MSIP_EINVALID. */
int msip_request_progress(struct msip_request *r,
                          const struct msip_reply *reply,
                          struct msip_bytes **sent);
/* A 3xx (default 302) with reply->contacts. */
int msip_request_redirect(struct msip_request *r,
                          const struct msip_reply *reply,
                          struct msip_bytes **sent);
/* A 4xx to 6xx (default 486 initial INVITE, 488 with Warning re-INVITE, 480
 * others). */
int msip_request_reject(struct msip_request *r, const struct msip_reply *reply,
                        struct msip_bytes **sent);
/* 100. */
int msip_request_trying(struct msip_request *r, struct msip_bytes **sent);
/* What the engine does on CANCEL: event CANCEL, then 487 (a 2xx when changes
 * are in use).  MSIP_ESTATE when answered. */
int msip_request_receive_cancel(struct msip_request *r,
                                const struct msip_msg *cancel);

/* No callback: what the engine answers by itself (DESIGN.md 4.1). */
void msip_request_default(struct msip_request *r);
/* The callback raised, overran or ran out of memory: 500, session as before. */
void msip_request_script_failed(struct msip_request *r);
/* Nobody holds it any more: an unanswered one is answered 480 and logged. */
void msip_request_abandon(struct msip_request *r);

const struct msip_msg *msip_request_message(const struct msip_request *r);
/* The session of an in-dialog request, or the one its response made; NULL. */
struct msip_session *msip_request_session(const struct msip_request *r);
/* The subscription it makes, renews, ends or tells of; NULL. */
struct msip_subscription *
msip_request_subscription(const struct msip_request *r);
/* It arrived in a call: ask the session delegate. */
bool msip_request_in_dialog(const struct msip_request *r);
/* A final response was given (it may still wait for a PRACK). */
bool msip_request_is_answered(const struct msip_request *r);
/* That response was the script's own. */
bool msip_request_script_answered(const struct msip_request *r);
bool msip_request_is_cancelled(const struct msip_request *r);
/* "ist", "proceeding", and the branch; "terminated" once it is gone. */
const char *msip_request_txn_kind(const struct msip_request *r);
const char *msip_request_txn_state(const struct msip_request *r);
struct msip_str msip_request_txn_id(const struct msip_request *r);

/* The bindings' own pointer; config.on_release hears of it at the end. */
void msip_request_set_box(struct msip_request *r, void *box);
void *msip_request_box(const struct msip_request *r);
