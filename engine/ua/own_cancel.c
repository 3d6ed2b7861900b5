/* CANCEL of an INVITE of ours, and other limits of waiting (RFC 3261 9.1). */
#include "message/build.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

enum { CANCEL_MAX = 65535, AGAIN_MS = 500 };

/* The INVITE as sent, read again: a CANCEL repeats its head. */
static struct msip_bytes *build(const struct msip_outgoing *o)
{
  const struct msip_msg_limits limits = {UINT16_MAX, UINT16_MAX, UINT16_MAX,
                                         MSIP_MSG_HEADERS_MAX};
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_str cancel = msip_method_name(MSIP_CANCEL);
  struct msip_fault fault;
  struct msip_msg invite;
  struct msip_buf buf;

  if (msip_msg_parse(&invite, rows, msip_bytes_str(o->bytes), &limits,
                     &fault) != 0)
    return NULL;
  msip_buf_init(&buf, o->ua->pool, CANCEL_MAX);
  msip_build_request_line(&buf, cancel, invite.ruri);
  msip_build_copy(&buf, &invite, MSIP_H_VIA);
  msip_build_number(&buf, MSIP_H_MAX_FORWARDS, 70);
  msip_build_copy(&buf, &invite, MSIP_H_ROUTE);
  msip_build_copy(&buf, &invite, MSIP_H_FROM);
  msip_build_copy(&buf, &invite, MSIP_H_TO);
  msip_build_copy(&buf, &invite, MSIP_H_CALL_ID);
  msip_build_cseq(&buf, invite.cseq, cancel);
  msip_buf_add(&buf, msip_bytes_str(o->cancel_tail));
  return msip_bytes_take(&buf);
}

/* False when memory is out. */
static bool send(struct msip_outgoing *o)
{
  struct msip_ua *ua = o->ua;
  struct msip_bytes *bytes = build(o);
  bool sent = bytes && msip_txns_request(ua->txns,
                                         &(struct msip_txn_request){
                                             MSIP_CANCEL, bytes,
                                             msip_txn_branch(o->txn), NULL},
                                         msip_txn_flow(o->txn), ua->now);

  msip_bytes_drop(bytes);
  ua->counters.requests_out += sent;
  return sent;
}

/* 9.1: behind a CANCEL a final response may never come. */
void msip_own_cancel_go(struct msip_outgoing *o)
{
  struct msip_ua *ua = o->ua;
  msip_time pause = AGAIN_MS;

  if (o->cancel != MSIP_CANCEL_WANTED || !o->txn || !o->proceeding)
    return;
  if (send(o)) {
    o->cancel = MSIP_CANCEL_SENT;
    pause = 64 * (msip_time)ua->settings->t1;
  }
  msip_timer_arm(&ua->wheel, &o->limit, ua->now + pause);
}

int msip_own_cancel_want(struct msip_outgoing *o,
                         const struct msip_reply *options)
{
  struct msip_ua *ua = o->ua;
  struct msip_str agent = msip_str_c(ua->settings->user_agent);
  struct msip_str none = MSIP_STR("");
  struct msip_buf buf;

  msip_buf_init(&buf, ua->pool, CANCEL_MAX);
  if (agent.len && !msip_reply_has(options, MSIP_STR("User-Agent")))
    msip_build_header(&buf, MSIP_H_USER_AGENT, agent);
  msip_reply_headers(&buf, options);
  msip_build_body(&buf, none, none, none);
  o->cancel_tail = msip_bytes_take(&buf);
  if (!o->cancel_tail)
    return msip_because(ua, MSIP_ENOMEM, "out of memory");
  o->cancel = MSIP_CANCEL_WANTED;
  msip_own_cancel_go(o);
  return 0;
}

int msip_outgoing_cancel(struct msip_outgoing *o,
                         const struct msip_reply *options)
{
  static const struct msip_reply plain;
  struct msip_ua *ua = o->ua;
  int err;

  options = options ? options : &plain;
  if (o->method != MSIP_INVITE)
    return msip_because(ua, MSIP_ESTATE, "only an INVITE can be cancelled");
  if (o->done)
    return msip_because(ua, MSIP_ESTATE, "it has its final response");
  if (o->cancel != MSIP_CANCEL_NONE)
    return msip_because(ua, MSIP_ESTATE, "it is cancelled already");
  err = msip_reply_check(ua, options, 0, 0);
  if (err)
    return err;
  if (o->change && o->change->waiting) { /* nothing is on the wire */
    msip_outgoing_failure(o, MSIP_ECANCELLED);
    return 0;
  }
  return msip_own_cancel_want(o, options);
}

/* `timeout`: the script hears of it now.  An INVITE is cancelled behind that,
 * others run to their end. */
static void too_late(struct msip_outgoing *o)
{
  static const struct msip_reply plain;

  if (o->change && o->change->waiting) { /* nothing is on the wire */
    msip_outgoing_failure(o, MSIP_ETIMEOUT);
    return;
  }
  if (!o->own && !o->done) {
    msip_outgoing_report(o, NULL, NULL, MSIP_ETIMEOUT);
    o->done = true;
  }
  if (o->method == MSIP_INVITE && o->cancel == MSIP_CANCEL_NONE &&
      msip_own_cancel_want(o, &plain) != 0)
    msip_timer_arm(&o->ua->wheel, &o->limit, o->ua->now + AGAIN_MS);
}

void msip_outgoing_limit_fire(struct msip_timer *timer, void *arg,
                              msip_time now)
{
  struct msip_outgoing *o = MSIP_CONTAINER(timer, struct msip_outgoing, limit);
  struct msip_txn *txn = o->txn;

  (void)arg, (void)now;
  if (o->cancel == MSIP_CANCEL_WANTED && o->proceeding) {
    msip_own_cancel_go(o);
    return;
  }
  if (o->cancel != MSIP_CANCEL_SENT) {
    too_late(o);
    return;
  }
  msip_outgoing_failure(o, MSIP_ECANCELLED);
  if (txn)
    msip_txn_free(txn);
}

void msip_outgoing_set_timeout(struct msip_outgoing *o, uint32_t ms)
{
  o->timed = true;
  msip_timer_arm(&o->ua->wheel, &o->limit, o->ua->now + ms);
}
