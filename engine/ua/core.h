/* ua/core.h -- the user agent core from the inside, shared by this folder.
 *
 * Owners: the ua owns sessions, requests and outgoing requests through its
 * lists and frees the dead ones in msip_ua_sweep, when no event is left that
 * could name them.  A request owns its INVITE part.  The transaction layer owns
 * transactions; request->txn and outgoing->txn are cleared by on_gone.
 */
#pragma once

#include "auth/keyring.h"
#include "dialog/dialog.h"
#include "dialog/gate.h"
#include "dialog/offer.h"
#include "dialog/refresh.h"
#include "dialog/rel1xx.h"
#include "dialog/subscribe.h"
#include "transaction/txns.h"
#include "ua/limit.h"
#include "ua/ua.h"

enum {
  MSIP_TAG_LEN = 12,
  MSIP_TAG_MAX = 63,
  MSIP_QUEUED_1XX = 4,
  MSIP_KEYRINGS = 32,
  MSIP_ENDED = 64,
};

struct msip_outbox {
  struct msip_event *ring;
  uint32_t room; /* a power of two */
  uint32_t first, count;
};

/* The part by which a finished object waits for the sweep. */
struct msip_dead {
  struct msip_link_node node;
  void (*free)(struct msip_dead *dead);
};

struct msip_rate;

struct msip_ua {
  struct msip_pool *pool;
  const struct msip_settings *settings;
  struct msip_link link;
  struct msip_log log;
  struct msip_rand rand;
  struct msip_rand seals; /* hashes that come back in messages sent on */
  struct msip_wheel wheel;
  struct msip_txns *txns;
  struct msip_map dialogs;
  struct msip_map interests;      /* of interest.c */
  struct msip_link_node sessions; /* live and ending */
  struct msip_link_node requests;
  struct msip_link_node outgoing;
  struct msip_link_node dead; /* to free in the next sweep */
  struct msip_outbox outbox;
  struct msip_counters counters;
  struct msip_census census;
  struct msip_header *rows; /* index of the message being received */
  /* The dialogs that ended last, by their hashes: of replaces.c. */
  struct {
    uint64_t hash;
    msip_time until;
  } ended[MSIP_ENDED];
  uint32_t ended_next;
  struct msip_rate *rate; /* NULL until limits.source_rate is used */
  struct msip_keyring *keyrings[MSIP_KEYRINGS]; /* the latest first */
  struct msip_str allow;                        /* value of our Allow */
  struct msip_str supported;
  char allow_text[160];
  /* The URI of our Contact where no setting says it, and whose it is. */
  struct msip_addr own_addr;
  char own_text[72];
  uint8_t own_len;
  uint32_t served; /* bit per method with a core callback */
  msip_time now;
  msip_time quiet_until[MSIP_LIMIT_COUNT]; /* of limit.c */
  bool draining;
  const char *why;
  void *arg;
  void (*on_release)(void *arg, void *box);
};

/* --- outbox.c */

/* Queues an event; takes over event->message.  False: memory is out, and the
 * message reference was dropped. */
bool msip_outbox_push(struct msip_ua *ua, const struct msip_event *event);
/* Takes back what is queued for this wake. */
void msip_outbox_forget_wake(struct msip_ua *ua, const struct msip_wake *wake);

/* --- refuse.c: what the engine answers by itself */

struct msip_refusal {
  unsigned status;
  struct msip_str reason;  /* empty: the standard phrase */
  struct msip_str detail;  /* 420: tags not supported; 421: tag required */
  struct msip_str warning; /* text of an automatic Warning; empty: none */
  unsigned warning_code;
  bool retry_after; /* 0 to 10 seconds, random (14.2) */
};

/* Answers through a transaction that has no request object. */
void msip_refuse(struct msip_ua *ua, struct msip_txn *txn,
                 const struct msip_msg *m, const struct msip_refusal *refusal);
/* Answers without a transaction, with a To tag that is a function of the
 * request (8.2.7). */
void msip_refuse_stateless(struct msip_ua *ua, const struct msip_msg *m,
                           const struct msip_refusal *refusal);
/* The bytes; NULL when memory is out. */
struct msip_bytes *msip_refusal_build(struct msip_ua *ua,
                                      const struct msip_msg *m,
                                      struct msip_str to_tag,
                                      const struct msip_refusal *refusal);
void msip_build_server(struct msip_ua *ua, struct msip_buf *buf);
/* Allow-Events: the setting, at least "refer". */
void msip_build_allow_events(struct msip_ua *ua, struct msip_buf *buf);
/* Warning: 399 agent "text" */
void msip_build_warning(struct msip_ua *ua, struct msip_buf *buf, unsigned code,
                        struct msip_str text);

/* --- capability.c */
/* One of the option tags in our Supported, or one that needs no mention. */
bool msip_supports(const struct msip_ua *ua, struct msip_str option_tag);

/* --- receive.c, screen.c */

/* What the checks of a request found out, so that nobody reads it twice.  All
 * of it is empty for methods that it does not concern. */
struct msip_facts {
  struct msip_str sdp; /* session description of INVITE, UPDATE and PRACK */
  bool has_sdp;
  bool updates;                /* INVITE, UPDATE: Allow lists UPDATE */
  bool has_ask;                /* INVITE, UPDATE: `ask` could be read */
  struct msip_refresh_ask ask; /* the session timer it wants */
};

enum msip_fitness {
  MSIP_FIT,
  MSIP_UNFIT,   /* as an endpoint we would refuse it */
  MSIP_REFUSED, /* that was done */
};

/* Checks of 8.2 that come before any script.  Of a request that `may_pass`
 * those that concern an endpoint only refuse nothing yet. */
enum msip_fitness msip_screen(struct msip_ua *ua, struct msip_txn *txn,
                              const struct msip_msg *m,
                              struct msip_facts *facts, bool may_pass);

/* --- rate.c: limits.source_rate */
bool msip_rate_allows(struct msip_ua *ua, const struct msip_addr *source);
void msip_rate_free(struct msip_ua *ua);

/* Remembers why and returns err. */
int msip_because(struct msip_ua *ua, int err, const char *why);
