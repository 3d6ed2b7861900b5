#include "base/rand.h"

struct sip {
  uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotl(uint64_t x, int b)
{
  return (x << b) | (x >> (64 - b));
}

static inline void mix(struct sip *s)
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

static inline void word(struct sip *s, uint64_t m)
{
  s->v3 ^= m;
  mix(s);
  s->v0 ^= m;
}

static inline struct sip start(const uint64_t key[2])
{
  return (struct sip){
      key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
      key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL};
}

static inline uint64_t finish(struct sip *s)
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
  struct sip s = start(r->key);

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

static inline uint64_t hash(const struct msip_rand *r, uint64_t seed,
                            struct msip_str text, bool folded)
{
  struct sip s = start(r->key);
  const char *at = text.at;
  size_t left = text.len;
  uint64_t m;

  word(&s, seed);
  for (; left >= 8; at += 8, left -= 8) {
    memcpy(&m, at, 8);
    word(&s, folded ? fold(m) : m);
  }
  m = 0;
  if (left)
    memcpy(&m, at, left);
  if (folded)
    m = fold(m);
  word(&s, m | (uint64_t)text.len << 56);
  return finish(&s);
}

uint64_t msip_hash(const struct msip_rand *r, uint64_t seed, struct msip_str s)
{
  return hash(r, seed, s, false);
}

uint64_t msip_hash_fold(const struct msip_rand *r, uint64_t seed,
                        struct msip_str s)
{
  return hash(r, seed, s, true);
}
