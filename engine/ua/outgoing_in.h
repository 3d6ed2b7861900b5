/* ua/outgoing_in.h -- requests of ours from the inside. */
#pragma once

#include "ua/core.h"

/* What only a session change of ours has: INVITE or UPDATE in a dialog. */
struct msip_change {
  struct msip_outgoing *outgoing;
  struct msip_timer again;     /* 491: the pause before the next try (14.1) */
  struct msip_exchange before; /* to come back to */
  struct msip_bytes *offer;    /* the description it carries, or NULL */
  struct msip_bytes *ack;      /* of our INVITE's 2xx, for its repeats */
  uint32_t cseq;
  bool offers;  /* it carries our offer */
  bool retries; /* 491 is tried again */
  bool waiting; /* in that pause: nothing of ours is on the wire */
  bool lost;    /* there was no memory for their description */
  bool left;    /* no script acknowledges: that is up to us */
};

struct msip_outgoing {
  struct msip_link_node node;
  struct msip_dead sweep;
  struct msip_ua *ua;
  struct msip_session *session;
  struct msip_txn *txn;
  struct msip_bytes *bytes;
  struct msip_change *change; /* NULL: no session change */
  enum msip_method method;
  void *box;
  bool own; /* the engine's own: no events */
  bool done;
  bool dead;
  struct msip_bytes *tail; /* what follows the head, to send it (again) */
};

/* --- outgoing.c */
struct msip_outgoing *msip_outgoing_new(struct msip_session *s,
                                        enum msip_method method);
/* Head by the dialog, `tail` the rest; sends.  0 or MSIP_ENOMEM. */
int msip_outgoing_send(struct msip_outgoing *o, struct msip_str tail);
/* Where a request in this dialog goes. */
struct msip_flow msip_outgoing_path(const struct msip_session *s);
void msip_outgoing_end(struct msip_outgoing *o);
void msip_outgoing_free(struct msip_outgoing *o);
void msip_outgoing_response(void *arg, struct msip_txn *t,
                            const struct msip_msg *response);
void msip_outgoing_failure(struct msip_outgoing *o, int err);
/* Queues the event that the layer above waits for.  False: it will hear of no
 * response. */
bool msip_outgoing_report(struct msip_outgoing *o,
                          const struct msip_msg *response, int err);
/* --- change.c */
/* A response to our INVITE or UPDATE: true when the caller may report it, false
 * when it was dealt with (a repeated 2xx, a 491 that is tried again). */
bool msip_change_response(struct msip_outgoing *o,
                          const struct msip_msg *response);
/* Behind the event of its final response, `told` when there is one: the ACK
 * that is up to us, and the end of a call that memory does not suffice for. */
void msip_change_settle(struct msip_outgoing *o, bool told);
/* It failed without a response. */
void msip_change_failed(struct msip_outgoing *o, int err);
void msip_change_free(struct msip_outgoing *o);
/* A change of ours with this method is on the wire, or its ACK is not. */
bool msip_change_is_open(const struct msip_session *s, enum msip_method method);
/* The session is over: no further try, and no answer is awaited for ever. */
void msip_change_stop(struct msip_session *s);
