/* ua/event.h -- what waits in the outbox for a delegate.
 *
 * Events are drained by the host when the engine is at rest.  Pointers in an
 * event stay valid until msip_ua_sweep.
 */
#pragma once

#include "base/list.h"
#include "message/msg.h"

struct msip_request;
struct msip_session;
struct msip_outgoing;
struct msip_subscription;
struct msip_wake;

enum msip_event_kind {
  /* `request` wants a decision.  With request->subscription set it goes to the
   * delegate of that, else in a call to the session delegate, else to the core
   * delegate; the callback is on_<method>
   * (on_request for other methods out of dialog).  Without a callback call
   * msip_request_default. */
  MSIP_EV_REQUEST,
  /* `request` was cancelled by `message` and is answered already:
   * request.delegate.on_cancel(message). */
  MSIP_EV_CANCEL,
  /* A response of `request` could not be delivered (`err`; timer H too):
   * request.delegate.on_transport_error(err). */
  MSIP_EV_TRANSPORT_ERROR,
  /* `session` got the ACK `message` of a 2xx: on_ack(ack, session). */
  MSIP_EV_ACK,
  /* `session` waited 64*T1 for an ACK: on_ack_timeout(session), and without
   * that callback msip_session_ack_timeout_default. */
  MSIP_EV_ACK_TIMEOUT,
  /* The session interval of `session` ran out or a refresh failed (`err`):
   * on_refresh_failed(session, err).  The BYE is on its way. */
  MSIP_EV_REFRESH_FAILED,
  /* `session` is over, `reason` says how: on_terminated(session, reason). */
  MSIP_EV_TERMINATED,
  /* `outgoing` got the response `message`; of an INVITE, in `session`, which is
   * NULL when it made none.  Then call msip_outgoing_settle. */
  MSIP_EV_RESPONSE,
  /* `outgoing` failed with `err` (MSIP_ETIMEOUT, MSIP_ETRANSPORT,
   * MSIP_ECANCELLED, MSIP_EGONE, MSIP_ENOMEM). */
  MSIP_EV_OUTGOING_FAILED,
  /* `subscription` was accepted and nobody notified yet: unless somebody did
   * by now, msip_subscription_notify_default. */
  MSIP_EV_NOTIFY_DUE,
  /* `subscription` was renewed by a SUBSCRIBE of ours, whose 2xx is `message`:
   * on_refresh(response, subscription). */
  MSIP_EV_REFRESHED,
  /* `subscription` is over, `reason` says how: on_terminated(reason,
   * subscription). */
  MSIP_EV_SUBSCRIPTION_OVER,
  /* `wake` is due. */
  MSIP_EV_WAKE,
};

struct msip_event {
  enum msip_event_kind kind;
  int err;
  const char *reason; /* "bye received", "cancelled", "no ack", ... */
  struct msip_request *request;
  struct msip_session *session;
  struct msip_outgoing *outgoing;
  struct msip_subscription *subscription;
  struct msip_msg *message; /* a reference that the drainer must drop */
  struct msip_wake *wake;
};
