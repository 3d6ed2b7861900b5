/* ua/own_in.h -- what calls and changes of ours have beyond other requests:
 * forks, CANCEL, ACK, PRACK, offers (RFC 3261 9.1, 13.2, 14.1, RFC 3262 4). */
#pragma once

#include "ua/core.h"

/* The ACK of one 2xx to our INVITE. */
struct msip_own_ack {
  struct msip_bytes *bytes; /* as sent, for repeats of the 2xx */
  uint32_t cseq;
  bool due;  /* the 2xx is there, the ACK is not */
  bool left; /* no script acknowledges: that is up to us */
};

/* A session change of ours: INVITE, UPDATE or a PRACK with an offer. */
struct msip_change {
  struct msip_outgoing *outgoing;
  struct msip_timer again;     /* 491: the pause before the next try (14.1) */
  struct msip_exchange before; /* to come back to */
  struct msip_bytes *offer;    /* the description it carries, or NULL */
  struct msip_own_ack ack;     /* of our INVITE */
  bool offers;                 /* it carries our offer */
  bool heard;                  /* their description came */
  bool retries;                /* 491 is tried again */
  bool manual_ack;
  bool waiting; /* for its turn: nothing of it is on the wire */
  bool lost;    /* there was no memory for their description */
};

/* What only an INVITE outside a dialog has. */
struct msip_call {
  struct msip_exchange exchange; /* with our offer, for each fork */
  struct msip_link_node forks;   /* sessions by their `fork` */
  struct msip_session *accepted; /* the first that got a 2xx */
  const char *over;              /* why its early calls end, or NULL */
  unsigned fork_count;
  bool manual_ack;
  bool manual_prack;
};

enum msip_cancel_state {
  MSIP_CANCEL_NONE,
  MSIP_CANCEL_WANTED, /* waits for a provisional response */
  MSIP_CANCEL_SENT,
};

/* --- call.c: an INVITE outside a dialog */
/* A response: true when the caller may report it, in `*session`. */
bool msip_call_response(struct msip_outgoing *o,
                        const struct msip_msg *response,
                        struct msip_session **session);
/* Nothing more can come, or a final response other than 2xx did: early forks
 * end (13.2.2.4), and what nobody acknowledged is over. */
void msip_call_over(struct msip_outgoing *o, const char *reason);
/* There was no memory to tell of its 2xx: nobody knows of that call. */
void msip_call_unheard(struct msip_outgoing *o, struct msip_session *s);
void msip_call_free(struct msip_outgoing *o);
/* It is tried again: the forks of the earlier try are over. */
void msip_call_forget(struct msip_outgoing *o);
/* --- own_cancel.c */
/* Gives a ringing INVITE up: CANCEL now or with the first provisional response.
 */
int msip_own_cancel_want(struct msip_outgoing *o,
                         const struct msip_reply *options);
/* A provisional response came: sends the CANCEL that waits for it. */
void msip_own_cancel_go(struct msip_outgoing *o);
/* `limit` fired: `timeout` is over, or a CANCEL was never answered. */
void msip_outgoing_limit_fire(struct msip_timer *timer, void *arg,
                              msip_time now);
/* --- own_ack.c */
struct msip_own_ack *msip_own_ack_of(const struct msip_outgoing *o,
                                     struct msip_session *s);
/* An ACK without a body, if one is due. */
bool msip_own_ack_plain(struct msip_outgoing *o, struct msip_session *s);
/* The same; an offer left without answer ends the call (13.2.2.4,
 * 14.1). */
void msip_own_ack_default(struct msip_outgoing *o, struct msip_session *s);
/* The 2xx came again. */
void msip_own_ack_repeat(struct msip_outgoing *o, struct msip_session *s);
/* --- own_prack.c */
/* A provisional response in this session; STALE: a reliable one out of order,
 * or a repeat (RFC 3262 4). */
enum msip_own_1xx { MSIP_1XX_STALE, MSIP_1XX_PLAIN, MSIP_1XX_RELIABLE };
enum msip_own_1xx msip_own_prack_take(struct msip_session *s,
                                      const struct msip_msg *response);
/* It could not be dealt with: wait for it to come again. */
void msip_own_prack_undo(struct msip_session *s);
void msip_own_prack_default(struct msip_session *s);
/* --- change.c */
/* The part of an outgoing that offers `options`' description, if it is one.
 * MSIP_ENOMEM. */
int msip_change_make(struct msip_outgoing *o, const struct msip_reply *options,
                     bool retry);
/* Sends it, with its offer on the table. */
int msip_change_start(struct msip_outgoing *o);
void msip_change_free(struct msip_outgoing *o);
/* Refreshes the session timer: RFC 4028 7.4.  MSIP_ENOMEM. */
int msip_change_refresh(struct msip_session *s);
/* It stands in nobody's way any more. */
void msip_change_close(struct msip_outgoing *o);
/* A change of ours with this method is on the wire, or its ACK is not. */
bool msip_change_is_open(const struct msip_session *s, enum msip_method method);
/* The session is over: no further try, and no answer is awaited for ever. */
void msip_change_stop(struct msip_session *s);
/* --- change_result.c */
/* A response to our INVITE, UPDATE or PRACK: true when the caller may report
 * it, false when it was dealt with (a repeated 2xx, a 491 that is tried
 * again). */
bool msip_change_response(struct msip_outgoing *o,
                          const struct msip_msg *response);
/* Behind the event of its final response, `told` when there is one: the ACK
 * that is up to us, and the end of a call that memory does not suffice for. */
void msip_change_settle(struct msip_outgoing *o, bool told);
/* It failed without a response. */
void msip_change_failed(struct msip_outgoing *o, int err);
