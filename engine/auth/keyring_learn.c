/* Which challenges we answer, and with whose name. */
#include "auth/challenge.h"
#include "auth/keyring.h"

enum { STALE_MAX = 3, ROUNDS_MAX = 16, VALUE_MAX = 8192 };

/* What came of one challenge. */
enum verdict { IGNORED, ANSWERED, REJECTED };

static bool understands(const struct msip_challenge *c)
{
  return c->algorithm != MSIP_ALGORITHM_OTHER &&
         (!c->has_qop || c->auth || c->auth_int);
}

static uint64_t hash_of(const struct msip_rand *rand, struct msip_str realm)
{
  return msip_hash(rand, 0, realm) | 1; /* 0 is no realm */
}

static bool may_use(const struct msip_login *login,
                    const struct msip_challenge *c, uint64_t realm,
                    const struct msip_tries *tries)
{
  if (login->algorithm != MSIP_ALGORITHM_OTHER &&
      login->algorithm != msip_algorithm_base(c->algorithm))
    return false;
  if (login->realm.len)
    return msip_str_eq(login->realm, c->realm);
  return tries->realm == realm || (tries->binds && !tries->bound);
}

/* The login for a realm of its own first.  -1: nobody. */
static int login_for(const struct msip_keyring *k,
                     const struct msip_challenge *c, uint64_t realm,
                     const struct msip_tries *tries)
{
  int found = -1;

  for (int i = k->login_count - 1; i >= 0; i--)
    if (may_use(&k->login[i], c, realm, tries) &&
        (found < 0 || k->login[i].realm.len || !k->login[found].realm.len))
      found = i;
  return found;
}

static unsigned place_of(struct msip_keyring *k, bool proxy,
                         struct msip_str realm)
{
  unsigned free = MSIP_ANSWERS_MAX;

  for (unsigned i = 0; i < MSIP_ANSWERS_MAX; i++) {
    const struct msip_answer *a = &k->answer[i];

    if (a->text && a->proxy == proxy && msip_str_eq(a->realm, realm))
      return i;
    if (!a->text && free == MSIP_ANSWERS_MAX)
      free = i;
  }
  if (free < MSIP_ANSWERS_MAX)
    return free;
  k->oldest = (uint8_t)((k->oldest + 1) % MSIP_ANSWERS_MAX);
  return k->oldest;
}

/* One block with the texts of the challenge. */
static bool set_texts(struct msip_pool *pool, struct msip_answer *a,
                      struct msip_str realm, struct msip_str nonce,
                      struct msip_str opaque)
{
  struct msip_bytes *old = a->text;
  struct msip_buf buf;

  msip_buf_init(&buf, pool, VALUE_MAX);
  msip_buf_add(&buf, realm);
  msip_buf_add(&buf, nonce);
  msip_buf_add(&buf, opaque);
  a->text = msip_bytes_take(&buf);
  msip_bytes_drop(old);
  if (!a->text)
    return false;
  a->realm = msip_str_of(a->text->at, realm.len);
  a->nonce = msip_str_of(a->realm.at + realm.len, nonce.len);
  a->opaque = msip_str_of(a->nonce.at + nonce.len, opaque.len);
  a->count = 0;
  return true;
}

static bool set_key(const struct msip_login *login, struct msip_answer *a)
{
  if (login->ha1.len == 0)
    return msip_digest_ha1(&a->ha1, a->algorithm, login->username, a->realm,
                           login->password) == 0;
  memcpy(a->ha1.text, login->ha1.at, login->ha1.len);
  a->ha1.len = (uint8_t)login->ha1.len;
  return true;
}

static bool remember(struct msip_keyring *k, struct msip_rand *rand,
                     unsigned place, unsigned login, bool proxy,
                     const struct msip_challenge *c)
{
  struct msip_answer *a = &k->answer[place];

  if (!set_texts(k->pool, a, c->realm, c->nonce,
                 c->has_opaque ? c->opaque : MSIP_STR("")))
    return false;
  a->realm_hash = hash_of(rand, c->realm);
  a->has_opaque = c->has_opaque;
  a->proxy = proxy;
  a->userhash = c->userhash;
  a->login = (uint8_t)login;
  a->algorithm = c->algorithm;
  a->qop = c->auth       ? MSIP_QOP_AUTH
           : c->auth_int ? MSIP_QOP_AUTH_INT
                         : MSIP_QOP_NONE;
  msip_rand_text(rand, a->cnonce, sizeof a->cnonce);
  if (set_key(&k->login[login], a))
    return true;
  msip_bytes_drop(a->text);
  a->text = NULL;
  return false;
}

/* These credentials were on the wire and are asked for again.  An answer from
 * memory may have had a nonce that the peer forgot without saying so: then the
 * new one is tried once. */
