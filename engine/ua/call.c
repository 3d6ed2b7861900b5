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

  if (o->call->over)
    reason = o->call->over;
  while (at != &o->call->forks) {
    struct msip_session *s = MSIP_CONTAINER(at, struct msip_session, fork);

    at = at->next;
    if (!s->confirmed)
      msip_session_end(s, reason, NULL);
    else if (s->first_ack.due)
      turn_down(o, s, "no ack of ours");
  }
}

/* One that is over counts too: its BYE may have crossed the 2xx. */
static struct msip_session *known_fork(const struct msip_outgoing *o,
                                       struct msip_str tag)
{
  const struct msip_link_node *at;

  for (at = o->call->forks.next; at != &o->call->forks; at = at->next) {
    struct msip_session *s = MSIP_CONTAINER(at, struct msip_session, fork);

    if (msip_str_ieq(s->dialog.remote_tag, tag))
      return s;
  }
  return NULL;
}

static void leave(struct msip_session *s)
{
  msip_list_del(&s->fork);
  s->origin->call->fork_count--;
  msip_session_orphan(s);
}

/* One that only rings makes room for one that answers. */
static bool make_room(struct msip_outgoing *o, unsigned status)
{
  struct msip_link_node *at;

  if (o->call->fork_count < o->ua->settings->limit_forks)
    return true;
  for (at = o->call->forks.next; at != &o->call->forks && status >= 200;
       at = at->next) {
    struct msip_session *s = MSIP_CONTAINER(at, struct msip_session, fork);

    if (s->confirmed)
      continue;
    msip_session_end(s, "another fork answered", NULL);
    leave(s);
    return true;
  }
  return false;
}

static struct msip_session *fork_of(struct msip_outgoing *o,
                                    const struct msip_msg *response)
{
  struct msip_session *s = known_fork(o, response->to_tag);

  if (s || response->status == 199)
    return s;
  if (make_room(o, response->status))
    return msip_session_new_fork(o, response);
  msip_limit_reached(o->ua, MSIP_LIMIT_FORKS, response, response->status);
  msip_late_accept(o->ua, response); /* a 2xx: nobody wants that call */
  return NULL;
}

void msip_call_forget(struct msip_outgoing *o)
{
  msip_call_over(o, "rejected");
  while (!msip_list_empty(&o->call->forks))
    leave(MSIP_CONTAINER(o->call->forks.next, struct msip_session, fork));
}

/* Their description in a reliable provisional response or a 2xx: the answer to
 * our offer, or the offer we left to them.  The first one counts, though it was
 * only shown in an unreliable response; later ones are ignored (13.2.1). */
static int hear(struct msip_session *s, const struct msip_msg *response)
{
  struct msip_str sdp;
  int err;

  if (s->exchange.state == MSIP_OFFER_STABLE ||
      s->exchange.state == MSIP_OFFER_THEIRS)
    return 0;
  if (s->preview)
    sdp = msip_bytes_str(s->preview);
  else if (msip_msg_session_body(response, &sdp) != 1)
    return 0;
  err = msip_exchange_move(&s->exchange, s->ua->pool, MSIP_OFFER_RECV, sdp);
  if (err)
    return err;
  msip_bytes_drop(s->preview);
  s->preview = NULL;
  return 0;
}

/* The answer to come, in a response that may get lost. */
static void look(struct msip_session *s, const struct msip_msg *response)
{
  struct msip_str sdp;

  if (s->exchange.state == MSIP_OFFER_OURS && !s->preview &&
      msip_msg_session_body(response, &sdp) == 1)
    s->preview = msip_bytes_copy(s->ua->pool, sdp);
}

static void note_peer(struct msip_session *s, const struct msip_msg *response)
{
  s->flow = response->flow;
  if (msip_msg_has(response, MSIP_H_ALLOW))
    s->peer_updates =
        msip_msg_lists(response, MSIP_H_ALLOW, MSIP_STR("UPDATE"));
}

