/* CANCEL (RFC 3261 9.2), and what else cuts an unanswered request off. */
#include "message/build.h"
#include "ua/relay_in.h"
#include "ua/request_in.h"

/* The 200 to a CANCEL has the To tag of the responses to what it aims at. */
static void answer_cancel(struct msip_ua *ua, struct msip_txn *txn,
                          const struct msip_msg *cancel,
                          const struct msip_request *aim)
{
  struct msip_bytes *bytes;

  if (!aim) {
    msip_refuse(ua, txn, cancel, &(struct msip_refusal){.status = 200});
    return;
  }
  bytes = msip_refusal_build(ua, cancel, msip_request_tag(aim),
                             &(struct msip_refusal){.status = 200});
  if (!bytes)
    msip_txn_free(txn); /* it comes again */
  else if (msip_txn_respond(ua->txns, txn, 200, bytes, ua->now) == 0)
    ua->counters.responses_out++;
  msip_bytes_drop(bytes);
}

void msip_cancel_arrived(struct msip_ua *ua, struct msip_txn *txn,
                         const struct msip_msg *cancel)
{
  struct msip_txn *aim = msip_txns_find_cancelled(ua->txns, cancel);
  struct msip_request *r;

  /* Hop by hop: nobody but the sender of a request may cancel it. */
  if (!aim ||
      !msip_addr_same_ip(&msip_txn_flow(aim)->remote, &cancel->flow.remote)) {
    msip_refuse(ua, txn, cancel, &(struct msip_refusal){.status = 481});
    return;
  }
  r = msip_txn_user(aim);
  if (msip_msg_has(cancel, MSIP_H_REPLACES) &&
      !(r && msip_request_is_relayed(r))) {
    msip_refuse(ua, txn, cancel, &(struct msip_refusal){.status = 400});
    return;
  }
  answer_cancel(ua, txn, cancel, r);
  if (r && msip_request_is_invite(r) && msip_request_is_open(r))
    msip_request_cut(r, cancel, true);
}

static void tell(struct msip_request *r, const struct msip_msg *message)
{
  struct msip_msg *kept = message ? msip_msg_keep(r->ua->pool, message) : NULL;

  if (kept || !message)
    msip_outbox_push(r->ua, &(struct msip_event){.kind = MSIP_EV_CANCEL,
                                                 .request = r,
                                                 .session = r->session,
                                                 .message = kept});
}

void msip_request_cut(struct msip_request *r, const struct msip_msg *message,
                      bool by_cancel)
{
  if (!msip_request_is_open(r) || !r->txn)
    return;
  if (msip_request_is_relayed(r)) {
    msip_relay_cut(r, message);
    return;
  }
  r->answered = false; /* a 2xx that waits for its PRACK was never sent */
  if (r->invite && (message || !r->in_dialog))
    tell(r, message);
  if (by_cancel && r->in_dialog && r->invite && r->invite->committed)
    msip_invite_keep_session(r); /* RFC 6141 3.3 */
  else
    msip_request_answer(r, &(struct msip_refusal){.status = 487});
  r->cancelled = true;
}

int msip_request_receive_cancel(struct msip_request *r,
                                const struct msip_msg *cancel)
{
  int err = msip_request_open(r);

  if (err)
    return err;
  if (!r->invite)
    return msip_because(r->ua, MSIP_EINVALID, "only an INVITE is cancelled");
  msip_request_cut(r, cancel, true);
  return 0;
}
