/* ua/request_in.h -- incoming requests from the inside. */
#pragma once

#include "ua/core.h"

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
  struct msip_bytes *preview;     /* SDP shown in an unreliable 1xx */
  struct msip_exchange before;    /* to come back to (14.1) */
  struct msip_refresh grant;      /* session timer in the 2xx */
  struct msip_session *replaces;  /* whose place it takes, or NULL */
  struct msip_link_node replacer; /* in replaces->replacers */
  bool early_only;                /* of Replaces */
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
  struct msip_relay *relay;      /* it is sent on, or NULL */
  struct msip_subscription *subscription; /* what it makes, renews or tells */
  struct msip_timer timer; /* 100 after 200 ms, then answer_time */
  void *box;
  struct msip_facts facts; /* of `message` */
  char tag[MSIP_TAG_MAX];  /* To tag of all our responses */
  uint8_t tag_len;
  bool in_dialog;
  bool answered;  /* a final response was decided */
  bool by_engine; /* and not by the script */
  bool cancelled;
  bool unfit;  /* as an endpoint we would refuse it */
  bool merged; /* it came by another way before (8.2.2.2) */
  bool waited; /* the 100 is out or not needed any more */
  bool ends;   /* a BYE: the call is over with its answer */
  bool tried;  /* the script sent the 100 */
  bool dead;
  uint16_t owed; /* the engine's answer that memory did not suffice for */
};

/* --- request.c */

/* Makes the request object of `m` and asks the script.  NULL when memory is
 * out; refused with 500 then. */
struct msip_request *msip_request_new(struct msip_ua *ua, struct msip_txn *txn,
                                      const struct msip_msg *m,
                                      const struct msip_facts *facts,
                                      struct msip_session *session);
/* Queues event REQUEST; on failure answers 500. */
void msip_request_ask(struct msip_request *r);
/* limits.answer_time is over: as msip_request_abandon. */
void msip_request_overdue(struct msip_request *r);
/* Its work is done: to the dead list. */
void msip_request_end(struct msip_request *r);
void msip_request_free(struct msip_request *r);
struct msip_str msip_request_tag(const struct msip_request *r);
/* The engine's own final answer to a request object. */
void msip_request_answer(struct msip_request *r,
                         const struct msip_refusal *refusal);
bool msip_request_is_invite(const struct msip_request *r);
/* No final response is on the wire: a CANCEL or BYE still cuts it off. */
bool msip_request_is_open(const struct msip_request *r);
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
  struct msip_seconds expires;
  bool no_subscription; /* REFER: "Refer-Sub: false" */
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
/* Its value; empty when it is not there. */
struct msip_str msip_reply_value(const struct msip_reply *reply,
                                 struct msip_str name);
/* Name and value of one such line. */
struct msip_str msip_reply_line(struct msip_str line, struct msip_str *value);
/* "<sip:192.0.2.1:5060>" for this flow, or the setting. */
void msip_build_contact(struct msip_ua *ua, struct msip_buf *buf,
                        const struct msip_flow *flow);
/* True when the reply's body is a session description (disposition session). */
bool msip_reply_is_sdp(const struct msip_reply *reply);

/* Before we answer as an endpoint: refuses what was let through because it
 * might be sent on.  0 or MSIP_ESTATE. */
int msip_request_fit(struct msip_request *r);

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
/* --- session_request.c: the target of a change of the peer that we accept,
 * unless a later change moved it meanwhile. */
void msip_session_follow(const struct msip_request *r);

/* --- replaces.c (RFC 3891) */
/* Of a request with Replaces: the status that it is refused with; 0: none. */
unsigned msip_replaces_screen(struct msip_ua *ua, const struct msip_msg *m);
/* Notes the call that an INVITE with Replaces means. */
void msip_replaces_begin(struct msip_request *r);
/* It has such a call; before a 2xx: 0, or MSIP_ESTATE when the INVITE had to be
 * refused after all. */
int msip_replaces_check(struct msip_request *r);
/* The 2xx is on its way: that call ends. */
void msip_replaces_carry_out(struct msip_request *r);

/* --- reliable.c */
int msip_reliable_send(struct msip_request *r, struct msip_bytes *bytes,
                       unsigned status, bool has_sdp);
void msip_reliable_stop(struct msip_request *r);
/* A PRACK in the dialog: the INVITE whose response it acknowledges, or NULL. */
struct msip_request *msip_reliable_prack(struct msip_session *s,
                                         const struct msip_msg *m);
/* After the PRACK was answered: send what waited for it. */
void msip_reliable_continue(struct msip_request *invite);
/* --- repeat.c */
/* The response just sent is sent again after T1, and given up after 64*T1. */
void msip_repeat_start(struct msip_request *r);
void msip_repeat_fire(struct msip_timer *timer, void *arg, msip_time now);
/* A 2xx of the session waits for its ACK. */
bool msip_ack_is_awaited(const struct msip_session *s);
/* The ACK of a 2xx: true when it was awaited. */
bool msip_ack_arrived(struct msip_session *s, const struct msip_msg *ack);
