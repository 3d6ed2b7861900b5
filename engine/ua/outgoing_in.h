/* ua/outgoing_in.h -- requests of ours from the inside. */
#pragma once

#include "ua/core.h"

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
