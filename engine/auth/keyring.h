/* auth/keyring.h -- who we are, and the challenges we have answered.
 *
 * One keyring serves a call and everything else that is sent with the same
 * logins to the same next hop.  It is counted, and bounded: it remembers the
 * latest challenges, so that later requests carry their answers at once, with
 * counts that rise per nonce (RFC 7616 3.4).
 *
 * A login answers its realm only.  One without a realm is bound, by each
 * request it is given to, to the first realm that asks that request: whoever
 * else asks it, or asks later in the dialog it makes, gets nothing (AUT-023).
 */
#pragma once

#include "auth/digest.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/rand.h"
#include "message/msg.h"

enum { MSIP_LOGINS_MAX = 8, MSIP_ANSWERS_MAX = 8, MSIP_CNONCE_LEN = 26 };

struct msip_login {
  struct msip_str username;
  struct msip_str password; /* or: */
  struct msip_str ha1;      /* of `algorithm`; empty: there is the password */
  struct msip_str realm;    /* empty: the first that asks */
  enum msip_algorithm algorithm; /* the only one to use; OTHER: any */
};

/* A challenge that we answer. */
struct msip_answer {
  struct msip_bytes *text; /* of the three below; NULL: free */
  struct msip_str realm, nonce, opaque;
  uint64_t realm_hash;
  bool has_opaque;
  bool proxy; /* Proxy-Authorization */
  bool userhash;
  uint8_t login;
  enum msip_algorithm algorithm;
  enum msip_qop qop;
  uint32_t count;
  char cnonce[MSIP_CNONCE_LEN];
  struct msip_hex ha1;
};

struct msip_keyring {
  struct msip_pool *pool;
  uint64_t key; /* for whoever looks for a keyring */
  uint32_t refs;
  uint8_t login_count;
  uint8_t oldest; /* answer to replace when all places are taken */
  struct msip_bytes *text;
  struct msip_login login[MSIP_LOGINS_MAX];
  uint64_t recent; /* hash of the realm that a login without one met last */
  struct msip_answer answer[MSIP_ANSWERS_MAX];
};

/* What one request has tried so far, a bit per answer.  Starts as zeros. */
struct msip_tries {
  uint8_t carried; /* with the try that is on the wire */
  uint8_t asked;   /* answers to challenges that this request met */
  uint8_t stale;   /* how often a nonce was too old */
  uint8_t rounds;  /* challenges answered: they end, whoever asks */
  bool binds;      /* may bind logins that have no realm */
  bool bound;      /* a realm has asked */
  uint64_t realm;  /* hash of the one they are for; 0: none yet */
};

/* Copies at most MSIP_LOGINS_MAX logins.  NULL when memory is out. */
struct msip_keyring *msip_keyring_new(struct msip_pool *pool,
                                      const struct msip_login *login,
                                      unsigned count);
/* The same logins, in the same order. */
bool msip_keyring_is(const struct msip_keyring *k,
                     const struct msip_login *login, unsigned count);
/* NULL is fine for both. */
struct msip_keyring *msip_keyring_hold(struct msip_keyring *k);
void msip_keyring_drop(struct msip_keyring *k);

/* Reads the challenges of a 401 or 407: of each realm the topmost that we
 * understand (RFC 8760 2.4).  True when there is an answer worth another try:
 * no credentials were rejected that had a nonce this request was given, unless
 * the peer says that it was stale (RFC 3261 22.1). */
bool msip_keyring_learn(struct msip_keyring *k, struct msip_rand *rand,
                        const struct msip_msg *response,
                        struct msip_tries *tries);
/* Writes the answers as header lines for the request whose request line `head`
 * begins with; `tail` is what follows its head. */
void msip_keyring_write(struct msip_keyring *k, struct msip_buf *buf,
                        struct msip_str head, struct msip_str tail,
                        struct msip_tries *tries);
/* Takes the next nonce out of a response that says one (RFC 7616 3.5). */
void msip_keyring_renew(struct msip_keyring *k, struct msip_rand *rand,
                        const struct msip_msg *response,
                        const struct msip_tries *tries);
