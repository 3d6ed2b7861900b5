/* base/rand.h -- randomness and keyed hashing of one worker.
 *
 * Both are SipHash under a 128-bit key given at birth: from the operating
 * system in a process, from a seed in a simulation.  Peers cannot guess tags
 * or choose colliding keys without the key.
 */
#pragma once

#include "base/str.h"

struct msip_rand {
  uint64_t key[2];
  uint64_t counter;
};

void msip_rand_init(struct msip_rand *r, const uint64_t key[2]);
uint64_t msip_rand_u64(struct msip_rand *r);
/* Uniform in lo..hi, both included. */
uint32_t msip_rand_range(struct msip_rand *r, uint32_t lo, uint32_t hi);
/* Writes `len` lowercase letters and digits, 5 bits of randomness each. */
void msip_rand_text(struct msip_rand *r, char *out, size_t len);

/* SipHash-1-3 of several pieces; where one ends makes a difference. */
struct msip_hasher {
  uint64_t v0, v1, v2, v3;
};

struct msip_hasher msip_hash_start(const struct msip_rand *r, uint64_t seed);
void msip_hash_add(struct msip_hasher *h, struct msip_str s);
/* The same with ASCII letters folded to lower case. */
void msip_hash_add_fold(struct msip_hasher *h, struct msip_str s);
/* The hash of all pieces so far; more may follow. */
uint64_t msip_hash_value(const struct msip_hasher *h);

/* SipHash-1-3 of `s` chained on `seed` (0 for a first piece). */
uint64_t msip_hash(const struct msip_rand *r, uint64_t seed, struct msip_str s);
