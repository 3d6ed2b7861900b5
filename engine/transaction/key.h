/* transaction/key.h -- what tells transactions apart (RFC 3261 17.1.3, 17.2.3).
 *
 * A request whose branch begins with the cookie is known by branch, sent-by and
 * method; an older one (RFC 2543) by Request-URI, tags, Call-ID, CSeq and top
 * Via; a response by branch and method.  An ACK has the key of its INVITE.
 *
 * The one rule for tokens here: branches and tags compare without regard to
 * ASCII case, as section 7.3.1 has it, and so do host names; Call-ID,
 * Request-URI and the method compare byte by byte.
 */
#pragma once

#include "base/rand.h"
#include "message/msg.h"

#include <stdbool.h>

enum { MSIP_TXN_KEY_PIECES = 7 };

struct msip_txn_key {
  uint64_t hash;
  /* Branch first; empty where this kind of key has no use for one. */
  struct msip_str piece[MSIP_TXN_KEY_PIECES];
  enum msip_method method;
  uint32_t cseq;  /* RFC 2543 keys only, else 0 */
  uint16_t port;  /* of sent-by, its default written out; else 0 */
  bool is_legacy; /* after RFC 2543 */
  bool is_client;
};

/* The key of a request, as if it had this method: its own, MSIP_INVITE for an
 * ACK or to find what a CANCEL aims at (9.2).  Not hashed yet. */
void msip_txn_key_request(struct msip_txn_key *key, const struct msip_msg *m,
                          enum msip_method method);
void msip_txn_key_hash(struct msip_txn_key *key, const struct msip_rand *r);
/* The key of a request of ours, and of the responses to it, hashed. */
void msip_txn_key_client(struct msip_txn_key *key, const struct msip_rand *r,
                         struct msip_str branch, enum msip_method method);

/* The ACK of an RFC 2543 request carries the To tag of our response, where its
 * INVITE may have had none: makes its key that of such an INVITE, not hashed
 * yet. False when the key has no To tag. */
bool msip_txn_key_untag(struct msip_txn_key *key);

/* The pieces as one text: its size, writing it, comparing with it. */
size_t msip_txn_key_size(const struct msip_txn_key *key);
void msip_txn_key_store(const struct msip_txn_key *key, char *text);
bool msip_txn_key_matches(const struct msip_txn_key *key, const char *text);
/* The branch in a stored key. */
struct msip_str msip_txn_key_branch(const char *text);

/* Two hashes of From tag, Call-ID and CSeq, for merged requests (8.2.2.2). */
struct msip_txn_origin {
  uint64_t hash;
  uint64_t check;
};
struct msip_txn_origin msip_txn_origin_of(const struct msip_rand *r,
                                          const struct msip_msg *m);
