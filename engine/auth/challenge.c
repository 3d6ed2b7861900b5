#include "auth/challenge.h"

#include "base/err.h"

static bool text_of(const struct msip_auth_params *p, const char *name,
                    struct msip_str *out)
{
  const struct msip_auth_param *found = msip_auth_params_find(p, name);

  *out = found ? found->value : MSIP_STR("");
  return found != NULL;
}

static bool is_true(const struct msip_auth_params *p, const char *name)
{
  struct msip_str value;

  return text_of(p, name, &value) && msip_str_ieq(value, MSIP_STR("true"));
}

static void read_qop(struct msip_challenge *c, const struct msip_auth_params *p)
{
  struct msip_str list, item;

  c->has_qop = text_of(p, "qop", &list);
  while (msip_str_cut(&list, ',', &item)) {
    c->auth = c->auth || msip_str_ieq(item, MSIP_STR("auth"));
    c->auth_int = c->auth_int || msip_str_ieq(item, MSIP_STR("auth-int"));
  }
}

int msip_challenge_read(struct msip_challenge *out, char *text, size_t len,
                        const char **why)
{
  struct msip_challenge c = {.algorithm = MSIP_MD5};
  struct msip_auth_params p;
  struct msip_str name;
  int err = msip_auth_params_read(&p, text, len, why);

  if (err)
    return err;
  *why = !text_of(&p, "realm", &c.realm)   ? "realm missing"
         : !text_of(&p, "nonce", &c.nonce) ? "nonce missing"
                                           : NULL;
  if (*why)
    return MSIP_ESYNTAX;
  if (text_of(&p, "algorithm", &name))
    c.algorithm = msip_algorithm_of(name);
  c.has_opaque = text_of(&p, "opaque", &c.opaque);
  c.stale = is_true(&p, "stale");
  c.userhash = is_true(&p, "userhash");
  read_qop(&c, &p);
  *out = c;
  return 0;
}

void msip_challenge_write(struct msip_buf *buf, const struct msip_challenge *c)
{
  msip_buf_lit(buf, "Digest ");
  msip_auth_write_quoted(buf, "realm", c->realm);
  msip_auth_write_quoted(buf, "nonce", c->nonce);
  if (c->has_opaque)
    msip_auth_write_quoted(buf, "opaque", c->opaque);
  if (c->stale)
    msip_auth_write_plain(buf, "stale", MSIP_STR("true"));
  msip_auth_write_plain(buf, "algorithm", msip_algorithm_name(c->algorithm));
  if (c->has_qop)
    msip_auth_write_quoted(buf, "qop",
                           c->auth && c->auth_int ? MSIP_STR("auth,auth-int")
                           : c->auth_int          ? MSIP_STR("auth-int")
                                                  : MSIP_STR("auth"));
}
