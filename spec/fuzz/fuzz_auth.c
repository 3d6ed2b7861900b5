/* Challenges and credentials: what is read is written, and reads again as the
 * same.  A keyring learns the same bytes as a 401 and answers them. */
#include <stdlib.h>

#include "auth/challenge.h"
#include "auth/credentials.h"
#include "auth/keyring.h"

enum { TEXT_MAX = 65535 };

static void demand(bool holds)
{
  if (!holds)
    abort();
}

/* A copy that is as long as the text, so that a byte too far is found. */
static char *copy(struct msip_str text)
{
  char *at = malloc(text.len ? text.len : 1);

  demand(at != NULL);
  memcpy(at, text.at, text.len);
  return at;
}

static void read_challenge(struct msip_pool *pool, struct msip_str text)
{
  struct msip_challenge once, again;
  const char *why = NULL;
  struct msip_buf buf;
  char *at = copy(text);
  int err = msip_challenge_read(&once, at, text.len, &why);

  demand(err != MSIP_ESYNTAX || why != NULL);
  if (err == 0 && once.algorithm != MSIP_ALGORITHM_OTHER) {
    msip_buf_init(&buf, pool, TEXT_MAX);
    msip_challenge_write(&buf, &once);
    demand(msip_challenge_read(&again, buf.at, buf.len, &why) == 0);
    demand(msip_str_eq(once.realm, again.realm));
    demand(msip_str_eq(once.nonce, again.nonce));
    demand(msip_str_eq(once.opaque, again.opaque));
    demand(once.algorithm == again.algorithm && once.stale == again.stale);
    msip_buf_fini(&buf);
  }
  free(at);
}

static void read_credentials(struct msip_pool *pool, struct msip_str text)
{
  struct msip_credentials once, again;
  const char *why = NULL;
  struct msip_buf buf;
  char *at = copy(text);
  int err = msip_credentials_read(&once, at, text.len, &why);

  demand(err != MSIP_ESYNTAX || why != NULL);
  if (err == 0) {
    msip_buf_init(&buf, pool, TEXT_MAX);
    msip_credentials_write(&buf, &once);
    demand(msip_credentials_read(&again, buf.at, buf.len, &why) == 0);
    demand(msip_str_eq(once.username, again.username));
    demand(msip_str_eq(once.realm, again.realm));
    demand(msip_str_eq(once.nonce, again.nonce));
    demand(msip_str_eq(once.uri, again.uri));
    demand(once.count == again.count && once.qop == again.qop);
    msip_buf_fini(&buf);
  }
  free(at);
}

static void learn(struct msip_pool *pool, struct msip_str text)
{
  static const struct msip_login login = {
      .username = MSIP_STR_INIT("alice"),
      .password = MSIP_STR_INIT("secret"),
      .ha1 = MSIP_STR_INIT(""),
      .realm = MSIP_STR_INIT(""),
      .algorithm = MSIP_ALGORITHM_OTHER,
  };
  const struct msip_msg_limits limits = {UINT16_MAX, UINT16_MAX, UINT16_MAX,
                                         MSIP_MSG_HEADERS_MAX};
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_keyring *keyring = msip_keyring_new(pool, &login, 1);
  struct msip_tries tries = {.binds = true};
  struct msip_rand rand;
  struct msip_fault fault;
  struct msip_buf buf, lines;
  struct msip_msg m;

  msip_rand_init(&rand, (const uint64_t[2]){1, 2});
  msip_buf_init(&buf, pool, TEXT_MAX);
  msip_buf_init(&lines, pool, TEXT_MAX);
  msip_buf_lit(&buf, "SIP/2.0 401 No\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKa\r\n"
                     "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\n"
                     "CSeq: 1 BYE\r\nWWW-Authenticate: ");
  msip_buf_add(&buf, text);
  msip_buf_lit(&buf, "\r\nContent-Length: 0\r\n\r\n");
  if (msip_buf_error(&buf) == 0 &&
      msip_msg_parse(&m, rows, msip_buf_str(&buf), &limits, &fault) == 0 &&
      msip_keyring_learn(keyring, &rand, &m, &tries)) {
    msip_keyring_write(keyring, &lines, MSIP_STR("BYE sip:a@b SIP/2.0"),
                       MSIP_STR("\r\n"), &tries);
    demand(lines.len > 0 && msip_buf_error(&lines) == 0);
    tries.stale = 0;
    msip_keyring_learn(keyring, &rand, &m, &tries);
    msip_keyring_renew(keyring, &rand, &m, &tries);
  }
  msip_buf_fini(&lines);
  msip_buf_fini(&buf);
  msip_keyring_drop(keyring);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct msip_pool pool;
  struct msip_str text = msip_str_of((const char *)data, size);

  if (pool.held_bytes == 0)
    msip_pool_init(&pool);
  if (size > 8192)
    return 0;
  read_challenge(&pool, text);
  read_credentials(&pool, text);
  learn(&pool, text);
  demand(pool.live_count == 0);
  return 0;
}
