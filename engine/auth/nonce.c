#include "auth/nonce.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/digest.h"
#include "auth/marks.h"
#include "uri/scan.h"

/* Bytes of the parts, and those of the realm that count. */
enum { TIME = 6, RANDOM = 8, MAC = 16, SAID = TIME + RANDOM, REALM = 256 };

static size_t bytes_of(uint32_t rows)
{
  return sizeof(struct msip_nonces) + rows * sizeof(struct msip_nonce_row);
}

size_t msip_nonces_size(uint32_t count)
{
  return bytes_of(msip_marks_rows(count, MSIP_NONCE_WAYS));
}

void msip_nonces_init(struct msip_nonces *nonces, uint32_t count,
                      const uint8_t key[MSIP_NONCE_KEY], msip_time life)
{
  uint32_t rows = msip_marks_rows(count, MSIP_NONCE_WAYS);

  memset(nonces, 0, bytes_of(rows));
  memcpy(nonces->key, key, MSIP_NONCE_KEY);
  nonces->row_count = rows;
  nonces->life = life;
}

static void write_hex(char *out, const uint8_t *bytes, size_t count)
{
  static const char digits[] = "0123456789abcdef";

  for (size_t i = 0; i < count; i++) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
}

static void write_number(uint8_t *out, uint64_t n, unsigned count)
{
  for (unsigned i = 0; i < count; i++)
    out[i] = (uint8_t)(n >> 8 * (count - 1 - i));
}

/* Signs the first bytes of `bytes` into the others. */
static bool sign(const struct msip_nonces *nonces, uint8_t *bytes,
                 struct msip_str realm)
{
  uint8_t text[SAID + REALM], full[EVP_MAX_MD_SIZE];
  size_t len = realm.len < REALM ? realm.len : REALM;

  memcpy(text, bytes, SAID);
  memcpy(text + SAID, realm.at, len);
  if (!HMAC(EVP_sha256(), nonces->key, MSIP_NONCE_KEY, text, SAID + len, full,
            NULL))
    return false;
  memcpy(bytes + SAID, full, MAC);
  return true;
}

bool msip_nonce_make(const struct msip_nonces *nonces, char *out,
                     struct msip_str realm, uint64_t random, msip_time now)
{
  uint8_t bytes[SAID + MAC];

  write_number(bytes, now, TIME);
  write_number(bytes + TIME, random ? random : 1, RANDOM);
  if (!sign(nonces, bytes, realm))
    return false;
  write_hex(out, bytes, sizeof bytes);
  return true;
}

static bool read_number(struct msip_str text, uint64_t *out)
{
  uint64_t n = 0;

  for (size_t i = 0; i < text.len; i++) {
    if (msip_hex(text.at[i]) < 0)
      return false;
    n = n << 4 | (uint64_t)msip_hex(text.at[i]);
  }
  *out = n;
  return true;
}

enum msip_nonce_state msip_nonce_check(const struct msip_nonces *nonces,
                                       struct msip_nonce *out,
                                       struct msip_str text,
                                       struct msip_str realm, msip_time now)
{
  struct msip_nonce n;
  char made[MSIP_NONCE_LEN];

  if (text.len != MSIP_NONCE_LEN ||
      !read_number(msip_str_of(text.at, 2 * TIME), &n.made_at) ||
      !read_number(msip_str_of(text.at + 2 * TIME, 2 * RANDOM), &n.random))
    return MSIP_NONCE_FOREIGN;
  if (!msip_nonce_make(nonces, made, realm, n.random, n.made_at) ||
      !msip_digest_equal(text, msip_str_of(made, sizeof made)) ||
      n.made_at > now)
    return MSIP_NONCE_FOREIGN;
  *out = n;
  return now - n.made_at <= nonces->life ? MSIP_NONCE_GOOD : MSIP_NONCE_STALE;
}

/* The place of the nonce, made if need be; NULL when it was forgotten. */
static struct msip_nonce_use *place_of(struct msip_nonces *nonces,
                                       const struct msip_nonce *n)
{
  struct msip_nonce_row *row =
      &nonces->row[n->random & (nonces->row_count - 1)];
  struct msip_nonce_use *place = row->use;

  for (unsigned i = 0; i < MSIP_NONCE_WAYS; i++) {
    struct msip_nonce_use *use = &row->use[i];

    if (use->nonce.random == n->random && use->nonce.made_at == n->made_at)
      return use;
    if (use->nonce.made_at < place->nonce.made_at)
      place = use;
  }
  if (row->floor && n->made_at <= row->floor)
    return NULL;
  if (place->nonce.random && place->nonce.made_at >= n->made_at) {
    row->floor = n->made_at;
    return NULL;
  }
  if (place->nonce.random)
    row->floor = place->nonce.made_at;
  *place = (struct msip_nonce_use){.nonce = *n};
  return place;
}

bool msip_nonce_count(struct msip_nonces *nonces, const struct msip_nonce *n,
                      uint32_t count)
{
  struct msip_nonce_use *use = place_of(nonces, n);
  uint32_t behind;

  if (!use || count == 0)
    return false;
  if (count > use->highest) {
    uint32_t ahead = count - use->highest;

    use->seen = ahead < MSIP_NONCE_WINDOW ? use->seen << ahead : 0;
    if (use->highest && ahead <= MSIP_NONCE_WINDOW)
      use->seen |= 1u << (ahead - 1);
    use->highest = count;
    return true;
  }
  behind = use->highest - count;
  if (behind == 0 || behind > MSIP_NONCE_WINDOW ||
      (use->seen >> (behind - 1) & 1))
    return false;
  use->seen |= 1u << (behind - 1);
  return true;
}
