/* What the layer above may see of a session. */
#include "ua/session_in.h"
#include "uri/nameaddr.h"

enum msip_session_state msip_session_state(const struct msip_session *s)
{
  return s->state;
}

enum msip_signaling_state msip_session_signaling(const struct msip_session *s)
{
  static const enum msip_signaling_state state[] = {
      [MSIP_OFFER_INITIAL] = MSIP_SIGNALING_INITIAL,
      [MSIP_OFFER_OURS] = MSIP_SIGNALING_HAVE_LOCAL_OFFER,
      [MSIP_OFFER_THEIRS] = MSIP_SIGNALING_HAVE_REMOTE_OFFER,
      [MSIP_OFFER_STABLE] = MSIP_SIGNALING_STABLE,
  };

  return s->state == MSIP_SESSION_TERMINATED ? MSIP_SIGNALING_CLOSED
                                             : state[s->exchange.state];
}

const char *msip_session_state_name(enum msip_session_state state)
{
  static const char *const names[] = {
      [MSIP_SESSION_INITIAL] = "initial",
      [MSIP_SESSION_EARLY] = "early",
      [MSIP_SESSION_ACK_WAIT] = "ack_wait",
      [MSIP_SESSION_CONFIRMED] = "confirmed",
      [MSIP_SESSION_TERMINATED] = "terminated",
  };

  return names[state];
}

const char *msip_signaling_state_name(enum msip_signaling_state state)
{
  static const char *const names[] = {
      [MSIP_SIGNALING_INITIAL] = "initial",
      [MSIP_SIGNALING_HAVE_LOCAL_OFFER] = "have_local_offer",
      [MSIP_SIGNALING_HAVE_REMOTE_OFFER] = "have_remote_offer",
      [MSIP_SIGNALING_STABLE] = "stable",
      [MSIP_SIGNALING_CLOSED] = "closed",
  };

  return names[state];
}

struct msip_str msip_session_call_id(const struct msip_session *s)
{
  return s->dialog.call_id;
}

struct msip_str msip_session_local_tag(const struct msip_session *s)
{
  return s->dialog.local_tag;
}

struct msip_str msip_session_remote_tag(const struct msip_session *s)
{
  return s->dialog.remote_tag;
}

static struct msip_str uri_of(struct msip_str value)
{
  struct msip_nameaddr na;

  return msip_nameaddr_parse(&na, value, NULL) == 0 ? na.uri : MSIP_STR("");
}

struct msip_str msip_session_local_uri(const struct msip_session *s)
{
  return uri_of(s->dialog.local);
}

struct msip_str msip_session_remote_uri(const struct msip_session *s)
{
  return uri_of(s->dialog.remote);
}

struct msip_str msip_session_remote_target(const struct msip_session *s)
{
  return s->dialog.target;
}

bool msip_session_takes_update(const struct msip_session *s)
{
  return s->peer_updates;
}

struct msip_str msip_session_route(const struct msip_session *s, unsigned i)
{
  return msip_dialog_route(&s->dialog, i);
}

struct msip_str msip_session_offer(const struct msip_session *s)
{
  return s->exchange.offer ? msip_bytes_str(s->exchange.offer) : MSIP_STR("");
}

struct msip_str msip_session_answer(const struct msip_session *s)
{
  return s->exchange.answer ? msip_bytes_str(s->exchange.answer) : MSIP_STR("");
}

void msip_session_set_box(struct msip_session *s, void *box)
{
  s->box = box;
}

void *msip_session_box(const struct msip_session *s)
{
  return s->box;
}
