/* ua/outgoing_in.h -- requests of ours from the inside. */
#pragma once

#include "ua/own_in.h"

struct msip_outgoing {
  struct msip_link_node node;
  struct msip_dead sweep;
  struct msip_ua *ua;
  struct msip_session *session; /* in a dialog */
  struct msip_dialog *form;     /* outside one */
  struct msip_txn *txn;
  struct msip_bytes *bytes;
  struct msip_change *change;             /* NULL: no session change */
  struct msip_call *call;                 /* INVITE outside a dialog */
  struct msip_branch *branch;             /* of a relayed request: relay_in.h */
  struct msip_subscription *subscription; /* in a dialog: what it is about */
  struct msip_interest *interest;         /* outside: what may come of it */
  struct msip_link_node makes;            /* subscriptions that came of it */
  struct msip_timer limit; /* `timeout`, then the end of a CANCEL */
  struct msip_bytes *cancel_tail;
  enum msip_method method;
  struct msip_bytes *name; /* of a method the engine does not know */
  void *box;
  uint32_t cseq;            /* of the latest try */
  uint32_t session_expires; /* seconds to ask for; 0: no session timer */
  uint32_t min_se;          /* seconds; 0: none */
  uint8_t hops_spent;       /* behind the request that it carries on */
  uint8_t cancel;           /* enum msip_cancel_state */
  uint8_t longer;           /* how often the session interval was raised */
  bool retries;             /* 8.1.3.5 */
  bool timed;               /* `limit` is the caller's */
  bool insists;             /* on the session timer, also without the peer */
  bool refresh;             /* of the session timer; reports to the session */
  bool proceeding;          /* a provisional response came */
  bool own;                 /* the engine's own: no events */
  bool done;                /* its final result is reported */
  bool ended;               /* a final response came */
  bool let_go;              /* all was told */
  bool dead;
  struct msip_follow *follow; /* NULL: redirections are final */
  struct msip_bytes *tail;    /* what follows the head, to send it (again) */
  struct msip_keyring *auth;  /* NULL: challenges are not answered */
  struct msip_bytes *credentials; /* header lines of the latest try, or NULL */
  struct msip_tries tries;
};

/* --- outgoing.c */
/* In the session's dialog, or outside with NULL. */
struct msip_outgoing *msip_outgoing_new(struct msip_ua *ua,
                                        struct msip_session *s,
                                        enum msip_method method);
/* Head by the dialog or the form with the next CSeq and a fresh branch, `tail`
 * the rest; sends.  0, MSIP_ENOMEM, or why there is no way (msip_ua_why). */
int msip_outgoing_send(struct msip_outgoing *o);
/* Writes the head with this CSeq for this path. */
void msip_outgoing_head(const struct msip_outgoing *o, struct msip_buf *buf,
                        enum msip_method method, uint32_t cseq,
                        const struct msip_flow *to, struct msip_str branch);
void msip_outgoing_end(struct msip_outgoing *o);
void msip_outgoing_free(struct msip_outgoing *o);
/* All was told: what stays of an INVITE is for repeats of its 2xx. */
void msip_outgoing_let_go(struct msip_outgoing *o);
void msip_outgoing_response(void *arg, struct msip_txn *t,
                            const struct msip_msg *response);
void msip_outgoing_failure(struct msip_outgoing *o, int err);
/* Its transaction failed: another target may be left. */
void msip_outgoing_lost(struct msip_outgoing *o, int err);
/* Its transaction tells nobody any more. */
void msip_outgoing_detach(struct msip_outgoing *o);
/* Queues the event that the layer above waits for.  False: it will hear of no
 * response. */
bool msip_outgoing_report(struct msip_outgoing *o, struct msip_session *s,
                          const struct msip_msg *response, int err);
/* --- authorize.c: challenges to requests of ours (22.2) */
/* Takes the logins of the options, if there are any; those of the session stay
 * otherwise.  MSIP_ENOMEM. */
int msip_outgoing_login(struct msip_outgoing *o,
                        const struct msip_reply *options);
/* Makes o->credentials for the request whose head this is, and adds them. */
void msip_outgoing_credentials(struct msip_outgoing *o, struct msip_buf *buf);
/* A final response: true when it is a challenge that the next try answers. */
bool msip_outgoing_authorize(struct msip_outgoing *o,
                             const struct msip_msg *response);
void msip_keyrings_free(struct msip_ua *ua);
/* --- tail.c: everything behind the head of a request */
struct msip_tail {
  const struct msip_reply *options; /* headers and body */
  const struct msip_flow *flow;     /* for Contact; NULL: none */
  struct msip_str contact;          /* URI; empty: ours */
  struct msip_str type;             /* of a body without content_type */
  struct msip_str supported;        /* empty: no Supported */
  struct msip_str require;          /* empty: no Require */
  bool allow;
};
/* NULL when memory is out. */
struct msip_bytes *msip_tail_build(struct msip_ua *ua,
                                   const struct msip_tail *tail);
/* The same with this many seconds in Expires; NULL when memory is out. */
struct msip_bytes *msip_tail_longer(struct msip_ua *ua,
                                    const struct msip_bytes *tail,
                                    uint32_t seconds);
/* `tail` without the option tags that a 420 complains of; NULL when it requires
 * none of them, or memory is out. */
struct msip_bytes *msip_tail_without(struct msip_ua *ua,
                                     const struct msip_bytes *tail,
                                     const struct msip_msg *response);
/* Of a request in a call. */
struct msip_bytes *msip_session_tail(struct msip_session *s,
                                     const struct msip_reply *options,
                                     enum msip_method method);
/* Value of Supported; RFC 4028 7.1: each request of ours says timer. */
struct msip_str msip_tail_supported(const struct msip_ua *ua,
                                    enum msip_method method, bool rel100);
/* --- path.c: where a request goes (8.1.2) */
struct msip_flow msip_outgoing_path(struct msip_session *s);
/* Of a request outside a dialog.  MSIP_EUNSUPPORTED, MSIP_ETRANSPORT. */
int msip_outgoing_resolve(struct msip_ua *ua, const struct msip_dialog *form,
                          struct msip_flow *to);
/* --- again.c: final responses that are answered by another try */
bool msip_outgoing_try_again(struct msip_outgoing *o,
                             const struct msip_msg *response);
/* --- follow.c: redirections that are followed */
/* The request is one that follows.  MSIP_ENOMEM. */
int msip_follow_begin(struct msip_outgoing *o);
void msip_follow_free(struct msip_outgoing *o);
/* A failure: true when the request is on its way to another target. */
bool msip_follow_take(struct msip_outgoing *o, const struct msip_msg *response);
/* The next target, when one is left. */
bool msip_outgoing_try_next(struct msip_outgoing *o);
/* --- late.c */
/* Writes a From tag (MSIP_TAG_LEN) for this Call-ID, to be known again. */
void msip_late_tag(struct msip_ua *ua, struct msip_str call_id, char *tag);
/* A 2xx to an INVITE of ours that nobody waits for any more. */
void msip_late_accept(struct msip_ua *ua, const struct msip_msg *response);
