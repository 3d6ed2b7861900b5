/* ua/ua.h -- the user agent core of one worker.
 *
 * Bytes, time and answers go in; bytes (through the link), deadlines and
 * events come out.  One tick of whoever drives it:
 *
 *   msip_ua_receive(ua, &flow, bytes, now);   any number of times
 *   msip_ua_advance(ua, now);                 fires what is due
 *   while (msip_ua_next_event(ua, &event))    delegates run; they may answer
 *     ...
 *   msip_ua_sweep(ua);                        frees what ended
 *   wait until msip_ua_deadline(ua) or more bytes
 */
#pragma once

#include "base/flow.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/time.h"
#include "transport/link.h"
#include "ua/counters.h"
#include "ua/event.h"
#include "ua/outgoing.h"
#include "ua/request.h"
#include "ua/session.h"
#include "ua/settings.h"
#include "ua/subscription.h"
#include "ua/wake.h"

struct msip_ua_config {
  struct msip_pool *pool;
  const struct msip_settings *settings; /* outlives the ua */
  struct msip_link link;
  struct msip_log log;
  uint64_t key[2]; /* secret randomness; a seed in a simulation */
  msip_time now;
  void *arg; /* for the caller: msip_ua_arg */
  /* The object behind this box is about to be freed.  Must not call the ua. */
  void (*on_release)(void *arg, void *box);
};

struct msip_ua *msip_ua_new(const struct msip_ua_config *config);
/* Frees everything without a word to peers; boxes are released. */
void msip_ua_free(struct msip_ua *ua);

void msip_ua_receive(struct msip_ua *ua, const struct msip_flow *flow,
                     struct msip_str bytes, msip_time now);
void msip_ua_advance(struct msip_ua *ua, msip_time now);
/* When msip_ua_advance is needed next; MSIP_NEVER: nothing waits. */
msip_time msip_ua_deadline(const struct msip_ua *ua);
bool msip_ua_next_event(struct msip_ua *ua, struct msip_event *event);
void msip_ua_sweep(struct msip_ua *ua);
/* The time of the latest receive or advance. */
msip_time msip_ua_now(const struct msip_ua *ua);

/* Draining: new calls and other requests outside dialogs get 503. */
void msip_ua_set_draining(struct msip_ua *ua, bool draining);
bool msip_ua_is_draining(const struct msip_ua *ua);
/* No session, no unanswered request, no request of ours without an answer. */
bool msip_ua_is_idle(const struct msip_ua *ua);
/* Settings changed in place: take them over (timers, limits). */
void msip_ua_settings_changed(struct msip_ua *ua);
/* Which callbacks exist, for Allow and 405 (a bit per method, 1u << method). */
void msip_ua_set_served(struct msip_ua *ua, uint32_t methods);

void *msip_ua_arg(const struct msip_ua *ua);
struct msip_pool *msip_ua_pool(const struct msip_ua *ua);
struct msip_counters *msip_ua_counters(struct msip_ua *ua);
uint64_t msip_ua_random(struct msip_ua *ua);
/* A sentence about the last refusal of an answering function. */
const char *msip_ua_why(const struct msip_ua *ua);

struct msip_census {
  uint32_t sessions;
  uint32_t ending; /* sessions that are over, kept for repeats */
  uint32_t requests;
  uint32_t outgoing;
  uint32_t subscriptions;
  uint32_t dialogs; /* those that peers can reach */
  uint32_t transactions;
  uint32_t timers;
  size_t pool_bytes;
};
struct msip_census msip_ua_census(const struct msip_ua *ua);

/* The live session with this Call-ID and these tags, or NULL. */
struct msip_session *msip_ua_session(struct msip_ua *ua,
                                     struct msip_str call_id,
                                     struct msip_str local_tag,
                                     struct msip_str remote_tag);
/* Walks the live sessions, in no order: start with NULL. */
struct msip_session *msip_ua_next_session(const struct msip_ua *ua,
                                          struct msip_session *after);
