/* An INVITE of ours outside a dialog: its forks (RFC 3261 13.2.2). */
#include "message/body.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

/* Nobody wants this call: ACK, then BYE. */
static void turn_down(struct msip_outgoing *o, struct msip_session *s,
                      const char *reason)
{
  msip_own_ack_default(o, s);
  msip_session_hang_up(s, reason);
}

void msip_call_over(struct msip_outgoing *o, const char *reason)
{
  struct msip_link_node *at = o->call->forks.next;

  while (at != &o->call->forks) {
    struct msip_session *s = MSIP_CONTAINER(at, struct msip_session, fork);

    at = at->next;
    if (!s->confirmed)
      msip_session_end(s, reason, NULL);
    else if (s->first_ack.due)
      turn_down(o, s, "no ack of ours");
  }
}

static struct msip_session *fork_of(struct msip_outgoing *o,
                                    const struct msip_msg *response)
{
  const struct msip_link_node *at = o->call->forks.next;
  struct msip_session *s;

  for (; at != &o->call->forks; at = at->next) {
    s = MSIP_CONTAINER(at, struct msip_session, fork);
    if (msip_str_eq(s->dialog.remote_tag, response->to_tag))
      return s;
  }
  if (o->call->fork_count >= o->ua->settings->limit_forks)
    return NULL;
  s = msip_session_new_fork(o, response);
  o->call->fork_count += s != NULL;
  return s;
}

/* Their description in a reliable provisional response or a 2xx: the answer to
 * our offer, or the offer we left to them.  One that repeats what was said
 * already changes nothing (13.2.1). */
static int hear(struct msip_session *s, const struct msip_msg *response)
{
  struct msip_str sdp;

  if (s->exchange.state == MSIP_OFFER_STABLE ||
      s->exchange.state == MSIP_OFFER_THEIRS ||
      msip_msg_session_body(response, &sdp) != 1)
    return 0;
  return msip_exchange_move(&s->exchange, s->ua->pool, MSIP_OFFER_RECV, sdp);
}

static void note_peer(struct msip_session *s, const struct msip_msg *response)
{
  s->flow = response->flow;
  if (msip_msg_has(response, MSIP_H_ALLOW))
    s->peer_updates =
        msip_msg_lists(response, MSIP_H_ALLOW, MSIP_STR("UPDATE"));
}

/* False: nobody has to hear of it. */
static bool progressed(struct msip_outgoing *o, struct msip_session *s,
                       const struct msip_msg *response)
{
  if (s->state != MSIP_SESSION_EARLY || !msip_own_prack_take(o, s, response))
    return false;
  note_peer(s, response);
  if (s->prack.due && hear(s, response) != 0)
    s->prack.due = false; /* no memory: it comes again */
  return true;
}

/* 0, or why there is no call all the same: MSIP_ENOMEM, or MSIP_EOFFER when our
 * offer has no answer. */
static int confirm(struct msip_outgoing *o, struct msip_session *s,
                   const struct msip_msg *response)
{
  int err;

  msip_dialog_confirm(&s->dialog, response);
  note_peer(s, response);
  s->confirmed = true;
  s->state = MSIP_SESSION_ACK_WAIT;
  s->prack.due = false;
  s->first_ack.cseq = response->cseq;
  s->first_ack.due = true;
  err = hear(s, response);
  if (!err && s->exchange.state == MSIP_OFFER_OURS)
    err = MSIP_EOFFER;
  msip_session_renew(s, response);
  if (!o->call->accepted) {
    o->call->accepted = s;
    msip_timer_stop(&o->ua->wheel, &o->limit);
  }
  return err;
}

/* It ended before it was answered (RFC 5407 3.1.3). */
static void answered_late(struct msip_outgoing *o, struct msip_session *s,
                          const struct msip_msg *response)
{
  msip_dialog_confirm(&s->dialog, response);
  s->confirmed = true;
  s->first_ack.cseq = response->cseq;
  s->first_ack.due = true;
  msip_own_ack_default(o, s);
  msip_session_hang_up_late(s);
}

static bool accepted(struct msip_outgoing *o, struct msip_session *s,
                     const struct msip_msg *response)
{
  int err;

  if (s->confirmed) {
    msip_own_ack_repeat(o, s);
    return false;
  }
  if (s->state == MSIP_SESSION_TERMINATED) {
    answered_late(o, s, response);
    return false;
  }
  err = confirm(o, s, response);
  if (!err && o->cancel == MSIP_CANCEL_NONE)
    return true;
  if (!o->done)
    msip_outgoing_report(o, NULL, NULL, err ? err : MSIP_ECANCELLED);
  o->done = o->ended = true;
  if (err == MSIP_EOFFER)
    turn_down(o, s, "no answer to our offer");
  else
    turn_down(o, s, err ? "out of memory" : "cancelled");
  return false;
}

bool msip_call_response(struct msip_outgoing *o,
                        const struct msip_msg *response,
                        struct msip_session **session)
{
  unsigned status = response->status;

  *session = NULL;
  if (status >= 300) {
    bool told = o->done;

    if (o->call->accepted) /* of another fork */
      return false;
    msip_call_over(o, "rejected");
    if (told)
      msip_outgoing_end(o);
    return !told;
  }
  if (status < 200 && (status == 100 || response->to_tag.len == 0))
    return !o->done;
  *session = fork_of(o, response);
  if (!*session)
    return status < 200 && !o->done;
  return status < 200 ? progressed(o, *session, response) && !o->done
                      : accepted(o, *session, response);
}

void msip_outgoing_settle(struct msip_outgoing *o, struct msip_session *s,
                          const struct msip_msg *response, bool wanted)
{
  const struct msip_call *call = o->call;

  if (o->method != MSIP_INVITE || !s)
    return;
  if (response->status < 200) {
    if (!call || !call->manual_prack)
      msip_own_prack_default(s);
  } else if (response->status < 300) {
    if (!(call ? call->manual_ack : o->change->manual_ack))
      msip_own_ack_default(o, s);
    if (call && call->accepted != s && !wanted)
      turn_down(o, s, "another fork answered");
  }
}

void msip_call_free(struct msip_outgoing *o)
{
  struct msip_link_node *node;

  while ((node = msip_list_take(&o->call->forks)))
    msip_session_orphan(MSIP_CONTAINER(node, struct msip_session, fork));
  msip_exchange_fini(&o->call->exchange);
  msip_pool_give(o->ua->pool, o->call, sizeof *o->call);
  o->call = NULL;
}
