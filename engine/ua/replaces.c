/* Replaces (RFC 3891): a new INVITE takes the place of a call of ours. */
#include "message/replaces.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

enum { RETRY_MS = 500 };

/* RFC 3891 6.1: a tag of zero stands for none as well (RFC 2543). */
static bool is_zero(struct msip_str tag)
{
  return msip_str_eq(tag, MSIP_STR("0"));
}

static struct msip_session *find(struct msip_ua *ua,
                                 const struct msip_replaces *which)
{
  struct msip_session *s =
      msip_ua_session(ua, which->call_id, which->to_tag, which->from_tag);
  struct msip_session *old;

  if (!is_zero(which->from_tag))
    return s;
  old = msip_ua_session(ua, which->call_id, which->to_tag, MSIP_STR(""));
  if (s && old) /* more than one match is none */
    return NULL;
  return s ? s : old;
}

void msip_replaces_remember(struct msip_session *s)
{
  struct msip_ua *ua = s->ua;

  if (s->bare || !s->listed)
    return;
  ua->ended[ua->ended_next].hash = s->dialog.node.hash;
  ua->ended[ua->ended_next].until = ua->now + 64 * (msip_time)ua->settings->t1;
  ua->ended_next = (ua->ended_next + 1) % MSIP_ENDED;
}

static bool ended_lately(const struct msip_ua *ua,
                         const struct msip_replaces *which,
                         struct msip_str from_tag)
{
  uint64_t hash =
      msip_dialog_hash(&ua->rand, which->call_id, which->to_tag, from_tag);

  for (size_t i = 0; i < MSIP_ENDED; i++)
    if (ua->ended[i].hash == hash && ua->ended[i].until > ua->now)
      return true;
  return false;
}

/* Over, or as good as over: somebody has hung up. */
static bool is_ending(const struct msip_session *s)
{
  return s->state == MSIP_SESSION_TERMINATED || s->queued_bye ||
         (!s->confirmed && s->origin && s->origin->cancel != MSIP_CANCEL_NONE);
}

/* What section 3 says about the dialog that is meant; 0: it may be replaced. */
static unsigned verdict(struct msip_ua *ua, const struct msip_replaces *which,
                        struct msip_session **found)
{
  struct msip_session *s = find(ua, which);

  *found = s;
  if (!s)
    return ended_lately(ua, which, which->from_tag) ||
                   (is_zero(which->from_tag) &&
                    ended_lately(ua, which, MSIP_STR("")))
               ? 603
               : 481;
  if (s->bare)
    return 481;
  if (is_ending(s))
    return 603;
  if (s->confirmed)
    return which->early_only ? 486 : 0;
  return s->ours ? 0 : 481;
}

unsigned msip_replaces_screen(struct msip_ua *ua, const struct msip_msg *m)
{
  struct msip_replaces which;
  struct msip_session *s;

  if (m->method != MSIP_INVITE || msip_msg_has(m, MSIP_H_JOIN) ||
      msip_replaces_parse(&which, msip_msg_value(m, MSIP_H_REPLACES)) != 0)
    return 400;
  return m->to_tag.len ? 0 : verdict(ua, &which, &s);
}

void msip_replaces_begin(struct msip_request *r)
{
  struct msip_invite *invite = r->invite;
  struct msip_replaces which;
  struct msip_session *s;

  if (r->in_dialog || invite->replaces ||
      msip_replaces_parse(&which,
                          msip_msg_value(r->message, MSIP_H_REPLACES)) != 0 ||
      verdict(r->ua, &which, &s) != 0)
    return;
  invite->replaces = s;
  invite->early_only = which.early_only;
  msip_list_add(&s->replacers, &invite->replacer);
}

void msip_replaces_forget(struct msip_session *s)
{
  while (!msip_list_empty(&s->replacers)) {
    struct msip_invite *invite =
        MSIP_CONTAINER(s->replacers.next, struct msip_invite, replacer);

    invite->replaces = NULL;
    msip_list_del(&invite->replacer);
  }
}

int msip_replaces_check(struct msip_request *r)
{
  const struct msip_session *s = r->invite->replaces;

  if (!r->invite->early_only || !s->confirmed)
    return 0;
  msip_request_answer(r, &(struct msip_refusal){.status = 486});
  return msip_because(r->ua, MSIP_ESTATE,
                      "the engine has refused it: the call that it replaces "
                      "is answered by now (early-only)");
}

/* The phones that ring shall not show a missed call (RFC 3326). */
static void cancel(struct msip_outgoing *o)
{
  static const struct msip_str reason =
      MSIP_STR_INIT("Reason: SIP;cause=200;text=\"Call completed elsewhere\"");
  static const struct msip_reply options = {.headers = &reason,
                                            .header_count = 1};

  o->call->over = "replaced";
  if (msip_own_cancel_want(o, &options) != 0)
    msip_outgoing_set_timeout(o, RETRY_MS); /* no memory: again */
}

void msip_replaces_carry_out(struct msip_request *r)
{
  struct msip_session *s = r->invite->replaces;

  if (is_ending(s) ||
      (s->confirmed && r->invite->early_only)) /* while we waited for a PRACK */
    return;
  if (!s->confirmed && s->origin && !s->origin->done)
    cancel(s->origin);
  else
    msip_session_hang_up_in_turn(s, "replaced");
}

int msip_session_replaceable(const struct msip_session *s)
{
  if (s->state == MSIP_SESSION_TERMINATED)
    return msip_because(s->ua, MSIP_EGONE, "the call is over");
  if (s->ours && !s->confirmed)
    return msip_because(s->ua, MSIP_ESTATE,
                        "only who began an early call can replace it "
                        "(RFC 3891 4)");
  return 0;
}

struct msip_session *msip_request_replaces(const struct msip_request *r)
{
  return r->invite ? r->invite->replaces : NULL;
}
