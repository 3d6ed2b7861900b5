/* ua/subscription_in.h -- subscriptions from the inside.
 *
 * The session that carries one is a call, or a bare dialog: a session whose
 * INVITE usage is over from the start.  The dialog stays listed until the call
 * and all subscriptions are over (RFC 5057 section 4).
 */
#pragma once

#include "message/event.h"
#include "ua/core.h"
#include "ua/session_in.h"

enum { MSIP_QUEUED_NOTIFY = 8 };

struct msip_subscription {
  struct msip_link_node node; /* in session->subscriptions, until it is freed */
  struct msip_dead sweep;
  struct msip_ua *ua;
  struct msip_session *session;
  struct msip_timer timer;     /* expiry; a subscriber renews before */
  struct msip_timer wait;      /* timer N: a NOTIFY is due */
  struct msip_outgoing *busy;  /* the NOTIFY or SUBSCRIBE under way */
  struct msip_outgoing *maker; /* the request that made it, while it lives */
  struct msip_link_node made;  /* in maker->makes */
  /* NOTIFYs that wait for `busy`; one place is for the last of all. */
  struct msip_outgoing *queue[MSIP_QUEUED_NOTIFY + 1];
  unsigned queued;
  char *text; /* `package` and `id` */
  size_t text_len;
  struct msip_str package;
  struct msip_str id;
  struct msip_bytes *body; /* of the latest NOTIFY of ours */
  struct msip_bytes *type;
  struct msip_bytes *headers; /* lines each SUBSCRIBE of ours repeats */
  msip_time expires_at;
  uint32_t asked;  /* seconds; notifier: what the latest 2xx granted */
  uint32_t refs;   /* requests and outgoing requests that point here */
  uint32_t cseq;   /* of the REFER that made it, which is its id */
  char reason[32]; /* why it ended */
  struct msip_seconds again;
  void *box;
  enum msip_subscription_state state;
  bool notifier;
  bool refer;
  bool anonymous; /* the first REFER's: NOTIFYs need not name its id */
  bool due;       /* a NOTIFY must follow the 2xx */
  bool ending;    /* subscriber: asked for the end */
  bool told;      /* the script may know of it: it hears of the end */
  bool over;
  bool dead;
};

/* --- subscription.c */

/* `event` may be borrowed.  NULL when memory is out. */
struct msip_subscription *
msip_subscription_new(struct msip_session *carrier,
                      const struct msip_event_name *event, bool notifier);
/* Nothing was sent: takes a new one back. */
void msip_subscription_undo(struct msip_subscription *sub);
void msip_subscription_free(struct msip_subscription *sub);
void msip_subscription_unref(struct msip_subscription *sub);
/* It is over: on_terminated(reason).  A notifier's last NOTIFY may still be on
 * its way. */
void msip_subscription_end(struct msip_subscription *sub,
                           struct msip_str reason);
/* Nothing more is to be sent: the dialog may go. */
void msip_subscription_close(struct msip_subscription *sub);
/* Starts the interval anew. */
void msip_subscription_set_expires(struct msip_subscription *sub,
                                   uint32_t seconds);
/* CSeq of the REFER that made it, the id of its NOTIFYs. */
uint32_t msip_subscription_cseq(const struct msip_subscription *sub);
/* The live subscription of this dialog that a request is about, or NULL. */
struct msip_subscription *msip_subscription_find(const struct msip_session *s,
                                                 const struct msip_msg *m,
                                                 bool notifier);
/* Some subscription of the dialog is not through yet. */
bool msip_session_has_subscriptions(const struct msip_session *s);
/* The ua stops accepting calls: notifiers outside calls move on (RFC 6665
 * 4.1.3, "deactivated"). */
void msip_subscriptions_drain(struct msip_ua *ua);

/* A NOTIFY, SUBSCRIBE or REFER of ours got its final response (or NULL and an
 * error). */
void msip_subscription_answered(struct msip_outgoing *o,
                                const struct msip_msg *response, int err);

