/* auth/algorithm.h -- the hash functions of digest authentication (RFC 7616
 * section 6.1, RFC 8760), strongest first, each also as a "-sess" variant. */
#pragma once

#include "base/str.h"

#define MSIP_ALGORITHM_MAP(X)                                                  \
  X(SHA_512_256, "SHA-512-256", 64)                                            \
  X(SHA_256, "SHA-256", 64)                                                    \
  X(MD5, "MD5", 32)                                                            \
  X(SHA_512_256_SESS, "SHA-512-256-sess", 64)                                  \
  X(SHA_256_SESS, "SHA-256-sess", 64)                                          \
  X(MD5_SESS, "MD5-sess", 32)

enum msip_algorithm {
#define X(id, name, digits) MSIP_##id,
  MSIP_ALGORITHM_MAP(X)
#undef X
      MSIP_ALGORITHM_COUNT,
  MSIP_ALGORITHM_OTHER = MSIP_ALGORITHM_COUNT, /* a name that is none of ours */
};

enum { MSIP_HEX_MAX = 64 };

/* A hash in lowercase hexadecimal digits. */
struct msip_hex {
  char text[MSIP_HEX_MAX];
  uint8_t len;
};

static inline struct msip_str msip_hex_str(const struct msip_hex *hex)
{
  return msip_str_of(hex->text, hex->len);
}

/* Case is ignored, as in every token of the scheme. */
enum msip_algorithm msip_algorithm_of(struct msip_str name);
struct msip_str msip_algorithm_name(enum msip_algorithm algorithm);
/* Digits of a hash. */
unsigned msip_algorithm_digits(enum msip_algorithm algorithm);
/* Without "-sess": what a stored HA1 is made with. */
enum msip_algorithm msip_algorithm_base(enum msip_algorithm algorithm);
static inline bool msip_algorithm_is_sess(enum msip_algorithm algorithm)
{
  return algorithm != msip_algorithm_base(algorithm);
}

/* The hash of the pieces with a colon between each two.  MSIP_EUNSUPPORTED
 * when the library refuses the algorithm (MD5 on a FIPS machine). */
int msip_algorithm_hash(struct msip_hex *out, enum msip_algorithm algorithm,
                        const struct msip_str *piece, unsigned count);
