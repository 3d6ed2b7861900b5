#include "auth/keyring.h"

#include <openssl/crypto.h>

/* The texts of a login, in the order they are copied in. */
static struct msip_str *const *texts_of(struct msip_login *login,
                                        struct msip_str *list[4])
{
  list[0] = &login->username;
  list[1] = &login->password;
  list[2] = &login->ha1;
  list[3] = &login->realm;
  return list;
}

/* One block with all texts; the logins then borrow from it. */
static bool copy_logins(struct msip_keyring *k, const struct msip_login *login)
{
  struct msip_str *list[4];
  struct msip_buf buf;
  const char *at;

  msip_buf_init(&buf, k->pool, UINT32_MAX);
  for (unsigned i = 0; i < k->login_count; i++) {
    k->login[i] = login[i];
    texts_of(&k->login[i], list);
    for (unsigned j = 0; j < 4; j++)
      msip_buf_add(&buf, *list[j]);
  }
  k->text = msip_bytes_take(&buf);
  if (!k->text)
    return false;
  at = k->text->at;
  for (unsigned i = 0; i < k->login_count; i++) {
    texts_of(&k->login[i], list);
    for (unsigned j = 0; j < 4; j++) {
      list[j]->at = at;
      at += list[j]->len;
    }
  }
  return true;
}

struct msip_keyring *msip_keyring_new(struct msip_pool *pool,
                                      const struct msip_login *login,
                                      unsigned count)
{
  struct msip_keyring *k = msip_pool_zero(pool, sizeof *k);

  if (!k)
    return NULL;
  k->pool = pool;
  k->refs = 1;
  k->login_count = (uint8_t)(count < MSIP_LOGINS_MAX ? count : MSIP_LOGINS_MAX);
  if (!copy_logins(k, login)) {
    msip_pool_give(pool, k, sizeof *k);
    return NULL;
  }
  return k;
}

bool msip_keyring_is(const struct msip_keyring *k,
                     const struct msip_login *login, unsigned count)
{
  if (count != k->login_count)
    return false;
  for (unsigned i = 0; i < count; i++) {
    const struct msip_login *own = &k->login[i];

    if (own->algorithm != login[i].algorithm ||
        !msip_str_eq(own->username, login[i].username) ||
        !msip_str_eq(own->password, login[i].password) ||
        !msip_str_eq(own->ha1, login[i].ha1) ||
        !msip_str_eq(own->realm, login[i].realm))
      return false;
  }
  return true;
}

struct msip_keyring *msip_keyring_hold(struct msip_keyring *k)
{
  if (k)
    k->refs++;
  return k;
}

void msip_keyring_drop(struct msip_keyring *k)
{
  if (!k || --k->refs > 0)
    return;
  for (unsigned i = 0; i < MSIP_ANSWERS_MAX; i++)
    msip_bytes_drop(k->answer[i].text);
  OPENSSL_cleanse(k->text->at, k->text->len);
  msip_bytes_drop(k->text);
  OPENSSL_cleanse(k->answer, sizeof k->answer);
  msip_pool_give(k->pool, k, sizeof *k);
}
