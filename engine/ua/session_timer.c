/* Session timers, whoever refreshes (RFC 4028). */
#include "dialog/failure.h"
#include "message/build.h"
#include "message/session_expires.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"

enum { RETRY_MS = 5000, RETRY_MAX_MS = 3600000, FLOOR = 90 };

void msip_session_grant(const struct msip_request *r,
                        struct msip_refresh *grant)
{
  const struct msip_settings *s = r->ua->settings;

  *grant = (struct msip_refresh){0, MSIP_REFRESH_NOBODY};
  if (!r->facts.has_ask)
    return;
  if (r->session && r->facts.ask.min_se > r->session->min_se)
    r->session->min_se = r->facts.ask.min_se;
  *grant =
      msip_refresh_grant(&r->facts.ask, s->session_expires, s->session_min_se);
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
  if (s->own_refresh && s->own_refresh->change->waiting)
    msip_outgoing_end(s->own_refresh); /* another change did its work */
  s->retry_ms = RETRY_MS;
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
static void build_interval(const struct msip_session *s, struct msip_buf *buf,
                           uint32_t interval)
{
  bool us = s->refresh.refresher != MSIP_REFRESH_THEM;
  struct msip_buf value;

  msip_buf_init(&value, s->ua->pool, 64);
  msip_buf_u64(&value, interval);
  msip_buf_add(&value,
               us ? MSIP_STR(";refresher=uac") : MSIP_STR(";refresher=uas"));
  msip_build_header(buf, MSIP_H_SESSION_EXPIRES, msip_buf_str(&value));
  msip_buf_fini(&value);
}

void msip_session_build_expires(struct msip_session *s, struct msip_buf *buf)
{
  uint32_t interval = s->refresh.interval;

  if (interval)
    build_interval(s, buf, interval > s->min_se ? interval : s->min_se);
  if (s->min_se)
    msip_build_number(buf, MSIP_H_MIN_SE, s->min_se);
}

/* When no answer to a refresh would come in time. */
static msip_time last_chance(const struct msip_session *s)
{
  msip_time quarter = (msip_time)s->refresh.interval * 250;

  return s->expires_at - (quarter < RETRY_MS ? quarter : RETRY_MS);
}

/* In time for a last word before the end. */
static void try_later(struct msip_session *s)
{
  msip_time due = s->ua->now + s->retry_ms;
  msip_time last = last_chance(s);

  if (s->retry_ms < RETRY_MAX_MS)
    s->retry_ms *= 2;
  msip_timer_arm(&s->ua->wheel, &s->timer, due < last ? due : last);
}

void msip_session_timer_fire(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_session *s = MSIP_CONTAINER(timer, struct msip_session, timer);

  (void)arg;
  if (s->refresh.refresher == MSIP_REFRESH_THEM)
    give_up(s, MSIP_ETIMEOUT, "expired");
  else if (now >= last_chance(s))
    give_up(s, MSIP_ETIMEOUT, "refresh failed");
  else if (s->own_refresh || s->own_change || msip_change_refresh(s) != 0)
    try_later(s);
}

/* A peer that asks for less than anybody may ask for is not obeyed: we would
 * do nothing but refresh. */
static uint32_t bounded(const struct msip_session *s, uint32_t interval)
{
  uint32_t min = s->ua->settings->session_min_se;

  min = min < FLOOR ? min : FLOOR;
  return interval > min ? interval : min;
}

void msip_session_renew(struct msip_session *s, const struct msip_msg *response)
{
  struct msip_session_expires se = {0};
  struct msip_refresh grant = {0, MSIP_REFRESH_NOBODY};

  if (msip_session_expires_parse(
          &se, msip_msg_value(response, MSIP_H_SESSION_EXPIRES)) == 0) {
    grant.interval = bounded(s, se.delta);
    grant.refresher = se.refresher == MSIP_REFRESHER_UAS ? MSIP_REFRESH_THEM
                                                         : MSIP_REFRESH_US;
  } else if (s->insists) { /* 7.2: for our benefit alone */
    grant.interval = s->insists > s->min_se ? s->insists : s->min_se;
    grant.refresher = MSIP_REFRESH_US;
  }
  msip_session_timer_set(s, &grant);
}

void msip_session_refreshed(struct msip_session *s, enum msip_method method,
                            unsigned status, int err)
{
  if (s->state == MSIP_SESSION_TERMINATED || (status >= 200 && status < 300))
    return;
  if (status == 405 || status == 501) /* no UPDATE, then */
    s->peer_updates = false;
  if (err == MSIP_ENOMEM)
    try_later(s);
  else if (err || msip_failure_ends_call(method, status))
    give_up(s, err ? err : MSIP_EGONE, "refresh failed"); /* section 10 */
  else
    try_later(s);
}
