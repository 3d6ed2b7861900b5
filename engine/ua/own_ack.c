/* The ACK of a 2xx to our INVITE (RFC 3261 13.2.2.4). */
#include "message/build.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

enum { ACK_MAX = 65535 };

bool msip_outgoing_needs_ack(const struct msip_outgoing *o)
{
  return o->method == MSIP_INVITE && o->change && o->done && !o->dead &&
         !o->change->ack;
}

static struct msip_bytes *build(struct msip_outgoing *o,
                                const struct msip_reply *options,
                                const struct msip_flow *to)
{
  struct msip_session *s = o->session;
  struct msip_ua *ua = o->ua;
  struct msip_bytes *tail = msip_session_tail(s, options, false);
  char text[MSIP_BRANCH_LEN];
  struct msip_buf buf, sent_by;

  if (!tail)
    return NULL;
  msip_buf_init(&buf, ua->pool, ACK_MAX);
  msip_buf_init(&sent_by, ua->pool, 128);
  msip_addr_format(&sent_by, &to->local);
  msip_dialog_build(&buf, &s->dialog,
                    &(struct msip_dialog_request){
                        .method = MSIP_ACK,
                        .cseq = o->change->cseq,
                        .transport = to->transport,
                        .sent_by = msip_buf_str(&sent_by),
                        .branch = msip_txns_branch(ua->txns, text)});
  msip_buf_add(&buf, msip_bytes_str(tail));
  msip_buf_fini(&sent_by);
  msip_bytes_drop(tail);
  return msip_bytes_take(&buf);
}

static int send(struct msip_outgoing *o, const struct msip_reply *options)
{
  struct msip_session *s = o->session;
  struct msip_ua *ua = o->ua;
  struct msip_flow to = msip_outgoing_path(s);

  o->change->ack = build(o, options, &to);
  if (!o->change->ack)
    return msip_because(ua, MSIP_ENOMEM, "out of memory");
  if (ua->link.send(ua->link.arg, &to, msip_bytes_str(o->change->ack)) != 0)
    ua->counters.transport_errors++;
  ua->counters.requests_out++;
  if (s->own_change == o)
    s->own_change = NULL;
  return 0;
}

int msip_outgoing_ack(struct msip_outgoing *o, const struct msip_reply *options)
{
  static const struct msip_reply plain;
  struct msip_session *s = o->session;
  struct msip_ua *ua = o->ua;
  bool over = s->state == MSIP_SESSION_TERMINATED;
  bool asked = !over && s->exchange.state == MSIP_OFFER_THEIRS;
  struct msip_exchange before;
  bool answers;
  int err;

  options = options ? options : &plain;
  answers = msip_reply_is_sdp(options);
  if (!msip_outgoing_needs_ack(o))
    return msip_because(ua, MSIP_ESTATE, "nothing to acknowledge");
  err = msip_reply_check(ua, options, 0, 0);
  /* When the call ended in between the answer goes out and changes nothing. */
  if (!err && !over && asked != answers)
    err = msip_because(ua, MSIP_EOFFER,
                       asked ? "ack: the offer needs an answer (body)"
                             : "ack: there is no offer to answer");
  if (err)
    return err;
  msip_exchange_save(&before, &s->exchange);
  if (asked)
    err = msip_exchange_move(&s->exchange, ua->pool, MSIP_OFFER_SEND,
                             options->body);
  err = err ? msip_because(ua, err, "out of memory") : send(o, options);
  if (err)
    msip_exchange_restore(&s->exchange, &before);
  msip_exchange_fini(&before);
  return err;
}

void msip_outgoing_ack_default(struct msip_outgoing *o)
{
  static const struct msip_reply plain;
  struct msip_session *s = o->session;

  if (!msip_outgoing_needs_ack(o))
    return;
  o->change->left = true;
  if (send(o, &plain) != 0)
    return; /* the 2xx comes again */
  if (s->state != MSIP_SESSION_TERMINATED &&
      s->exchange.state == MSIP_OFFER_THEIRS)
    msip_session_hang_up(s, "no answer to their offer");
}
