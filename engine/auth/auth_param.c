#include "auth/auth_param.h"

#include "base/err.h"
#include "uri/scan.h"

/* Where reading stands. */
struct reader {
  char *at;
  char *end;
  const char *why;
};

static int fail(struct reader *r, const char *why)
{
  r->why = why;
  return MSIP_ESYNTAX;
}

static void skip_space(struct reader *r)
{
  while (r->at < r->end && msip_is_lws(*r->at))
    r->at++;
}

static struct msip_str token(struct reader *r)
{
  char *from = r->at;

  while (r->at < r->end && msip_is_token(*r->at))
    r->at++;
  return msip_str_span(from, r->at);
}

static bool is_control(char c)
{
  return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
}

/* Behind the opening quote.  What is read moves down over the backslashes. */
static int quoted(struct reader *r, struct msip_str *value)
{
  char *from = r->at, *to = from;

  while (r->at < r->end && *r->at != '"') {
    if (*r->at == '\\' && ++r->at == r->end)
      break;
    if (is_control(*r->at))
      return fail(r, "control byte in a quoted string");
    *to++ = *r->at++;
  }
  if (r->at == r->end)
    return fail(r, "quoted string without an end");
  r->at++;
  *value = msip_str_span(from, to);
  return 0;
}

/* A token; some peers leave the quotes of other texts away. */
static int plain(struct reader *r, struct msip_str *value)
{
  char *from = r->at;

  while (r->at < r->end && !msip_is_lws(*r->at) && *r->at != ',') {
    if (is_control(*r->at) || *r->at == '"')
      return fail(r, "stray byte in a parameter");
    r->at++;
  }
  if (r->at == from)
    return fail(r, "parameter without a value");
  *value = msip_str_span(from, r->at);
  return 0;
}

static int one(struct reader *r, struct msip_auth_param *out)
{
  out->name = token(r);
  if (out->name.len == 0)
    return fail(r, "parameter name expected");
  skip_space(r);
  if (r->at == r->end || *r->at != '=')
    return fail(r, "parameter without a value");
  r->at++;
  skip_space(r);
  out->quoted = r->at < r->end && *r->at == '"';
  if (!out->quoted)
    return plain(r, &out->value);
  r->at++;
  return quoted(r, &out->value);
}

const struct msip_auth_param *
msip_auth_params_find(const struct msip_auth_params *params, const char *name)
{
  for (unsigned i = 0; i < params->count; i++)
    if (msip_str_ieq(params->param[i].name, msip_str_c(name)))
      return &params->param[i];
  return NULL;
}

static bool is_repeated(const struct msip_auth_params *params)
{
  struct msip_str name = params->param[params->count].name;

  for (unsigned i = 0; i < params->count; i++)
    if (msip_str_ieq(params->param[i].name, name))
      return true;
  return false;
}

static int all(struct reader *r, struct msip_auth_params *out)
{
  for (;;) {
    if (out->count == MSIP_AUTH_PARAMS_MAX)
      return fail(r, "too many parameters");
    skip_space(r);
    if (one(r, &out->param[out->count]) != 0)
      return MSIP_ESYNTAX;
    if (is_repeated(out))
      return fail(r, "parameter given twice");
    out->count++;
    skip_space(r);
    if (r->at == r->end)
      return 0;
    if (*r->at++ != ',')
      return fail(r, "comma expected");
  }
}

int msip_auth_params_read(struct msip_auth_params *out, char *text, size_t len,
                          const char **why)
{
  struct reader r = {text, text + len, NULL};
  int err = 0;

  out->count = 0;
  skip_space(&r);
  out->scheme = token(&r);
  if (out->scheme.len == 0)
    err = fail(&r, "scheme expected");
  else if (!msip_str_ieq(out->scheme, MSIP_STR("Digest")))
    return MSIP_EUNSUPPORTED;
  else if (r.at < r.end && !msip_is_lws(*r.at))
    err = fail(&r, "space expected behind the scheme");
  if (!err)
    err = all(&r, out);
  if (err)
    *why = r.why;
  return err;
}

int msip_auth_params_list(struct msip_auth_params *out, char *text, size_t len,
                          const char **why)
{
  struct reader r = {text, text + len, NULL};
  int err;

  out->count = 0;
  out->scheme = MSIP_STR("");
  err = all(&r, out);
  if (err)
    *why = r.why;
  return err;
}

static void write_name(struct msip_buf *buf, const char *name)
{
  bool first = buf->len && buf->at[buf->len - 1] == ' ';

  if (!first)
    msip_buf_lit(buf, ", ");
  msip_buf_add(buf, msip_str_c(name));
  msip_buf_char(buf, '=');
}

void msip_auth_write_quoted(struct msip_buf *buf, const char *name,
                            struct msip_str value)
{
  write_name(buf, name);
  msip_buf_char(buf, '"');
  for (size_t i = 0; i < value.len; i++) {
    if (value.at[i] == '"' || value.at[i] == '\\')
      msip_buf_char(buf, '\\');
    msip_buf_char(buf, value.at[i]);
  }
  msip_buf_char(buf, '"');
}

void msip_auth_write_plain(struct msip_buf *buf, const char *name,
                           struct msip_str value)
{
  write_name(buf, name);
  msip_buf_add(buf, value);
}
