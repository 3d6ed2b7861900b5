/* Session timers as UAS (RFC 4028 sections 9 and 10). */
#include "message/build.h"
#include "message/session_expires.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

enum { TAIL_MAX = 2048, RETRY_MS = 5000 };

void msip_session_grant(const struct msip_request *r,
                        struct msip_refresh *grant)
{
  const struct msip_settings *s = r->ua->settings;
  struct msip_refresh_ask ask;

  *grant = (struct msip_refresh){0, MSIP_REFRESH_NOBODY};
  if (msip_refresh_read(&ask, r->message) == 0)
    *grant = msip_refresh_grant(&ask, s->session_expires, s->session_min_se);
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

/* 7.4: UPDATE without an offer; refresher=uac is us, the sender. */
static void send_refresh(struct msip_session *s)
{
  struct msip_outgoing *o = msip_outgoing_new(s, MSIP_UPDATE);
  struct msip_buf buf, value;
  struct msip_str none = MSIP_STR("");

  if (!o) {
    msip_timer_arm(&s->ua->wheel, &s->timer, s->ua->now + RETRY_MS);
    return;
  }
  o->own = true;
  s->own_update = o;
  msip_buf_init(&buf, s->ua->pool, TAIL_MAX);
  msip_buf_init(&value, s->ua->pool, 64);
  msip_buf_u64(&value, s->refresh.interval);
  msip_buf_lit(&value, ";refresher=uac");
  msip_build_contact(s->ua, &buf, &s->flow);
  msip_build_header(&buf, MSIP_H_SUPPORTED, s->ua->supported);
  msip_build_header(&buf, MSIP_H_SESSION_EXPIRES, msip_buf_str(&value));
  msip_build_body(&buf, none, none, none);
  if (buf.err || msip_outgoing_send(o, msip_buf_str(&buf)) != 0) {
    s->own_update = NULL;
    msip_outgoing_end(o);
    msip_timer_arm(&s->ua->wheel, &s->timer, s->ua->now + RETRY_MS);
  }
  msip_buf_fini(&value);
  msip_buf_fini(&buf);
}

void msip_session_timer_fire(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_session *s = MSIP_CONTAINER(timer, struct msip_session, timer);

  (void)arg;
  if (s->refresh.refresher == MSIP_REFRESH_THEM)
    give_up(s, MSIP_ETIMEOUT, "expired");
  else if (now + RETRY_MS >= s->expires_at)
    give_up(s, MSIP_ETIMEOUT, "refresh failed");
  else if (!s->own_update)
    send_refresh(s);
}

/* The 2xx decides anew who refreshes and when (7.2). */
static void renew(struct msip_session *s, const struct msip_msg *response)
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
    renew(s, response);
  else if (err || response->status == 481 || response->status == 408)
    give_up(s, err ? err : MSIP_EGONE, "refresh failed"); /* section 10 */
  else
    msip_timer_arm(&s->ua->wheel, &s->timer, s->ua->now + RETRY_MS);
}
