/* transaction/txn.h -- one transaction as its driver sees it; private to this
 * folder.
 *
 * Small, because many linger: a refused or answered request leaves one of these
 * for 32 seconds.  A short key lies inside; the two timers play all of the
 * RFC's, of which no state runs more.
 */
#pragma once

#include "transaction/ict.h"
#include "transaction/ist.h"
#include "transaction/key.h"
#include "transaction/nict.h"
#include "transaction/nist.h"
#include "transaction/txns.h"

enum { MSIP_TXN_KEY_INSIDE = 48 };

/* The letter of a transport error that is told on the next tick. */
enum { MSIP_TIMER_FAILED = 'X' };

struct msip_txn {
  struct msip_map_node node;   /* in by_key */
  struct msip_map_node origin; /* in by_origin, when has_origin */
  uint64_t origin_check;
  struct msip_timer timer[2];
  struct msip_txns *txns;
  void *user;
  struct msip_bytes *kept; /* the request, or the last response; or NULL */
  struct msip_flow flow;
  union {
    struct msip_ict ict;
    struct msip_nict nict;
    struct msip_ist ist;
    struct msip_nist nist;
    enum msip_txn_state state; /* each begins with it */
  };
  uint32_t cseq; /* of an RFC 2543 key */
  uint32_t key_size;
  uint16_t port;  /* of sent-by */
  uint8_t kind;   /* enum msip_txn_kind */
  uint8_t method; /* enum msip_method */
  char letter[2]; /* which timer of the RFC each timer plays */
  bool is_legacy;
  bool has_origin;
  union {
    char inside[MSIP_TXN_KEY_INSIDE];
    char *outside; /* when key_size is larger */
  } key;
};

struct msip_txns {
  struct msip_txns_config config;
  struct msip_map by_key;
  struct msip_map by_origin;
  /* The request that was NEW last, the hash of its key, and where it comes from
   * once that was asked: it is opened next, as a rule. */
  const struct msip_msg *fresh;
  uint64_t fresh_hash;
  struct msip_txn_origin fresh_origin;
  bool has_fresh_origin;
};

static inline const char *msip_txn_key_text(const struct msip_txn *t)
{
  return t->key_size > MSIP_TXN_KEY_INSIDE ? t->key.outside : t->key.inside;
}

/* txns.c: a transaction in the table, its machine not started; NULL when memory
 * is out.  And its end, which tells nobody. */
struct msip_txn *msip_txn_new(struct msip_txns *txns, enum msip_txn_kind kind,
                              const struct msip_txn_key *key,
                              const struct msip_flow *flow);

static inline bool msip_txn_is_client(const struct msip_txn *t)
{
  return t->kind == MSIP_ICT || t->kind == MSIP_NICT;
}

/* The transaction with this key, or NULL. */
struct msip_txn *msip_txn_find(const struct msip_txns *txns,
                               const struct msip_txn_key *key);

/* drive.c: carries out what a step asked for.  `message` caused it, or NULL;
 * `bytes` is what to send and keep from now on, or NULL for what is kept.  The
 * transaction is gone when it returns false. */
bool msip_txn_drive(struct msip_txn *t, const struct msip_fx_list *fx,
                    const struct msip_msg *message, struct msip_bytes *bytes,
                    msip_time now);
/* Has the machine meet a transport error on the next tick. */
void msip_txn_fail_later(struct msip_txn *t);
/* Runs out of a wheel. */
void msip_txn_first_fired(struct msip_timer *timer, void *arg, msip_time now);
void msip_txn_second_fired(struct msip_timer *timer, void *arg, msip_time now);

/* client.c, server.c: takes what arrived. */
enum msip_arrival msip_txns_receive_response(struct msip_txns *txns,
                                             const struct msip_msg *m,
                                             msip_time now);
enum msip_arrival msip_txns_receive_request(struct msip_txns *txns,
                                            const struct msip_msg *m,
                                            msip_time now);
/* What timer `letter` is to the machine of `t`. */
void msip_txn_client_timer(struct msip_txn *t, char letter,
                           struct msip_fx_list *fx);
void msip_txn_server_timer(struct msip_txn *t, char letter,
                           struct msip_fx_list *fx);

/* ack.c: the ACK of a refusal (17.1.1.3), from the INVITE as it was sent.
 * NULL when memory is out. */
struct msip_bytes *msip_txn_build_ack(struct msip_pool *pool,
                                      struct msip_str invite,
                                      const struct msip_msg *response);
