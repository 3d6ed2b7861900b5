/* ua/core.h -- what the files of this folder share: the user agent core, its
 * requests, sessions and outgoing requests from the inside.
 *
 * Owners: the ua owns sessions, requests and outgoing requests through its
 * lists and frees the dead ones in msip_ua_sweep, when no event is left that
 * could name them.  A request owns its INVITE part.  The transaction layer owns
 * transactions; request->txn and outgoing->txn are cleared by on_gone.
 */
#pragma once

#include "dialog/dialog.h"
#include "dialog/gate.h"
#include "dialog/offer.h"
#include "dialog/refresh.h"
#include "dialog/rel1xx.h"
#include "transaction/txns.h"
#include "ua/ua.h"

enum { MSIP_TAG_LEN = 12, MSIP_TAG_MAX = 63, MSIP_QUEUED_1XX = 4 };

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
  struct msip_wheel wheel;
  struct msip_txns *txns;
  struct msip_map dialogs;
  struct msip_link_node sessions; /* live and ending */
  struct msip_link_node requests;
  struct msip_link_node outgoing;
  struct msip_link_node dead; /* to free in the next sweep */
  struct msip_outbox outbox;
  struct msip_counters counters;
  struct msip_census census;
  struct msip_header *rows; /* index of the message being received */
  struct msip_rate *rate;   /* NULL until limits.source_rate is used */
  struct msip_str allow;    /* value of our Allow */
  struct msip_str supported;
  char allow_text[160];
  uint32_t served; /* bit per method with a core callback */
  msip_time now;
  bool draining;
  const char *why;
  char why_text[160];
  void *arg;
  void (*on_release)(void *arg, void *box);
};

/* What only an INVITE has. */
struct msip_invite {
  struct msip_request *request;
  struct msip_timer repeat;  /* 2xx until ACK, reliable 1xx until PRACK */
  struct msip_timer expires; /* the INVITE's own Expires (13.3.1) */
  msip_time give_up;         /* 64*T1 after the first transmission */
  uint32_t interval;         /* ms to the next repeat */
  struct msip_rel1xx rel;
  struct msip_bytes *rel_bytes; /* the reliable 1xx that waits for its PRACK */
  struct {
    struct msip_bytes *bytes;
    unsigned status;
    bool has_sdp;
  } queued[MSIP_QUEUED_1XX]; /* reliable 1xx that wait for their turn */
  unsigned queued_count;
  struct msip_bytes *held; /* final 2xx that waits for a PRACK */
  unsigned held_status;
  struct msip_bytes *preview;  /* SDP shown in an unreliable 1xx */
  struct msip_exchange before; /* to come back to (14.1) */
  struct msip_refresh grant;   /* session timer in the 2xx */
  bool rel_has_sdp;
  bool committed;  /* an exchange inside it is complete (RFC 6141 3.3) */
  bool offerless;  /* it came without SDP */
  bool said;       /* our offer or answer is on its way, reliably */
  bool ack_answer; /* the ACK must bring the answer */
  bool ack_wait;   /* 2xx sent, ACK not seen */
};

struct msip_request {
  struct msip_link_node node; /* in ua->requests or session->requests */
  struct msip_dead sweep;
  struct msip_ua *ua;
  struct msip_msg *message;
  struct msip_session *session;
  struct msip_txn *txn;
  struct msip_invite *invite;    /* INVITE only */
  struct msip_exchange *before;  /* UPDATE or PRACK with an offer */
  struct msip_request *prack_of; /* PRACK: the INVITE it acknowledges */
  struct msip_timer timer;       /* 100 after 200 ms, then answer_time */
  void *box;
  char tag[MSIP_TAG_MAX]; /* To tag of all our responses */
  uint8_t tag_len;
  bool in_dialog;
  bool has_offer; /* its body carries a session description */
  bool answered;  /* a final response was decided */
  bool cancelled;
  bool waited; /* the 100 is out or not needed any more */
  bool dead;
};

struct msip_session {
  struct msip_dialog dialog;
  struct msip_link_node node; /* in ua->sessions */
  struct msip_dead sweep;
  struct msip_link_node requests; /* unfinished ones of this dialog */
  struct msip_ua *ua;
  struct msip_flow flow; /* of the latest request: where ours go */
  struct msip_exchange exchange;
  struct msip_refresh refresh;
  struct msip_timer timer; /* refresh or expiry */
  struct msip_outgoing *queued_bye;
  struct msip_outgoing *own_bye;
  struct msip_outgoing *own_update;
  void *box;
  const char *bye_reason; /* why the engine hangs up; NULL: the script did */
  msip_time expires_at;   /* end of the session interval */
  uint32_t refs;          /* requests and outgoing requests that point here */
  enum msip_session_state state;
  bool listed;       /* the dialog is in ua->dialogs */
  bool confirmed;    /* a 2xx was sent once */
  bool peer_updates; /* the peer's Allow lists UPDATE */
  bool dead;
};

