/* Final responses that are answered by another try (RFC 3261 8.1.3.5). */
#include "message/delta.h"
#include "ua/interest.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "uri/uri.h"

enum { LONGER_MAX = 4, URI_MAX = 1024 };

/* RFC 4028 7.3: the interval was too small.  Each element on the way may say
 * so once. */
static bool wait_longer(struct msip_outgoing *o,
                        const struct msip_msg *response)
{
  uint32_t *min = o->session ? &o->session->min_se : &o->min_se;
  uint32_t least;

  if ((!o->change && o->session_expires == 0) || o->longer == LONGER_MAX ||
      msip_delta_parse(&least, msip_msg_value(response, MSIP_H_MIN_SE)) != 0 ||
      least <= *min)
    return false;
  o->longer++;
  *min = least;
  if (o->session_expires && o->session_expires < least)
    o->session_expires = least;
  return true;
}

/* 420: without what they do not support and we required. */
static bool require_less(struct msip_outgoing *o,
                         const struct msip_msg *response)
{
  struct msip_bytes *tail = msip_tail_without(o->ua, o->tail, response);

  if (!tail)
    return false;
  msip_bytes_drop(o->tail);
  o->tail = tail;
  return true;
}

/* 423 to SUBSCRIBE (21.4.17) and PUBLISH (RFC 3903 4.6): what they want at
 * least. */
static bool last_longer(struct msip_outgoing *o,
                        const struct msip_msg *response)
{
  struct msip_bytes *tail;
  uint32_t least;

  if ((o->method != MSIP_SUBSCRIBE && o->method != MSIP_PUBLISH) ||
      o->session || o->longer == LONGER_MAX ||
      msip_delta_parse(&least, msip_msg_value(response, MSIP_H_MIN_EXPIRES)) !=
          0 ||
      (o->interest && !msip_interest_extend(o->interest, least)))
    return false;
  tail = msip_tail_longer(o->ua, o->tail, least);
  if (!tail)
    return false;
  o->longer++;
  msip_bytes_drop(o->tail);
  o->tail = tail;
  return true;
}

/* 416: a telephone number as SIP URI, of the domain that was asked (19.1.6). */
static bool as_sip_uri(struct msip_outgoing *o)
{
  struct msip_str target = o->form ? o->form->target : MSIP_STR("");
  struct msip_buf text;
  struct msip_uri hop;
  bool done;

  if (!msip_str_istarts(target, MSIP_STR("tel:")) ||
      msip_uri_parse(&hop, msip_dialog_next_hop(o->form), NULL) != 0)
    return false;
  msip_buf_init(&text, o->ua->pool, URI_MAX);
  msip_buf_lit(&text, "sip:");
  msip_buf_add(&text, msip_str_of(target.at + 4, target.len - 4));
  msip_buf_char(&text, '@');
  msip_buf_add(&text, hop.host);
  msip_buf_lit(&text, ";user=phone");
  done = !text.err && msip_dialog_set_target(o->form, msip_buf_str(&text)) == 0;
  msip_buf_fini(&text);
  return done;
}

/* Changes the request as this refusal asks for. */
static bool adapt(struct msip_outgoing *o, const struct msip_msg *response)
{
  if (!o->retries)
    return false;
  switch (response->status) {
  case 416:
    return as_sip_uri(o);
  case 420:
    return require_less(o, response);
  case 422:
    return wait_longer(o, response);
  case 423:
    return last_longer(o, response);
  default:
    return false;
  }
}

/* BYE and subscriptions outlive their call. */
static bool is_wanted(const struct msip_outgoing *o)
{
  if (o->cancel != MSIP_CANCEL_NONE || (o->call && o->call->accepted))
    return false;
  return !o->session || o->method == MSIP_BYE || o->method == MSIP_SUBSCRIBE ||
         o->method == MSIP_NOTIFY ||
         o->session->state != MSIP_SESSION_TERMINATED;
}

bool msip_outgoing_try_again(struct msip_outgoing *o,
                             const struct msip_msg *response)
{
  if (!is_wanted(o))
    return false;
  if (!msip_outgoing_authorize(o, response) && !adapt(o, response))
    return msip_follow_take(o, response);
  if (o->call)
    msip_call_forget(o);
  return msip_outgoing_send(o) == 0;
}
