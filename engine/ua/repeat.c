/* What the core repeats by itself: a 2xx until its ACK (13.3.1.4), a reliable
 * 1xx until its PRACK (RFC 3262 section 3). */
#include "message/body.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

void msip_repeat_start(struct msip_request *r)
{
  struct msip_invite *invite = r->invite;
  struct msip_ua *ua = r->ua;

  invite->interval = ua->settings->t1;
  invite->give_up = ua->now + 64 * (msip_time)ua->settings->t1;
  msip_timer_arm(&ua->wheel, &invite->repeat, ua->now + invite->interval);
}

static void no_ack(struct msip_request *r)
{
  struct msip_session *s = r->session;
  /* RFC 6141 5.4: a newer re-INVITE shows that the peer lives. */
  bool silent = s->invite_cseq > r->message->cseq;

  r->ua->counters.ack_timeouts++;
  msip_request_end(r);
  if (silent || s->state == MSIP_SESSION_TERMINATED)
    return;
  if (s->queued_bye ||
      !msip_outbox_push(r->ua, &(struct msip_event){.kind = MSIP_EV_ACK_TIMEOUT,
                                                    .session = s,
                                                    .err = MSIP_ETIMEOUT}))
    msip_session_ack_timeout_default(s);
}

static void no_prack(struct msip_request *r)
{
  /* RFC 3262 section 3: a 5xx, whatever the script answered meanwhile. */
  r->answered = false;
  msip_request_answer(r, &(struct msip_refusal){.status = 504});
}

static void again(struct msip_request *r, uint32_t ceiling)
{
  struct msip_invite *invite = r->invite;
  struct msip_ua *ua = r->ua;

  if (r->txn)
    msip_txn_repeat(ua->txns, r->txn);
  invite->interval *= 2;
  if (invite->interval > ceiling)
    invite->interval = ceiling;

  msip_time next = ua->now + invite->interval;

  msip_timer_arm(&ua->wheel, &invite->repeat,
                 next < invite->give_up ? next : invite->give_up);
}

void msip_repeat_fire(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_invite *invite =
      MSIP_CONTAINER(timer, struct msip_invite, repeat);
  struct msip_request *r = invite->request;

  (void)arg;
  if (invite->ack_wait) {
    if (now >= invite->give_up)
      no_ack(r);
    else
      again(r, r->ua->settings->t2);
  } else if (invite->rel.unacked) {
    if (now >= invite->give_up)
      no_prack(r);
    else
      again(r, UINT32_MAX / 4);
  }
}

/* The INVITE whose 2xx waits for its ACK: of this CSeq, or any when NULL. */
static struct msip_request *awaited(const struct msip_session *s,
                                    const uint32_t *cseq)
{
  const struct msip_link_node *at;

  for (at = s->requests.next; at != &s->requests; at = at->next) {
    struct msip_request *r = MSIP_CONTAINER(at, struct msip_request, node);

    if (r->invite && r->invite->ack_wait &&
        (!cseq || r->message->cseq == *cseq))
      return r;
  }
  return NULL;
}

bool msip_ack_is_awaited(const struct msip_session *s)
{
  return awaited(s, NULL) != NULL;
}

/* Our offer was in the 2xx: the ACK has to bring the answer (13.2.2.4).  False:
 * it does not. */
static bool take_answer(struct msip_session *s, const struct msip_msg *ack)
{
  struct msip_str sdp;

  return msip_msg_session_body(ack, &sdp) == 1 &&
         msip_exchange_move(&s->exchange, s->ua->pool, MSIP_OFFER_RECV, sdp) ==
             0;
}

/* The ACK lacks the answer.  A re-INVITE's offer is withdrawn; a first call
 * has no session to go back to. */
static void no_answer(struct msip_session *s, struct msip_request *r)
{
  if (r->in_dialog)
    msip_exchange_restore(&s->exchange, &r->invite->before);
  else
    msip_session_hang_up(s, "no answer");
}

static void tell(struct msip_session *s, const struct msip_msg *ack)
{
  struct msip_msg *kept = msip_msg_keep(s->ua->pool, ack);

  if (kept)
    msip_outbox_push(s->ua, &(struct msip_event){.kind = MSIP_EV_ACK,
                                                 .session = s,
                                                 .message = kept});
}

bool msip_ack_arrived(struct msip_session *s, const struct msip_msg *ack)
{
  struct msip_request *r = awaited(s, &ack->cseq);
  bool answered = true;

  if (!r)
    return false;
  if (r->invite->ack_answer)
    answered = take_answer(s, ack);
  if (r->txn)
    msip_txn_forget(r->txn);
  if (s->state == MSIP_SESSION_ACK_WAIT && !r->in_dialog)
    s->state = MSIP_SESSION_CONFIRMED;
  tell(s, ack);
  r->invite->ack_wait = false;
  if (!answered)
    no_answer(s, r);
  msip_request_end(r);
  if (s->queued_bye && !msip_ack_is_awaited(s))
    msip_session_send_bye(s);
  return true;
}