/* RFC 6228: the fork is over, others may answer. */
static void fork_ended(struct msip_session *s)
{
  msip_own_prack_default(s);
  msip_session_end(s, "rejected", NULL);
}

/* False: nobody has to hear of it. */
static bool progressed(struct msip_outgoing *o, struct msip_session *s,
                       const struct msip_msg *response)
{
  enum msip_own_1xx kind = MSIP_1XX_STALE;

  if (s->state == MSIP_SESSION_EARLY)
    kind = msip_own_prack_take(s, response);
  if (kind == MSIP_1XX_STALE)
    return false;
  note_peer(s, response);
  if (kind == MSIP_1XX_PLAIN) {
    look(s, response);
  } else if (hear(s, response) == 0) {
    msip_session_aim(s, response);
  } else { /* no memory: it comes again */
    msip_own_prack_undo(s);
    return false;
  }
  if (response->status == 199)
    fork_ended(s);
  return !o->done;
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
  s->prack.due = false;
  s->first_ack.cseq = response->cseq;
  s->first_ack.due = true;
  if (s->state == MSIP_SESSION_TERMINATED)
    return 0;
  o->ua->counters.sessions_started++;
  s->state = MSIP_SESSION_ACK_WAIT;
  err = hear(s, response);
  if (!err && s->exchange.state == MSIP_OFFER_OURS)
    err = MSIP_EOFFER;
  if (o->insists)
    s->insists = o->session_expires;
  msip_session_renew(s, response);
  if (!o->call->accepted) {
    o->call->accepted = s;
    msip_timer_stop(&o->ua->wheel, &o->limit);
  }
  return err;
}

/* Nobody waits for this 2xx any more: ACK and BYE (13.2.2.4). */
static void unwanted(struct msip_outgoing *o, struct msip_session *s, int err)
{
  if (!o->done)
    msip_outgoing_report(o, NULL, NULL, err ? err : MSIP_ECANCELLED);
  o->done = o->ended = true;
  msip_timer_stop(&o->ua->wheel, &o->limit);
  if (err == MSIP_EOFFER)
    turn_down(o, s, "no answer to our offer");
  else if (err)
    turn_down(o, s, "out of memory");
  else
    turn_down(o, s, o->call->over ? o->call->over : "cancelled");
}

static bool accepted(struct msip_outgoing *o, struct msip_session *s,
                     const struct msip_msg *response)
{
  bool over = s->state == MSIP_SESSION_TERMINATED;
  bool late = o->done && !o->call->accepted; /* after `timeout` */
  int err;

  if (s->confirmed) {
    msip_own_ack_repeat(o, s);
    return false;
  }
  err = confirm(o, s, response);
  if (over) { /* a BYE or 199 has ended the early dialog, others go on */
    msip_own_ack_default(o, s);
    msip_session_hang_up_late(s);
    return false;
  }
  if (!err && o->cancel == MSIP_CANCEL_NONE && !late)
    return true;
  unwanted(o, s, err);
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
  /* 12.1: a provisional response without a tag makes no dialog. */
  if (status < 200 && (status == 100 || response->to_tag.len == 0))
    return !o->done;
  *session = fork_of(o, response);
  if (!*session)
    return status < 200 && !o->done;
  return status < 200 ? progressed(o, *session, response)
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
    if (o->change && !o->change->ack.due)
      msip_outgoing_let_go(o);
  }
}

void msip_call_unheard(struct msip_outgoing *o, struct msip_session *s)
{
  turn_down(o, s, "out of memory");
}

void msip_call_free(struct msip_outgoing *o)
{
  while (!msip_list_empty(&o->call->forks))
    leave(MSIP_CONTAINER(o->call->forks.next, struct msip_session, fork));
  msip_exchange_fini(&o->call->exchange);
  msip_pool_give(o->ua->pool, o->call, sizeof *o->call);
  o->call = NULL;
}
