/* What becomes of session changes of ours (RFC 3261 14.1, RFC 3311 5.3, RFC
 * 6141).
 */
#include "dialog/failure.h"
#include "message/body.h"
#include "ua/outgoing_in.h"
#include "ua/session_in.h"

enum { STEP_MS = 10 };

/* Back to the descriptions before our offer; those of an exchange that was
 * completed inside it are in use (RFC 6141 3.4). */
static void withdraw(struct msip_outgoing *o)
{
  struct msip_session *s = o->session;
  struct msip_change *change = o->change;
  bool speaks = change->offers || o->method == MSIP_INVITE;
  bool in_use = change->heard && s->exchange.state == MSIP_OFFER_STABLE;

  if (s->state != MSIP_SESSION_TERMINATED && !change->waiting && speaks &&
      !in_use)
    msip_exchange_restore(&s->exchange, &change->before);
}

/* 14.1: 2.1 to 4 s when the Call-ID is ours, else 0 to 2 s. */
static void pause(struct msip_outgoing *o)
{
  struct msip_ua *ua = o->ua;
  bool ours = o->session->ours;
  uint32_t steps = msip_rand_range(&ua->rand, ours ? 210 : 0, ours ? 400 : 200);

  withdraw(o);
  o->change->waiting = true;
  msip_outgoing_detach(o);
  if (!o->timed)
    msip_timer_stop(&ua->wheel, &o->limit);
  msip_timer_arm(&ua->wheel, &o->change->again,
                 ua->now + (msip_time)steps * STEP_MS);
}

static void refused(struct msip_outgoing *o, unsigned status)
{
  struct msip_session *s = o->session;

  withdraw(o);
  msip_change_close(o);
  s->prack.due = false;
  if (!o->refresh && msip_failure_ends_call(o->method, status))
    msip_session_lose(s, o->method, status);
}

/* The first description in a response that cannot get lost; later ones repeat
 * it. */
static int hear(struct msip_outgoing *o, const struct msip_msg *response)
{
  struct msip_change *change = o->change;
  struct msip_str sdp;
  int err;

  if (change->heard || (!change->offers && o->method != MSIP_INVITE) ||
      msip_msg_session_body(response, &sdp) != 1)
    return 0;
  err = msip_exchange_move(&o->session->exchange, o->ua->pool, MSIP_OFFER_RECV,
                           sdp);
  change->heard = err == 0;
  return err;
}

static void accepted(struct msip_outgoing *o, const struct msip_msg *response)
{
  struct msip_session *s = o->session;
  struct msip_change *change = o->change;

  change->ack.cseq = response->cseq;
  change->ack.due = o->method == MSIP_INVITE;
  if (s->state == MSIP_SESSION_TERMINATED)
    return;
  s->prack.due = s->prack.due && o->method != MSIP_INVITE;
  msip_session_retarget(
      s, response, msip_msg_lists(response, MSIP_H_ALLOW, MSIP_STR("UPDATE")));
  change->lost = hear(o, response) == MSIP_ENOMEM;
  if (change->offers && !change->heard && !change->lost)
    withdraw(o); /* an answer that never came (REI-071) */
  if (o->method != MSIP_PRACK)
    msip_session_renew(s, response);
  if (o->method != MSIP_INVITE)
    msip_change_close(o);
}

void msip_change_settle(struct msip_outgoing *o, bool told)
{
  /* With our offer answered nobody has anything to add to the ACK. */
  if ((o->change->offers && !o->change->manual_ack) || o->change->lost || !told)
    msip_own_ack_default(o, o->session);
  if (o->change->lost)
    msip_session_hang_up(o->session, "out of memory");
}

/* A provisional response to our re-INVITE: false when nobody has to hear of
 * it. */
static bool progressed(struct msip_outgoing *o, const struct msip_msg *response)
{
  struct msip_session *s = o->session;

  if (o->method != MSIP_INVITE || s->state == MSIP_SESSION_TERMINATED)
    return true;
  switch (msip_own_prack_take(s, response)) {
  case MSIP_1XX_STALE:
    return false;
  case MSIP_1XX_PLAIN:
    return true;
  case MSIP_1XX_RELIABLE:
    break;
  }
  if (hear(o, response) == MSIP_ENOMEM) {
    msip_own_prack_undo(s); /* it comes again */
    return false;
  }
  msip_session_aim(s, response);
  return true;
}

bool msip_change_response(struct msip_outgoing *o,
                          const struct msip_msg *response)
{
  unsigned status = response->status;

  if (o->ended) {
    msip_own_ack_repeat(o, o->session);
    return false;
  }
  if (status < 200)
    return progressed(o, response);
  if (status == 491 && o->change->retries && o->cancel == MSIP_CANCEL_NONE &&
      o->session->state != MSIP_SESSION_TERMINATED) {
    pause(o);
    return false;
  }
  if (status >= 300)
    refused(o, status);
  else
    accepted(o, response);
  return true;
}

void msip_change_failed(struct msip_outgoing *o, int err)
{
  bool silent = err == MSIP_ETIMEOUT && !o->change->waiting;

  refused(o, silent ? 408 : 0);
}
