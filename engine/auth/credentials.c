#include "auth/credentials.h"

#include "base/err.h"
#include "uri/scan.h"

/* What every answer has, in quotes (RFC 3261 22.4, 25.1). */
static const char *read_texts(struct msip_credentials *c,
                              const struct msip_auth_params *p)
{
  const struct {
    const char *name, *missing;
    struct msip_str *to;
    bool may_be_empty;
  } texts[] = {
      {"realm", "realm missing", &c->realm, false},
      {"nonce", "nonce missing", &c->nonce, true},
      {"uri", "uri missing", &c->uri, false},
      {"response", "response missing", &c->response, true},
  };

  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    const struct msip_auth_param *found =
        msip_auth_params_find(p, texts[i].name);

    if (!found || (found->value.len == 0 && !texts[i].may_be_empty))
      return texts[i].missing;
    if (!found->quoted)
      return "parameter without its quotes";
    *texts[i].to = found->value;
  }
  return NULL;
}

/* RFC 5987: UTF-8''J%C3%A4son, decoded where it lies. */
static const char *decode(struct msip_str value, struct msip_str *out)
{
  static const struct msip_str head = MSIP_STR_INIT("UTF-8'");
  char *at = (char *)(uintptr_t)value.at, *end = at + value.len, *from, *to;

  if (!msip_str_istarts(value, head))
    return "username* is not UTF-8";
  at = memchr(at + head.len, '\'', value.len - head.len);
  if (!at)
    return "broken username*";
  for (from = to = ++at; at < end; at++) {
    if (*at != '%') {
      *to++ = *at;
      continue;
    }
    if (end - at < 3 || msip_hex(at[1]) < 0 || msip_hex(at[2]) < 0)
      return "broken username*";
    *to++ = (char)(msip_hex(at[1]) * 16 + msip_hex(at[2]));
    at += 2;
  }
  *out = msip_str_span(from, to);
  return NULL;
}

/* A colon would shift what is hashed; a control byte would reach a log. */
static bool is_name(struct msip_str name)
{
  for (size_t i = 0; i < name.len; i++)
    if ((unsigned char)name.at[i] < ' ' || name.at[i] == 0x7f ||
        name.at[i] == ':')
      return false;
  return name.len > 0;
}

static const char *read_username(struct msip_credentials *c,
                                 const struct msip_auth_params *p)
{
  const struct msip_auth_param *plain = msip_auth_params_find(p, "username");
  const struct msip_auth_param *other = msip_auth_params_find(p, "username*");
  const struct msip_auth_param *hash = msip_auth_params_find(p, "userhash");
  const char *why = NULL;

  c->userhash = hash && msip_str_ieq(hash->value, MSIP_STR("true"));
  if (!plain && !other)
    return "username missing";
  if (plain && other)
    return "username and username* together";
  if (other && (other->quoted || c->userhash))
    return "broken username*";
  if (plain && !plain->quoted)
    return "parameter without its quotes";
  if (plain)
    c->username = plain->value;
  else
    why = decode(other->value, &c->username);
  if (!why && !is_name(c->username))
    why = "username empty or malformed";
  return why;
}

static bool read_count(struct msip_credentials *c)
{
  uint32_t count = 0;

  if (c->nc.len != 8)
    return false;
  for (size_t i = 0; i < c->nc.len; i++) {
    if (msip_hex(c->nc.at[i]) < 0)
      return false;
    count = count << 4 | (uint32_t)msip_hex(c->nc.at[i]);
  }
  c->count = count;
  return true;
}

static const char *read_qop(struct msip_credentials *c,
                            const struct msip_auth_params *p)
{
  const struct msip_auth_param *cnonce = msip_auth_params_find(p, "cnonce");
  const struct msip_auth_param *nc = msip_auth_params_find(p, "nc");

  if (cnonce)
    c->cnonce = cnonce->value;
  if (c->qop == MSIP_QOP_NONE)
    return NULL;
  if (c->cnonce.len == 0)
    return "cnonce missing";
  if (!nc)
    return "nc missing";
  c->nc = nc->value;
  return read_count(c) ? NULL : "nc is not eight hexadecimal digits";
}

/* False: we know none of that name. */
static bool read_kind(struct msip_credentials *c,
                      const struct msip_auth_params *p)
{
  const struct msip_auth_param *name = msip_auth_params_find(p, "algorithm");
  const struct msip_auth_param *qop = msip_auth_params_find(p, "qop");

  c->algorithm = name ? msip_algorithm_of(name->value) : MSIP_MD5;
  if (qop && msip_str_ieq(qop->value, MSIP_STR("auth")))
    c->qop = MSIP_QOP_AUTH;
  else if (qop && msip_str_ieq(qop->value, MSIP_STR("auth-int")))
    c->qop = MSIP_QOP_AUTH_INT;
  else if (qop)
    return false;
  return c->algorithm != MSIP_ALGORITHM_OTHER;
}

int msip_credentials_read(struct msip_credentials *out, char *text, size_t len,
                          const char **why)
{
  struct msip_credentials c = {.nc = MSIP_STR(""), .cnonce = MSIP_STR("")};
  const struct msip_auth_param *opaque;
  struct msip_auth_params p;
  int err = msip_auth_params_read(&p, text, len, why);
  bool known;

  if (err)
    return err;
  known = read_kind(&c, &p);
  *why = read_texts(&c, &p);
  if (!*why)
    *why = read_username(&c, &p);
  if (!*why)
    *why = read_qop(&c, &p);
  if (*why)
    return MSIP_ESYNTAX;
  if (!known)
    return MSIP_EUNSUPPORTED;
  opaque = msip_auth_params_find(&p, "opaque");
  c.has_opaque = opaque != NULL;
  c.opaque = opaque ? opaque->value : MSIP_STR("");
  *out = c;
  return 0;
}

void msip_credentials_write(struct msip_buf *buf,
                            const struct msip_credentials *c)
{
  msip_buf_lit(buf, "Digest ");
  msip_auth_write_quoted(buf, "username", c->username);
  msip_auth_write_quoted(buf, "realm", c->realm);
  msip_auth_write_quoted(buf, "nonce", c->nonce);
  msip_auth_write_quoted(buf, "uri", c->uri);
  msip_auth_write_quoted(buf, "response", c->response);
  msip_auth_write_plain(buf, "algorithm", msip_algorithm_name(c->algorithm));
  if (c->cnonce.len)
    msip_auth_write_quoted(buf, "cnonce", c->cnonce);
  if (c->qop != MSIP_QOP_NONE) {
    msip_auth_write_plain(buf, "qop", msip_qop_name(c->qop));
    msip_auth_write_plain(buf, "nc", c->nc);
  }
  if (c->has_opaque)
    msip_auth_write_quoted(buf, "opaque", c->opaque);
  if (c->userhash)
    msip_auth_write_plain(buf, "userhash", MSIP_STR("true"));
}
