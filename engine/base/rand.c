#include "base/rand.h"

static inline uint64_t rotl(uint64_t x, int b)
{
  return (x << b) | (x >> (64 - b));
}

static inline void mix(struct msip_hasher *s)
{
  s->v0 += s->v1;
  s->v1 = rotl(s->v1, 13) ^ s->v0;
  s->v0 = rotl(s->v0, 32);
  s->v2 += s->v3;
  s->v3 = rotl(s->v3, 16) ^ s->v2;
  s->v0 += s->v3;
  s->v3 = rotl(s->v3, 21) ^ s->v0;
  s->v2 += s->v1;
  s->v1 = rotl(s->v1, 17) ^ s->v2;
  s->v2 = rotl(s->v2, 32);
}

static inline void word(struct msip_hasher *s, uint64_t m)
{
  s->v3 ^= m;
  mix(s);
  s->v0 ^= m;
}

static inline struct msip_hasher start(const uint64_t key[2])
{
  return (struct msip_hasher){
      key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
      key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL};
}

static inline uint64_t finish(struct msip_hasher *s)
{
  s->v2 ^= 0xff;
  mix(s);
  mix(s);
  mix(s);
  return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

void msip_rand_init(struct msip_rand *r, const uint64_t key[2])
{
  *r = (struct msip_rand){.key = {key[0], key[1]}};
}

uint64_t msip_rand_u64(struct msip_rand *r)
{
  struct msip_hasher s = start(r->key);

  word(&s, 0x72616e646f6d2121ULL); /* apart from every msip_hash input */
  word(&s, r->counter++);
  return finish(&s);
}

uint32_t msip_rand_range(struct msip_rand *r, uint32_t lo, uint32_t hi)
{
  uint64_t span = (uint64_t)hi - lo + 1;

  return lo + (uint32_t)((msip_rand_u64(r) >> 32) * span >> 32);
}

void msip_rand_text(struct msip_rand *r, char *out, size_t len)
{
  static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
  uint64_t bits = 0;

  for (size_t i = 0; i < len; i++) {
    if (i % 12 == 0)
      bits = msip_rand_u64(r);
    out[i] = alphabet[bits & 31];
    bits >>= 5;
  }
}

/* Sets bit 5 of every byte that is an ASCII capital letter. */
static inline uint64_t fold(uint64_t m)
{
  uint64_t low = m & 0x7f7f7f7f7f7f7f7fULL;
  uint64_t from_a = low + 0x3f3f3f3f3f3f3f3fULL; /* bit 7: >= 'A' */
  uint64_t past_z = low + 0x2525252525252525ULL; /* bit 7: > 'Z' */
  uint64_t capital = from_a & ~past_z & ~m & 0x8080808080808080ULL;

  return m | (capital >> 2);
}

/* The bytes, then their number, so that pieces cannot be cut differently. */
static inline void add(struct msip_hasher *h, struct msip_str text, bool folded)
{
  struct msip_hasher s = *h;
  const char *at = text.at;
  size_t left = text.len;
  uint64_t m;

  for (; left >= 8; at += 8, left -= 8) {
    memcpy(&m, at, 8);
    word(&s, folded ? fold(m) : m);
  }
  m = 0;
  for (size_t i = 0; i < left; i++)
    m |= (uint64_t)(unsigned char)at[i] << 8 * i;
  if (folded)
    m = fold(m);
  word(&s, m | (uint64_t)text.len << 56);
  *h = s;
}

struct msip_hasher msip_hash_start(const struct msip_rand *r, uint64_t seed)
{
  struct msip_hasher h = start(r->key);

  word(&h, seed);
  return h;
}

void msip_hash_add(struct msip_hasher *h, struct msip_str s)
{
  add(h, s, false);
}

void msip_hash_add_fold(struct msip_hasher *h, struct msip_str s)
{
  add(h, s, true);
}

uint64_t msip_hash_value(const struct msip_hasher *h)
{
  struct msip_hasher s = *h;

  return finish(&s);
}

uint64_t msip_hash(const struct msip_rand *r, uint64_t seed, struct msip_str s)
{
  struct msip_hasher h = msip_hash_start(r, seed);

  add(&h, s, false);
  return finish(&h);
}
