#include "auth/digest.h"

#include <openssl/crypto.h>

#include "base/err.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

struct msip_str msip_qop_name(enum msip_qop qop)
{
  switch (qop) {
  case MSIP_QOP_AUTH:
    return MSIP_STR("auth");
  case MSIP_QOP_AUTH_INT:
    return MSIP_STR("auth-int");
  case MSIP_QOP_NONE:
    break;
  }
  return MSIP_STR("");
}

int msip_digest_ha1(struct msip_hex *out, enum msip_algorithm algorithm,
                    struct msip_str username, struct msip_str realm,
                    struct msip_str password)
{
  const struct msip_str pieces[] = {username, realm, password};

  return msip_algorithm_hash(out, algorithm, pieces, COUNT(pieces));
}

int msip_digest_userhash(struct msip_hex *out, enum msip_algorithm algorithm,
                         struct msip_str username, struct msip_str realm)
{
  const struct msip_str pieces[] = {username, realm};

  return msip_algorithm_hash(out, algorithm, pieces, COUNT(pieces));
}

bool msip_ha1_is_valid(enum msip_algorithm algorithm, struct msip_str ha1)
{
  if (ha1.len == 0 || ha1.len != msip_algorithm_digits(algorithm))
    return false;
  for (size_t i = 0; i < ha1.len; i++)
    if (!msip_is_digit(ha1.at[i]) && (ha1.at[i] < 'a' || ha1.at[i] > 'f'))
      return false;
  return true;
}

/* 3.4.2: of a session the key is made once more, with its nonces. */
static int key_of(struct msip_hex *out, const struct msip_digest *d)
{
  const struct msip_str pieces[] = {d->ha1, d->nonce, d->cnonce};

  if (msip_algorithm_is_sess(d->algorithm))
    return msip_algorithm_hash(out, d->algorithm, pieces, COUNT(pieces));
  memcpy(out->text, d->ha1.at, d->ha1.len);
  out->len = (uint8_t)d->ha1.len;
  return 0;
}

/* 3.4.3 */
static int request_of(struct msip_hex *out, const struct msip_digest *d)
{
  struct msip_hex body;
  struct msip_str pieces[] = {d->method, d->uri, MSIP_STR("")};
  int err;

  if (d->qop != MSIP_QOP_AUTH_INT)
    return msip_algorithm_hash(out, d->algorithm, pieces, 2);
  err = msip_algorithm_hash(&body, d->algorithm, &d->body, 1);
  pieces[2] = msip_hex_str(&body);
  return err ? err : msip_algorithm_hash(out, d->algorithm, pieces, 3);
}

int msip_digest_response(struct msip_hex *out, const struct msip_digest *d)
{
  struct msip_hex key, request;
  int err;

  if (!msip_ha1_is_valid(d->algorithm, d->ha1))
    return MSIP_EINVALID;
  err = key_of(&key, d);
  if (!err)
    err = request_of(&request, d);
  if (err)
    return err;

  const struct msip_str with_qop[] = {
      msip_hex_str(&key),    d->nonce, d->nc, d->cnonce, msip_qop_name(d->qop),
      msip_hex_str(&request)};
  const struct msip_str without[] = {msip_hex_str(&key), d->nonce,
                                     msip_hex_str(&request)};

  if (d->qop == MSIP_QOP_NONE)
    return msip_algorithm_hash(out, d->algorithm, without, COUNT(without));
  return msip_algorithm_hash(out, d->algorithm, with_qop, COUNT(with_qop));
}

bool msip_digest_equal(struct msip_str a, struct msip_str b)
{
  return a.len == b.len && CRYPTO_memcmp(a.at, b.at, a.len) == 0;
}