/* The dialog goes where this NOTIFY or SUBSCRIBE says (RFC 3261 12.2.2). */
void msip_subscription_follow(struct msip_subscription *sub,
                              const struct msip_msg *m);
/* Nothing more comes of this request. */
void msip_subscription_leave(struct msip_outgoing *o);
/* Said by `o`. */
void msip_subscription_set_maker(struct msip_subscription *sub,
                                 struct msip_outgoing *o);
/* Makes the one that a REFER or SUBSCRIBE of ours in a dialog asks for, before
 * it is sent.  0, MSIP_EINVALID or MSIP_ENOMEM. */
int msip_subscription_begin(struct msip_outgoing *o,
                            const struct msip_reply *options);

/* --- carrier.c */

/* The dialog that a request outside of calls makes, found by peers. */
struct msip_session *msip_carrier_new(struct msip_ua *ua,
                                      const struct msip_msg *request,
                                      struct msip_str local_tag);
/* The one that this 2xx to a request of ours makes. */
struct msip_session *msip_carrier_new_ours(const struct msip_outgoing *o,
                                           const struct msip_msg *response);

/* --- subscribe_in.c: SUBSCRIBE and REFER that arrive */

/* Event, Refer-To, Expires: true when the request may go on; else what to
 * refuse it with. */
bool msip_subscribe_screen(struct msip_ua *ua, const struct msip_msg *m,
                           struct msip_refusal *refusal);
/* A SUBSCRIBE in a dialog: finds what it renews. */
void msip_subscribe_arrived(struct msip_request *r);
/* The 2xx of a SUBSCRIBE or REFER. */
int msip_subscribe_accept(struct msip_request *r,
                          const struct msip_reply *reply,
                          struct msip_bytes **sent);

/* --- notify_out.c */

/* The NOTIFY under way got its final response (or NULL and an error). */
void msip_notify_answered(struct msip_subscription *sub,
                          const struct msip_msg *response, int err);
/* What is queued is not sent any more. */
void msip_notify_stop(struct msip_subscription *sub);
/* The notifier ends it: the last NOTIFY. */
void msip_notify_last(struct msip_subscription *sub, struct msip_str reason);

/* --- notify_in.c */

/* A NOTIFY about `sub`. */
void msip_notify_deliver(struct msip_subscription *sub, struct msip_txn *txn,
                         const struct msip_msg *m,
                         const struct msip_facts *facts);
/* A NOTIFY in a dialog of ours: false when it is about no subscription. */
bool msip_notify_arrived(struct msip_session *s, struct msip_txn *txn,
                         const struct msip_msg *m,
                         const struct msip_facts *facts);

/* --- subscribe_out.c: SUBSCRIBE of ours */

/* "Event: refer;id=7" */
void msip_subscription_build_event(struct msip_buf *buf,
                                   const struct msip_subscription *sub);
/* Event and Expires among the headers of a request.  MSIP_EINVALID. */
int msip_subscribe_read(struct msip_ua *ua, enum msip_method method,
                        const struct msip_reply *options,
                        struct msip_event_name *event, uint32_t *seconds);
/* The header lines that each refresh repeats; NULL: none. */
struct msip_bytes *msip_subscribe_headers(struct msip_ua *ua,
                                          const struct msip_reply *options);
/* The 2xx grants this interval. */
void msip_subscribe_granted(struct msip_subscription *sub,
                            const struct msip_msg *response);
/* Timer N: a NOTIFY must come within 64*T1. */
void msip_subscribe_await(struct msip_subscription *sub);

/* The interval is nearly over, or quite. */
void msip_subscribe_due(struct msip_subscription *sub, msip_time now);
/* A SUBSCRIBE or REFER about this subscription got its final response (or NULL
 * and an error). */
void msip_subscribe_answered(struct msip_subscription *sub,
                             struct msip_outgoing *o,
                             const struct msip_msg *response, int err);
