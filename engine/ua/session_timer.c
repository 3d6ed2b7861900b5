/* Session timers as UAS (RFC 4028 sections 9 and 10). */
#include "message/build.h"
#include "message/session_expires.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

enum { RETRY_MS = 5000 };

void msip_session_grant(const struct msip_request *r,
                        struct msip_refresh *grant)
{
  const struct msip_settings *s = r->ua->settings;

  *grant = (struct msip_refresh){0, MSIP_REFRESH_NOBODY};
  if (r->facts.has_ask)
    *grant = msip_refresh_grant(&r->facts.ask, s->session_expires,
                                s->session_min_se);
}

static void arm(struct msip_session *s)
{
  msip_timer_arm(&s->ua->wheel, &s->timer,
                 s->ua->now + (msip_time)msip_refresh_due(&s->refresh) * 1000);
}

void msip_session_timer_set(struct msip_session *s,
                            const struct msip_refresh *grant)
{
  s->refresh = *grant;
  s->expires_at = s->ua->now + (msip_time)grant->interval * 1000;
  if (grant->interval)
    arm(s);
  else
    msip_session_timer_stop(s);
}

void msip_session_timer_stop(struct msip_session *s)
{
  msip_timer_stop(&s->ua->wheel, &s->timer);
}

static void give_up(struct msip_session *s, int err, const char *reason)
{
  s->ua->counters.sessions_expired++;
  msip_outbox_push(s->ua, &(struct msip_event){.kind = MSIP_EV_REFRESH_FAILED,
                                               .session = s,
                                               .err = err});
  msip_session_hang_up(s, reason);
}

/* Here uac is us, the sender; who refreshes stays. */
void msip_session_build_expires(struct msip_session *s, struct msip_buf *buf)
{
  bool us = s->refresh.refresher == MSIP_REFRESH_US;
  struct msip_buf value;

  if (s->refresh.interval == 0)
    return;
  msip_buf_init(&value, s->ua->pool, 64);
  msip_buf_u64(&value, s->refresh.interval);
  msip_buf_add(&value,
               us ? MSIP_STR(";refresher=uac") : MSIP_STR(";refresher=uas"));
  msip_build_header(buf, MSIP_H_SESSION_EXPIRES, msip_buf_str(&value));
  msip_buf_fini(&value);
}

/* 7.4: UPDATE without an offer. */
static void send_refresh(struct msip_session *s)
{
  static const struct msip_reply plain;
  struct msip_outgoing *o = msip_outgoing_new(s->ua, s, MSIP_UPDATE);

  if (o) {
    o->own = true;
    o->tail = msip_session_tail(s, &plain, true);
    s->own_update = o;
    if (o->tail && msip_outgoing_send(o) == 0)
      return;
    s->own_update = NULL;
    msip_outgoing_end(o);
  }
  msip_timer_arm(&s->ua->wheel, &s->timer, s->ua->now + RETRY_MS);
}

void msip_session_timer_fire(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_session *s = MSIP_CONTAINER(timer, struct msip_session, timer);

  (void)arg;
  if (s->refresh.refresher == MSIP_REFRESH_THEM)
    give_up(s, MSIP_ETIMEOUT, "expired");
  else if (now + RETRY_MS >= s->expires_at)
    give_up(s, MSIP_ETIMEOUT, "refresh failed");
  else if (msip_change_is_open(s, MSIP_UPDATE))
    msip_timer_arm(&s->ua->wheel, &s->timer, now + RETRY_MS);
  else if (!s->own_update)
    send_refresh(s);
}

void msip_session_renew(struct msip_session *s, const struct msip_msg *response)
{
  struct msip_session_expires se = {0};
  struct msip_refresh grant = {0, MSIP_REFRESH_NOBODY};

  if (msip_session_expires_parse(
          &se, msip_msg_value(response, MSIP_H_SESSION_EXPIRES)) == 0) {
    grant.interval = se.delta;
    grant.refresher = se.refresher == MSIP_REFRESHER_UAS ? MSIP_REFRESH_THEM
                                                         : MSIP_REFRESH_US;
  }
  msip_session_timer_set(s, &grant);
}

void msip_session_refreshed(struct msip_session *s,
                            const struct msip_msg *response, int err)
{
  s->own_update = NULL;
  if (s->state == MSIP_SESSION_TERMINATED)
    return;
  if (response && response->status < 300)
    msip_session_renew(s, response);
  else if (!response || response->status == 481 || response->status == 408)
    give_up(s, err ? err : MSIP_EGONE, "refresh failed"); /* section 10 */
  else
    msip_timer_arm(&s->ua->wheel, &s->timer, s->ua->now + RETRY_MS);
}
