/* ua/session_in.h -- sessions from the inside. */
#pragma once

#include "ua/core.h"
#include "ua/outgoing_in.h"

/* Reliable provisional responses that come to us (RFC 3262 4). */
struct msip_own_prack {
  uint32_t rseq; /* of the latest in order; 0: none yet */
  uint32_t cseq; /* of our INVITE */
  bool due;      /* its PRACK is not sent */
  bool left;     /* no script sends it: that is up to us */
};

struct msip_session {
  struct msip_dialog dialog;
  struct msip_link_node node; /* in ua->sessions */
  struct msip_dead sweep;
  struct msip_link_node requests;      /* unfinished ones of this dialog */
  struct msip_link_node subscriptions; /* until they are freed */
  struct msip_link_node replacers;     /* INVITEs that would replace it */
  struct msip_ua *ua;
  struct msip_flow flow;     /* of the latest request: where ours go */
  struct msip_addr next_hop; /* path.c: while !dialog.moved */
  bool numeric;              /* it is in use: the next hop's URI says so */
  struct msip_exchange exchange;
  struct msip_refresh refresh;
  struct msip_timer timer; /* refresh or expiry */
  struct msip_outgoing *queued_bye;
  struct msip_outgoing *own_bye;
  struct msip_outgoing *own_refresh; /* re-INVITE or UPDATE of the engine */
  struct msip_outgoing *own_change;  /* of the script, till its ACK */
  struct msip_outgoing *origin;  /* our INVITE that made it, while it lives */
  struct msip_link_node fork;    /* in origin->call->forks */
  struct msip_own_ack first_ack; /* of the 2xx that confirmed it */
  struct msip_own_prack prack;
  struct msip_bytes *preview; /* their answer in an unreliable 1xx, or NULL */
  struct msip_keyring *auth;  /* of our requests, or NULL */
  uint64_t auth_realm;        /* what logins without a realm are bound to */
  void *box;
  const char *bye_reason; /* why the engine hangs up; NULL: the script did */
  msip_time expires_at;   /* end of the session interval */
  uint32_t invite_cseq;   /* of the latest INVITE of theirs */
  uint32_t insists;       /* interval we keep without their help; 0: none */
  uint32_t min_se;        /* largest Min-SE in this dialog (RFC 4028 7.4) */
  uint32_t retry_ms;      /* pause behind a refresh that was refused */
  uint32_t refs;          /* requests, outgoing requests, subscriptions */
  uint32_t repeats;       /* those that wait for repeats of a 2xx only */
  enum msip_session_state state;
  bool listed;       /* the dialog is in ua->dialogs */
  bool confirmed;    /* a 2xx was sent or received once */
  bool ours;         /* we began it */
  bool peer_updates; /* the peer's Allow lists UPDATE */
  bool byed;         /* a BYE ended it, ours or theirs */
  bool lingers;      /* over, kept for a 2xx to its INVITE */
  bool bare; /* no call: a dialog of subscriptions only, over as a call */
  bool dead;
};

/* --- session.c */
struct msip_session *msip_session_new(struct msip_request *r);
/* The dialog that a response to our INVITE makes; with the exchange of `call`.
 * NULL when memory is out. */
struct msip_session *msip_session_new_fork(struct msip_outgoing *o,
                                           const struct msip_msg *response);
/* Nothing was sent: takes the new session of this request back. */
void msip_session_undo(struct msip_request *r);
struct msip_session *msip_session_find(struct msip_ua *ua,
                                       const struct msip_msg *m);
/* The dialog that a response to a request of ours belongs to, or NULL. */
struct msip_session *msip_session_find_ours(struct msip_ua *ua,
                                            const struct msip_msg *response);
/* Over, for this reason, because of `message` (or NULL): event TERMINATED, open
 * requests get 487. */
void msip_session_end(struct msip_session *s, const char *reason,
                      const struct msip_msg *message);
void msip_session_free(struct msip_session *s);
/* The INVITE of ours that made it is gone: no 2xx comes any more. */
void msip_session_orphan(struct msip_session *s);
void msip_session_unref(struct msip_session *s);
/* One of those who hold it waits for repeats only from now on. */
void msip_session_repeats(struct msip_session *s);
/* Around a dialog that is made already; `bare`: no call. */
void msip_session_begin(struct msip_session *s, struct msip_ua *ua,
                        const struct msip_flow *flow, bool bare);
/* Its dialog is found by peers from now on.  0 or MSIP_ENOMEM. */
int msip_session_list(struct msip_session *s);
void msip_session_unlist(struct msip_session *s);
/* The same, once the call and its subscriptions are over. */
void msip_session_maybe_unlist(struct msip_session *s);
/* The INVITE of the session that has no final response yet, or NULL. */
struct msip_request *msip_session_open(const struct msip_session *s,
                                       enum msip_method method);
/* --- session_request.c */
void msip_session_receive(struct msip_session *s, struct msip_txn *txn,
                          const struct msip_msg *m,
                          const struct msip_facts *facts);
/* A BYE of theirs ends the call. */
void msip_session_byed(struct msip_session *s, const struct msip_msg *bye);
/* The target of a reliable provisional response (RFC 6141 4.7). */
void msip_session_aim(struct msip_session *s, const struct msip_msg *m);
/* The target and flow of a message that was accepted (RFC 6141 4.6); `updates`:
 * its Allow lists UPDATE. */
void msip_session_retarget(struct msip_session *s, const struct msip_msg *m,
                           bool updates);
/* --- session_bye.c */
/* Sends the BYE that is queued and ends the session. */
void msip_session_send_bye(struct msip_session *s);
/* The engine ends the call by BYE; one that rings here by 487 (15). */
void msip_session_hang_up(struct msip_session *s, const char *reason);
/* The same behind the ACK of our 2xx (15), unless the script has hung up. */
void msip_session_hang_up_in_turn(struct msip_session *s, const char *reason);
/* A request of ours failed so that the call cannot go on. */
void msip_session_lose(struct msip_session *s, enum msip_method method,
                       unsigned status);
/* The peer of a call that is over thinks that it is not: BYE, unless one
 * said so. */
void msip_session_hang_up_late(struct msip_session *s);
/* --- replaces.c */
/* It has ended: INVITEs that would replace it come too late. */
void msip_replaces_remember(struct msip_session *s);
/* Nobody may know it any more. */
void msip_replaces_forget(struct msip_session *s);
/* --- session_timer.c */
void msip_session_timer_fire(struct msip_timer *timer, void *arg,
                             msip_time now);
/* What the 2xx of this request grants. */
void msip_session_grant(const struct msip_request *r,
                        struct msip_refresh *grant);
void msip_session_timer_set(struct msip_session *s,
                            const struct msip_refresh *grant);
/* A 2xx to a request of ours decides anew who refreshes and when (7.2). */
void msip_session_renew(struct msip_session *s,
                        const struct msip_msg *response);
/* Session-Expires and Min-SE of a request of ours (7.4). */
void msip_session_build_expires(struct msip_session *s, struct msip_buf *buf);
void msip_session_timer_stop(struct msip_session *s);
/* A refresh of the engine ended with this status, or without one (`err`). */
void msip_session_refreshed(struct msip_session *s, enum msip_method method,
                            unsigned status, int err);
