/* The ACK of a 2xx to our INVITE (RFC 3261 13.2.2.4). */
#include "message/build.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

enum { ACK_MAX = 65535 };

struct msip_own_ack *msip_own_ack_of(const struct msip_outgoing *o,
                                     struct msip_session *s)
{
  return o->change ? &o->change->ack : &s->first_ack;
}

static struct msip_bytes *build(struct msip_session *s,
                                const struct msip_own_ack *ack,
                                const struct msip_bytes *credentials,
                                const struct msip_reply *options,
                                const struct msip_flow *to)
{
  struct msip_ua *ua = s->ua;
  struct msip_bytes *tail = msip_session_tail(s, options, MSIP_ACK);
  char text[MSIP_BRANCH_LEN], room[64];
  struct msip_buf sent_by = {
      .at = room, .room = sizeof room, .max = sizeof room};
  struct msip_buf buf;

  if (!tail)
    return NULL;
  msip_buf_init(&buf, ua->pool, ACK_MAX);
  msip_addr_format(&sent_by, &to->local);
  msip_dialog_build(&buf, &s->dialog,
                    &(struct msip_dialog_request){
                        .method = MSIP_ACK,
                        .cseq = ack->cseq,
                        .transport = to->transport,
                        .sent_by = msip_buf_str(&sent_by),
                        .branch = msip_txns_branch(ua->txns, text)});
  if (credentials) /* those of the INVITE (22.1) */
    msip_buf_add(&buf, msip_bytes_str(credentials));
  msip_buf_add(&buf, msip_bytes_str(tail));
  msip_bytes_drop(tail);
  return msip_bytes_take(&buf);
}

static int send(struct msip_outgoing *o, struct msip_session *s,
                const struct msip_reply *options)
{
  struct msip_ua *ua = o->ua;
  struct msip_own_ack *ack = msip_own_ack_of(o, s);
  struct msip_flow to = msip_outgoing_path(s);

  ack->bytes = build(s, ack, o->credentials, options, &to);
  if (!ack->bytes)
    return msip_because(ua, MSIP_ENOMEM, "out of memory");
  ack->due = false;
  if (ua->link.send(ua->link.arg, &to, msip_bytes_str(ack->bytes)) != 0)
    ua->counters.transport_errors++;
  ua->counters.requests_out++;
  msip_change_close(o);
  if (s->state == MSIP_SESSION_ACK_WAIT && s->ours)
    s->state = MSIP_SESSION_CONFIRMED;
  return 0;
}

int msip_outgoing_ack(struct msip_outgoing *o, struct msip_session *s,
                      const struct msip_reply *options)
{
  static const struct msip_reply plain;
  struct msip_ua *ua = o->ua;
  bool over = s->state == MSIP_SESSION_TERMINATED;
  bool asked = !over && s->exchange.state == MSIP_OFFER_THEIRS;
  struct msip_exchange before;
  bool answers;
  int err;

  options = options ? options : &plain;
  answers = msip_reply_is_sdp(options);
  if (o->method != MSIP_INVITE || !msip_own_ack_of(o, s)->due)
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
  err = err ? msip_because(ua, err, "out of memory") : send(o, s, options);
  if (err)
    msip_exchange_restore(&s->exchange, &before);
  else if (o->change && o->change->manual_ack)
    msip_outgoing_let_go(o);
  msip_exchange_fini(&before);
  return err;
}

bool msip_own_ack_plain(struct msip_outgoing *o, struct msip_session *s)
{
  static const struct msip_reply plain;
  struct msip_own_ack *ack = msip_own_ack_of(o, s);

  if (!ack->due)
    return false;
  ack->left = true;
  return send(o, s, &plain) == 0; /* else the 2xx comes again */
}

void msip_own_ack_default(struct msip_outgoing *o, struct msip_session *s)
{
  if (!msip_own_ack_plain(o, s))
    return;
  if (s->state != MSIP_SESSION_TERMINATED && !s->queued_bye &&
      s->exchange.state == MSIP_OFFER_THEIRS)
    msip_session_hang_up(s, "no answer to their offer");
}

void msip_own_ack_repeat(struct msip_outgoing *o, struct msip_session *s)
{
  struct msip_own_ack *ack = msip_own_ack_of(o, s);
  struct msip_flow to = msip_outgoing_path(s);
  struct msip_ua *ua = o->ua;

  if (ack->due && ack->left)
    msip_own_ack_default(o, s);
  else if (ack->bytes &&
           ua->link.send(ua->link.arg, &to, msip_bytes_str(ack->bytes)) != 0)
    ua->counters.transport_errors++;
}
