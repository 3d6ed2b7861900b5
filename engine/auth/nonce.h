/* auth/nonce.h -- nonces that need no memory, and the counts of those in use
 * (RFC 7616 sections 3.3, 3.4, 5.4).
 *
 * A nonce is its time, 64 random bits and an HMAC-SHA-256 of both and the
 * realm, in hexadecimal: nobody can make one, and challenges cost nothing to
 * remember.  Only a nonce that a right answer came with gets a place in the
 * table of counts.  Where that is full, the oldest nonce of its row makes room,
 * and from then on every nonce of the row that is as old counts as stale unless
 * it has a place: its owner asks once more, and a replay never passes.
 */
#pragma once

#include "base/rand.h"
#include "base/time.h"

enum {
  MSIP_NONCE_LEN = 60,
  MSIP_NONCE_KEY = 32,
  MSIP_NONCE_WAYS = 8,
  MSIP_NONCE_WINDOW = 32, /* counts that may overtake each other */
};

/* What a nonce says. */
struct msip_nonce {
  msip_time made_at;
  uint64_t random;
};

struct msip_nonce_use {
  struct msip_nonce nonce; /* random 0: free */
  uint32_t highest;        /* count */
  uint32_t seen;           /* a bit for each of the counts below it */
};

struct msip_nonce_row {
  msip_time floor; /* as old as this without a place: stale */
  struct msip_nonce_use use[MSIP_NONCE_WAYS];
};

struct msip_nonces {
  uint8_t key[MSIP_NONCE_KEY];
  msip_time life;     /* ms */
  uint32_t row_count; /* a power of two */
  struct msip_nonce_row row[];
};

enum msip_nonce_state {
  MSIP_NONCE_GOOD,
  MSIP_NONCE_STALE,  /* ours, but too old */
  MSIP_NONCE_FOREIGN /* not made by this key for this realm */
};

/* Bytes of a table for at least `count` nonces in use. */
size_t msip_nonces_size(uint32_t count);
/* `nonces` has msip_nonces_size(count) bytes. */
void msip_nonces_init(struct msip_nonces *nonces, uint32_t count,
                      const uint8_t key[MSIP_NONCE_KEY], msip_time life);
/* Writes a new nonce; false when the library has no memory. */
bool msip_nonce_make(const struct msip_nonces *nonces, char *out,
                     struct msip_str realm, uint64_t random, msip_time now);
/* Sets `*out` unless it is foreign. */
enum msip_nonce_state msip_nonce_check(const struct msip_nonces *nonces,
                                       struct msip_nonce *out,
                                       struct msip_str text,
                                       struct msip_str realm, msip_time now);
/* Counts a right answer: false when this count came before, when it lies too
 * far behind, or when the table has forgotten the nonce. */
bool msip_nonce_count(struct msip_nonces *nonces, const struct msip_nonce *n,
                      uint32_t count);
