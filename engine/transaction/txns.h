/* transaction/txns.h -- the live transactions of one worker and the driver
 * that carries out their effects (RFC 3261 section 17, RFC 6026).
 *
 * The table owns its transactions and frees them by their timers.  The user
 * (the user agent core) may keep a pointer until on_gone.  Callbacks run inside
 * msip_txns_receive, msip_wheel_pop + fire, and nothing else; they may start
 * and answer transactions but must not end the table.
 */
#pragma once

#include "base/bytes.h"
#include "base/map.h"
#include "base/rand.h"
#include "message/msg.h"
#include "timer/wheel.h"
#include "transaction/fx.h"
#include "transaction/state.h"
#include "transport/link.h"

struct msip_txn; /* opaque; see the accessors */

struct msip_txn_user {
  void *arg;
  /* An ACK that reached an INVITE server transaction in Accepted. */
  void (*on_ack)(void *arg, struct msip_txn *t, const struct msip_msg *ack);
  /* A response for a client transaction, once per distinct one; 2xx to INVITE
   * each time (RFC 6026 7.2). */
  void (*on_response)(void *arg, struct msip_txn *t,
                      const struct msip_msg *response);
  /* MSIP_ETIMEOUT (timers B, F, H; no answer to a non-INVITE in 64*T1) or
   * MSIP_ETRANSPORT, which an INVITE server transaction survives and may report
   * again. */
  void (*on_failure)(void *arg, struct msip_txn *t, int err);
  /* Last word: the transaction is freed when this returns. */
  void (*on_gone)(void *arg, struct msip_txn *t);
};

struct msip_txns;

struct msip_txns_config {
  struct msip_pool *pool;
  struct msip_wheel *wheel;
  struct msip_rand *rand;
  struct msip_link link;
  struct msip_txn_timers timers;
  uint32_t max; /* live transactions; beyond it msip_txns_open refuses */
  struct msip_txn_user user;
};

struct msip_txns *msip_txns_new(const struct msip_txns_config *config);
/* Frees all transactions without a word to anybody. */
void msip_txns_free(struct msip_txns *txns);
void msip_txns_set_timers(struct msip_txns *txns, struct msip_txn_timers t);
void msip_txns_set_max(struct msip_txns *txns, uint32_t max);
uint32_t msip_txns_count(const struct msip_txns *txns);

enum msip_arrival {
  MSIP_ARRIVAL_ABSORBED, /* a retransmission, an ACK of a non-2xx, a response */
  MSIP_ARRIVAL_NEW,      /* a request no transaction claims, CANCEL included */
  MSIP_ARRIVAL_STRAY,    /* an ACK or response that matches nothing */
};

/* Takes a well-formed message (fault_status 0).  An ACK in Accepted goes to
 * on_ack and counts as absorbed; an ACK of a 2xx normally has a branch of its
 * own, so it is STRAY here and the core finds its dialog. */
enum msip_arrival msip_txns_receive(struct msip_txns *txns,
                                    const struct msip_msg *m, msip_time now);

/* Makes the server transaction of the request that msip_txns_receive called NEW
 * last, or of a kept copy of one (by method: IST or NIST).  It starts with one
 * user pointer, NULL.  NULL: the ceiling, memory, or no way to answer.  The
 * message may be borrowed; what is needed is copied. */
struct msip_txn *msip_txns_open(struct msip_txns *txns,
                                const struct msip_msg *request, msip_time now);

/* Gives the bytes of the 100 that the driver sends when nothing was answered
 * within 200 ms of an INVITE, or within 3.5 s of another request (RFC 4320).
 * Without them none is sent.  The driver holds a reference until a response
 * takes their place. */
void msip_txn_set_trying(struct msip_txn *t, struct msip_bytes *trying);

/* Answers: hands a response to the machine, which sends and keeps it.  Takes
 * its own reference.  MSIP_ESTATE: not possible now (a second final, a 1xx
 * after a final, any 1xx but 100 to a non-INVITE, on UDP even that before the
 * client repeats every T2 only, RFC 4320 4.1); nothing happened.  A 100 behind
 * another 1xx is taken and not sent.  A send error is reported later, by
 * on_failure: an INVITE transaction lives on, any other ends. */
int msip_txn_respond(struct msip_txns *txns, struct msip_txn *t,
                     unsigned status, struct msip_bytes *response,
                     msip_time now);
/* Whether msip_txn_respond would take this status now. */
bool msip_txn_can_respond(const struct msip_txn *t, unsigned status);
/* Sends the response kept once more: the core repeats 2xx and reliable 1xx.
 * MSIP_ESTATE: nothing was sent yet or is kept, or the ACK came already. */
int msip_txn_repeat(struct msip_txns *txns, struct msip_txn *t);
/* The kept response is not needed any more (the 2xx was ACKed). */
void msip_txn_forget(struct msip_txn *t);

/* The server transaction that a CANCEL aims at, INVITE or not (9.2), or NULL.
 */
struct msip_txn *msip_txns_find_cancelled(struct msip_txns *txns,
                                          const struct msip_msg *cancel);
/* A live server transaction with the same From tag, Call-ID and CSeq as a NEW
 * request without To tag: the request came twice (8.2.2.2).  Or NULL. */
struct msip_txn *msip_txns_find_merged(struct msip_txns *txns,
                                       const struct msip_msg *request);

/* A fresh branch: the cookie and lowercase random text.  `out` has room for
 * MSIP_BRANCH_LEN bytes. */
enum { MSIP_BRANCH_LEN = 7 + 20 };
struct msip_str msip_txns_branch(struct msip_txns *txns, char *out);

struct msip_txn_request {
  enum msip_method method;
  struct msip_bytes *bytes; /* complete */
  struct msip_str branch;   /* of its top Via */
  void *user;
};

/* Sends a request: ICT for INVITE, else NICT.  Takes its own reference to the
 * bytes.  A send error is reported later, by on_failure.  NULL: memory. */
struct msip_txn *msip_txns_request(struct msip_txns *txns,
                                   const struct msip_txn_request *request,
                                   const struct msip_flow *to, msip_time now);

/* The link learned that nothing gets through to flow->remote (UDP) or that the
 * connection flow->link is gone: each client transaction on it reports
 * MSIP_ETRANSPORT on the next tick and ends (17.1.4).  Server transactions
 * stay; their answers may find another way (RFC 6026 7.1). */
void msip_txns_path_failed(struct msip_txns *txns,
                           const struct msip_flow *flow);

/* Frees a transaction without a word to anybody: of an INVITE of ours that
 * rings and rings, which no timer ends, or of a request that memory does not
 * suffice to answer, whose repeat is NEW then.  Not from inside its own
 * callbacks. */
void msip_txn_free(struct msip_txn *t);

enum msip_txn_kind msip_txn_kind(const struct msip_txn *t);
enum msip_txn_state msip_txn_state(const struct msip_txn *t);
enum msip_method msip_txn_method(const struct msip_txn *t);
struct msip_str msip_txn_branch(const struct msip_txn *t);
const struct msip_flow *msip_txn_flow(const struct msip_txn *t);
void *msip_txn_user(const struct msip_txn *t);
void msip_txn_set_user(struct msip_txn *t, void *user);