static bool is_rejected(const struct msip_answer *a, unsigned place, bool proxy,
                        const struct msip_challenge *c,
                        struct msip_tries *tries)
{
  if (!(tries->carried >> place & 1) || !a->text || a->proxy != proxy ||
      !msip_str_eq(a->realm, c->realm))
    return false;
  if (c->stale)
    return ++tries->stale > STALE_MAX;
  return (tries->asked >> place & 1) || msip_str_eq(a->nonce, c->nonce);
}

static enum verdict weigh(struct msip_keyring *k, struct msip_rand *rand,
                          bool proxy, const struct msip_challenge *c,
                          struct msip_tries *tries, unsigned *seen)
{
  uint64_t realm = hash_of(rand, c->realm);
  int login = login_for(k, c, realm, tries);
  unsigned place;

  if (login < 0)
    return IGNORED;
  place = place_of(k, proxy, c->realm);
  if (*seen >> place & 1) /* one further up serves */
    return IGNORED;
  *seen |= 1u << place;
  if (is_rejected(&k->answer[place], place, proxy, c, tries)) {
    msip_bytes_drop(k->answer[place].text);
    k->answer[place].text = NULL;
    return REJECTED;
  }
  if (!remember(k, rand, place, (unsigned)login, proxy, c))
    return IGNORED;
  tries->asked |= (uint8_t)(1u << place);
  if (k->login[login].realm.len == 0) {
    tries->realm = k->recent = realm;
    tries->bound = true;
  }
  return ANSWERED;
}

static enum verdict learn_row(struct msip_keyring *k, struct msip_rand *rand,
                              bool proxy, struct msip_str value,
                              struct msip_tries *tries, unsigned *seen)
{
  enum verdict verdict = IGNORED;
  struct msip_challenge c;
  struct msip_buf buf;
  const char *why;

  msip_buf_init(&buf, k->pool, VALUE_MAX);
  msip_unfold(&buf, value);
  if (msip_buf_error(&buf) == 0 && buf.len &&
      msip_challenge_read(&c, buf.at, buf.len, &why) == 0 && understands(&c))
    verdict = weigh(k, rand, proxy, &c, tries, seen);
  msip_buf_fini(&buf);
  return verdict;
}

bool msip_keyring_learn(struct msip_keyring *k, struct msip_rand *rand,
                        const struct msip_msg *response,
                        struct msip_tries *tries)
{
  static const enum msip_header_id ids[] = {MSIP_H_WWW_AUTHENTICATE,
                                            MSIP_H_PROXY_AUTHENTICATE};
  unsigned seen = 0;
  bool answered = false;

  if (tries->rounds++ == ROUNDS_MAX)
    return false;
  for (unsigned i = 0; i < 2; i++) {
    struct msip_values v;
    struct msip_str value;

    for (msip_values_init(&v, response, ids[i]); msip_values_next(&v, &value);)
      switch (learn_row(k, rand, i == 1, value, tries, &seen)) {
      case ANSWERED:
        answered = true;
        break;
      case REJECTED:
        return false;
      case IGNORED:
        break;
      }
  }
  return answered;
}

/* Proxies say it in a header of their own (RFC 7616 3.8). */
static struct msip_str info_of(const struct msip_msg *response, bool proxy)
{
  const struct msip_header *row;

  if (!proxy)
    return msip_msg_value(response, MSIP_H_AUTHENTICATION_INFO);
  row = msip_msg_named(response, MSIP_STR("Proxy-Authentication-Info"));
  return row ? msip_row_value(response, row) : MSIP_STR("");
}

static void renew(struct msip_keyring *k, struct msip_rand *rand,
                  struct msip_answer *a, struct msip_str info)
{
  const struct msip_auth_param *next = NULL;
  struct msip_auth_params params;
  struct msip_bytes *old = msip_bytes_hold(a->text);
  struct msip_buf buf;
  const char *why;

  msip_buf_init(&buf, k->pool, VALUE_MAX);
  msip_unfold(&buf, info);
  if (msip_buf_error(&buf) == 0 && buf.len &&
      msip_auth_params_list(&params, buf.at, buf.len, &why) == 0)
    next = msip_auth_params_find(&params, "nextnonce");
  if (next && next->value.len &&
      set_texts(k->pool, a, a->realm, next->value, a->opaque))
    msip_rand_text(rand, a->cnonce, sizeof a->cnonce);
  msip_buf_fini(&buf);
  msip_bytes_drop(old);
}

void msip_keyring_renew(struct msip_keyring *k, struct msip_rand *rand,
                        const struct msip_msg *response,
                        const struct msip_tries *tries)
{
  for (unsigned i = 0; i < MSIP_ANSWERS_MAX; i++) {
    struct msip_answer *a = &k->answer[i];
    struct msip_str info = info_of(response, a->proxy);

    if (a->text && (tries->carried >> i & 1) && info.len)
      renew(k, rand, a, info);
  }
}
