#include "auth/algorithm.h"

#include <openssl/evp.h>

#include "base/err.h"

struct row {
  struct msip_str name;
  unsigned digits;
};

static const struct row rows[MSIP_ALGORITHM_COUNT] = {
#define X(id, name, digits) [MSIP_##id] = {MSIP_STR_INIT(name), digits},
    MSIP_ALGORITHM_MAP(X)
#undef X
};

enum msip_algorithm msip_algorithm_of(struct msip_str name)
{
  for (unsigned i = 0; i < MSIP_ALGORITHM_COUNT; i++)
    if (msip_str_ieq(name, rows[i].name))
      return (enum msip_algorithm)i;
  return MSIP_ALGORITHM_OTHER;
}

struct msip_str msip_algorithm_name(enum msip_algorithm algorithm)
{
  return algorithm < MSIP_ALGORITHM_COUNT ? rows[algorithm].name : MSIP_STR("");
}

unsigned msip_algorithm_digits(enum msip_algorithm algorithm)
{
  return algorithm < MSIP_ALGORITHM_COUNT ? rows[algorithm].digits : 0;
}

enum msip_algorithm msip_algorithm_base(enum msip_algorithm algorithm)
{
  switch (algorithm) {
  case MSIP_SHA_512_256_SESS:
    return MSIP_SHA_512_256;
  case MSIP_SHA_256_SESS:
    return MSIP_SHA_256;
  case MSIP_MD5_SESS:
    return MSIP_MD5;
  case MSIP_SHA_512_256:
  case MSIP_SHA_256:
  case MSIP_MD5:
  case MSIP_ALGORITHM_OTHER:
    return algorithm;
  }
  return algorithm;
}

typedef const EVP_MD *(*function)(void);

static const function functions[MSIP_ALGORITHM_COUNT] = {
    [MSIP_SHA_512_256] = EVP_sha512_256,
    [MSIP_SHA_512_256_SESS] = EVP_sha512_256,
    [MSIP_SHA_256] = EVP_sha256,
    [MSIP_SHA_256_SESS] = EVP_sha256,
    [MSIP_MD5] = EVP_md5,
    [MSIP_MD5_SESS] = EVP_md5,
};

static bool digest(EVP_MD_CTX *context, enum msip_algorithm algorithm,
                   const struct msip_str *piece, unsigned count,
                   unsigned char *out)
{
  bool good = EVP_DigestInit_ex(context, functions[algorithm](), NULL) == 1;

  for (unsigned i = 0; good && i < count; i++)
    good = (i == 0 || EVP_DigestUpdate(context, ":", 1) == 1) &&
           EVP_DigestUpdate(context, piece[i].at, piece[i].len) == 1;
  return good && EVP_DigestFinal_ex(context, out, NULL) == 1;
}

int msip_algorithm_hash(struct msip_hex *out, enum msip_algorithm algorithm,
                        const struct msip_str *piece, unsigned count)
{
  static const char digits[] = "0123456789abcdef";
  unsigned char bytes[EVP_MAX_MD_SIZE];
  EVP_MD_CTX *context;
  bool good;

  if (algorithm >= MSIP_ALGORITHM_COUNT)
    return MSIP_EUNSUPPORTED;
  context = EVP_MD_CTX_new();
  good = context && digest(context, algorithm, piece, count, bytes);
  EVP_MD_CTX_free(context);
  if (!good)
    return MSIP_EUNSUPPORTED;
  out->len = (uint8_t)rows[algorithm].digits;
  for (unsigned i = 0; i < out->len / 2u; i++) {
    out->text[2 * i] = digits[bytes[i] >> 4];
    out->text[2 * i + 1] = digits[bytes[i] & 15];
  }
  return 0;
}