struct msip_outgoing {
  struct msip_link_node node;
  struct msip_dead sweep;
  struct msip_ua *ua;
  struct msip_session *session;
  struct msip_txn *txn;
  struct msip_bytes *bytes;
  enum msip_method method;
  void *box;
  bool own; /* the engine's own: no events */
  bool done;
  bool dead;
  /* Of a queued BYE: written behind its head when it is sent. */
  struct msip_bytes *tail;
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
void msip_build_retry_after(struct msip_ua *ua, struct msip_buf *buf);
void msip_build_server(struct msip_ua *ua, struct msip_buf *buf);
/* Warning: 399 agent "text" */
void msip_build_warning(struct msip_ua *ua, struct msip_buf *buf, unsigned code,
                        struct msip_str text);

/* --- capability.c */
/* One of the option tags in our Supported. */
bool msip_supports(const struct msip_ua *ua, struct msip_str option_tag);

/* --- receive.c, screen.c */

/* Checks of 8.2 that come before any script: true when the request may go on,
 * false when it was refused. */
bool msip_screen(struct msip_ua *ua, struct msip_txn *txn,
                 const struct msip_msg *m);

/* --- rate.c: limits.source_rate */
bool msip_rate_allows(struct msip_ua *ua, const struct msip_addr *source);
void msip_rate_free(struct msip_ua *ua);

/* --- request.c */

/* Makes the request object of `m` and asks the script.  NULL when memory is
 * out; refused with 500 then. */
struct msip_request *msip_request_new(struct msip_ua *ua, struct msip_txn *txn,
                                      const struct msip_msg *m,
                                      struct msip_session *session);
/* Queues event REQUEST; on failure answers 500. */
void msip_request_ask(struct msip_request *r);
/* Its work is done: to the dead list. */
void msip_request_end(struct msip_request *r);
void msip_request_free(struct msip_request *r);
struct msip_str msip_request_tag(const struct msip_request *r);
/* The engine's own final answer to a request object. */
void msip_request_answer(struct msip_request *r,
                         const struct msip_refusal *refusal);
bool msip_request_is_invite(const struct msip_request *r);
/* 0, or why it cannot be answered now. */
int msip_request_open(const struct msip_request *r);
/* The author's to_tag; only before there is a dialog. */
int msip_request_take_tag(struct msip_request *r, struct msip_str tag);
/* Hands `bytes` to the transaction; on an error they are dropped. */
int msip_request_respond(struct msip_request *r, unsigned status,
                         struct msip_bytes *bytes);
/* A final response is decided: timers off, counted. */
void msip_request_answered(struct msip_request *r);
/* Gives the caller of an answering function its reference. */
void msip_request_hand_over(struct msip_bytes *bytes, struct msip_bytes **sent);
/* --- answer.c: a non-INVITE was refused: its offer is withdrawn. */
void msip_request_refused(struct msip_request *r);
/* Remembers why and returns err. */
int msip_because(struct msip_ua *ua, int err, const char *why);

/* --- reply.c: bytes of a response from its options */

struct msip_draft {
  const struct msip_reply *reply;
  unsigned status;
  struct msip_str sdp; /* body to write; empty: none */
  bool own_body;       /* `sdp` is ours, not reply->body */
  bool dialog;         /* Contact, Record-Route: it makes or keeps one */
  uint32_t rseq;       /* 0: not reliable */
  const struct msip_refresh *refresh; /* NULL: no Session-Expires */
  struct msip_str warning;            /* value of an automatic Warning */
};

/* EINVALID for what the author got wrong. */
int msip_reply_check(struct msip_ua *ua, const struct msip_reply *reply,
                     unsigned lowest, unsigned highest);
/* The response, or NULL when memory is out. */
struct msip_bytes *msip_reply_build(struct msip_request *r,
                                    const struct msip_draft *draft);
/* The caller's extra header lines, and whether one of this name is there. */
void msip_reply_headers(struct msip_buf *buf, const struct msip_reply *reply);
bool msip_reply_has(const struct msip_reply *reply, struct msip_str name);
/* "<sip:192.0.2.1:5060>" for this flow, or the setting. */
void msip_build_contact(struct msip_ua *ua, struct msip_buf *buf,
                        const struct msip_flow *flow);
/* True when the reply's body is a session description (disposition session). */
bool msip_reply_is_sdp(const struct msip_reply *reply);

/* --- cancel.c */
void msip_cancel_arrived(struct msip_ua *ua, struct msip_txn *txn,
                         const struct msip_msg *cancel);
/* The BYE (`message`, or NULL), CANCEL or end of the session that cuts off an
 * unanswered request: 487, or the 2xx of RFC 6141 3.3 on CANCEL. */
void msip_request_cut(struct msip_request *r, const struct msip_msg *message,
                      bool by_cancel);

/* --- invite_in.c */
/* 2xx without SDP: the changes made inside a re-INVITE stay (RFC 6141 3.3). */
void msip_invite_keep_session(struct msip_request *r);
/* Stops all of its timers. */
void msip_invite_stop(struct msip_request *r);
/* Makes the INVITE part; false when memory is out (answered 500). */
bool msip_invite_arrived(struct msip_request *r);
void msip_invite_free(struct msip_request *r);
/* A final answer of the engine: rolls back, ends an early session. */
void msip_invite_failed(struct msip_request *r, const char *reason);
int msip_invite_accept(struct msip_request *r, const struct msip_reply *reply,
                       struct msip_bytes **sent);
int msip_invite_progress(struct msip_request *r, const struct msip_reply *reply,
                         struct msip_bytes **sent);
/* Sends the 2xx that is built and checked, starts its repetition. */
int msip_invite_send_final(struct msip_request *r, struct msip_bytes *bytes,
                           unsigned status);
/* --- reliable.c */
int msip_reliable_send(struct msip_request *r, struct msip_bytes *bytes,
                       unsigned status, bool has_sdp);
void msip_reliable_stop(struct msip_request *r);
/* A PRACK in the dialog; true when it acknowledges something. */
enum msip_prack msip_reliable_prack(struct msip_session *s,
                                    const struct msip_msg *m,
                                    struct msip_request **invite);
/* After the PRACK was answered: send what waited for it. */
void msip_reliable_continue(struct msip_request *invite);
/* --- repeat.c */
void msip_repeat_start(struct msip_request *r);
void msip_repeat_fire(struct msip_timer *timer, void *arg, msip_time now);
/* The ACK of a 2xx: true when it was awaited. */
bool msip_ack_arrived(struct msip_session *s, const struct msip_msg *ack);

/* --- session.c */
struct msip_session *msip_session_new(struct msip_request *r);
/* Nothing was sent: takes the new session of this request back. */
void msip_session_undo(struct msip_request *r);
struct msip_session *msip_session_find(struct msip_ua *ua,
                                       const struct msip_msg *m);
/* Over, for this reason, because of `message` (or NULL): event TERMINATED, open
 * requests get 487. */
void msip_session_end(struct msip_session *s, const char *reason,
                      const struct msip_msg *message);
void msip_session_free(struct msip_session *s);
void msip_session_unref(struct msip_session *s);
void msip_session_unlist(struct msip_session *s);
/* The INVITE of the session that has no final response yet, or NULL. */
struct msip_request *msip_session_open(const struct msip_session *s,
                                       enum msip_method method);
/* --- session_request.c */
void msip_session_receive(struct msip_session *s, struct msip_txn *txn,
                          const struct msip_msg *m);
/* The target and flow of a request that was accepted (RFC 6141 4.6). */
void msip_session_retarget(struct msip_session *s, const struct msip_msg *m);
/* --- session_bye.c */
/* Sends the BYE that is queued and ends the session. */
void msip_session_send_bye(struct msip_session *s);
/* The engine ends the call by BYE. */
void msip_session_hang_up(struct msip_session *s, const char *reason);
/* --- session_timer.c */
void msip_session_timer_fire(struct msip_timer *timer, void *arg,
                             msip_time now);
/* What the 2xx of this request grants. */
void msip_session_grant(const struct msip_request *r,
                        struct msip_refresh *grant);
void msip_session_timer_set(struct msip_session *s,
                            const struct msip_refresh *grant);
void msip_session_timer_stop(struct msip_session *s);
void msip_session_refreshed(struct msip_session *s,
                            const struct msip_msg *response, int err);

/* --- outgoing.c */
struct msip_outgoing *msip_outgoing_new(struct msip_session *s,
                                        enum msip_method method);
/* Head by the dialog, `tail` the rest; sends.  0 or MSIP_ENOMEM. */
int msip_outgoing_send(struct msip_outgoing *o, struct msip_str tail);
void msip_outgoing_end(struct msip_outgoing *o);
void msip_outgoing_free(struct msip_outgoing *o);
void msip_outgoing_response(void *arg, struct msip_txn *t,
                            const struct msip_msg *response);
void msip_outgoing_failure(struct msip_outgoing *o, int err);
