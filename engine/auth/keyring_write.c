/* The answers as header lines. */
#include "auth/credentials.h"
#include "auth/keyring.h"
#include "message/build.h"

enum { VALUE_MAX = 16384 };

/* The body behind the header lines of a tail. */
static struct msip_str body_of(struct msip_str tail)
{
  for (size_t i = 0; i + 1 < tail.len; i++) {
    bool empty_line = tail.at[i] == '\r' && tail.at[i + 1] == '\n' &&
                      (i == 0 || tail.at[i - 1] == '\n');

    if (empty_line)
      return msip_str_of(tail.at + i + 2, tail.len - i - 2);
  }
  return MSIP_STR("");
}

static void write_count(char out[8], uint32_t count)
{
  static const char digits[] = "0123456789abcdef";

  for (int i = 0; i < 8; i++)
    out[i] = digits[count >> (28 - 4 * i) & 15];
}

/* Fills in what is computed.  False: it cannot be. */
static bool compute(struct msip_answer *a, const struct msip_login *login,
                    struct msip_digest *d, struct msip_hex *name,
                    struct msip_hex *response)
{
  d->algorithm = a->algorithm;
  d->qop = a->qop;
  d->ha1 = msip_hex_str(&a->ha1);
  d->nonce = a->nonce;
  d->cnonce = msip_str_of(a->cnonce, sizeof a->cnonce);
  if (a->userhash &&
      msip_digest_userhash(name, a->algorithm, login->username, a->realm) != 0)
    return false;
  return msip_digest_response(response, d) == 0;
}

static void write_answer(struct msip_keyring *k, struct msip_answer *a,
                         struct msip_buf *lines, struct msip_digest d)
{
  const struct msip_login *login = &k->login[a->login];
  struct msip_hex name = {.len = 0}, response;
  struct msip_buf value;
  char count[8];

  write_count(count, ++a->count);
  d.nc = msip_str_of(count, sizeof count);
  if (!compute(a, login, &d, &name, &response))
    return;
  struct msip_credentials c = {
      .username = a->userhash ? msip_hex_str(&name) : login->username,
      .realm = a->realm,
      .nonce = a->nonce,
      .uri = d.uri,
      .response = msip_hex_str(&response),
      .cnonce = a->qop != MSIP_QOP_NONE || msip_algorithm_is_sess(a->algorithm)
                    ? d.cnonce
                    : MSIP_STR(""),
      .nc = d.nc,
      .opaque = a->opaque,
      .has_opaque = a->has_opaque,
      .algorithm = a->algorithm,
      .qop = a->qop,
      .userhash = a->userhash,
  };

  msip_buf_init(&value, k->pool, VALUE_MAX);
  msip_credentials_write(&value, &c);
  if (msip_buf_error(&value) == 0)
    msip_build_header(
        lines, a->proxy ? MSIP_H_PROXY_AUTHORIZATION : MSIP_H_AUTHORIZATION,
        msip_buf_str(&value));
  msip_buf_fini(&value);
}

static bool is_due(const struct msip_keyring *k, const struct msip_answer *a,
                   const struct msip_tries *tries)
{
  return a->text &&
         (k->login[a->login].realm.len > 0 || a->realm_hash == tries->realm);
}

void msip_keyring_write(struct msip_keyring *k, struct msip_buf *buf,
                        struct msip_str head, struct msip_str tail,
                        struct msip_tries *tries)
{
  struct msip_str method = MSIP_STR(""), uri = MSIP_STR("");
  struct msip_digest d = {.body = body_of(tail)};

  msip_str_cut(&head, ' ', &method);
  msip_str_cut(&head, ' ', &uri);
  d.method = method;
  d.uri = uri;
  tries->carried = 0;
  if (tries->binds && !tries->bound) /* likely the same as last time */
    tries->realm = k->recent;
  for (unsigned i = 0; i < MSIP_ANSWERS_MAX; i++)
    if (is_due(k, &k->answer[i], tries)) {
      write_answer(k, &k->answer[i], buf, d);
      tries->carried |= (uint8_t)(1u << i);
    }
}
