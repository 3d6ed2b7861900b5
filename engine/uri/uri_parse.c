#include "uri/param.h"
#include "uri/scan.h"
#include "uri/uri.h"

/* Bounds the pairwise comparison of two URIs' headers. */
#define HEADERS_MAX 64

/* What a reader is at, and where it gives up. */
struct reader {
  const char *begin, *at, *end;
  const char *sign; /* the first '@', or NULL */
  struct msip_fault *fault;
};

static int fail(const struct reader *r, const char *at, const char *what)
{
  if (r->fault)
    *r->fault =
        (struct msip_fault){.what = what, .at = (unsigned)(at - r->begin)};
  return MSIP_ESYNTAX;
}

/* No byte that would end or split a header value, and whole escapes.  Notes
 * the first '@', so that the text is walked once. */
static int check_bytes(struct reader *r, bool escapes)
{
  const char *p = r->at;

  for (; (p = msip_scan_odd(p, r->end, '@', '%')) < r->end; p++) {
    if (*p == '@') {
      r->sign = r->sign ? r->sign : p;
    } else if (*p != '%') {
      return fail(r, p, "byte not allowed in a URI");
    } else if (escapes &&
               (r->end - p < 3 || msip_hex(p[1]) < 0 || msip_hex(p[2]) < 0)) {
      return fail(r, p, "two hexadecimal digits expected");
    }
  }
  return 0;
}

static enum msip_scheme scheme_of(struct msip_str text)
{
  if (msip_str_ieq(text, MSIP_STR("sip")))
    return MSIP_SCHEME_SIP;
  if (msip_str_ieq(text, MSIP_STR("sips")))
    return MSIP_SCHEME_SIPS;
  if (msip_str_ieq(text, MSIP_STR("tel")))
    return MSIP_SCHEME_TEL;
  return MSIP_SCHEME_OTHER;
}

static int read_scheme(struct reader *r, struct msip_uri *u)
{
  const char *p = r->at;

  if (r->end - p > 4 && memcmp(p, "sip:", 4) == 0) {
    u->scheme = MSIP_SCHEME_SIP;
    u->scheme_text = msip_str_of(p, 3);
    r->at = p + 4;
    return 0;
  }
  while (p < r->end && *p != ':' &&
         (msip_is_digit(*p) || *p == '+' || *p == '-' || *p == '.' ||
          (msip_lower(*p) >= 'a' && msip_lower(*p) <= 'z')))
    p++;
  if (p == r->end || *p != ':' || p == r->at || msip_lower(*r->at) < 'a')
    return fail(r, p, "scheme expected");
  u->scheme_text = msip_str_span(r->at, p);
  u->scheme = scheme_of(u->scheme_text);
  r->at = p + 1;
  return 0;
}

/* An unescaped '@' stands nowhere else, so the first one ends the user part
 * even behind a ';' or '?'. */
static int read_user(struct reader *r, struct msip_uri *u)
{
  const char *at = r->sign;

  if (!at)
    return 0;

  const char *colon = memchr(r->at, ':', (size_t)(at - r->at));

  u->user = msip_str_span(r->at, colon ? colon : at);
  if (u->user.len == 0)
    return fail(r, r->at, "user expected before '@'");
  if (colon) {
    u->has_password = true;
    u->password = msip_str_span(colon + 1, at);
    if (msip_str_find(u->password, ':') < u->password.len)
      return fail(r, colon + 1, "password with ':'");
  }
  r->at = at + 1;
  return 0;
}

static int read_host(struct reader *r, struct msip_uri *u)
{
  const char *stop = msip_host_skip(r->at, r->end);

  if (!stop || (stop < r->end && *stop != ':' && *stop != ';' && *stop != '?'))
    return fail(r, r->at, "host expected");
  u->host = msip_str_span(r->at, stop);
  r->at = stop;
  return 0;
}

static int read_port(struct reader *r, struct msip_uri *u)
{
  const char *p = r->at;
  uint32_t port;

  if (p == r->end || *p != ':')
    return 0;
  for (p++; p < r->end && msip_is_digit(*p);)
    p++;
  if (msip_str_u32(msip_str_span(r->at + 1, p), 65535, &port) != 0 || port == 0)
    return fail(r, r->at + 1, "port of 1 to 65535 expected");
  u->port = (uint16_t)port;
  r->at = p;
  return 0;
}

static int read_params(struct reader *r, struct msip_uri *u)
{
  if (r->at == r->end || *r->at != ';')
    return 0;

  const char *stop = memchr(r->at, '?', (size_t)(r->end - r->at));

  if (!stop)
    stop = r->end;
  u->params = msip_str_span(r->at, stop);
  if (msip_param_check(u->params) != 0)
    return fail(r, r->at, "malformed or repeated parameter");
  r->at = stop;
  return 0;
}

static int read_headers(struct reader *r, struct msip_uri *u)
{
  struct msip_str rest, one;
  unsigned count = 0;

  if (r->at == r->end || *r->at != '?')
    return 0;
  rest = msip_str_span(r->at + 1, r->end);
  if (rest.len == 0 || rest.at[rest.len - 1] == '&')
    return fail(r, r->end, "header expected");
  u->headers = rest;
  while (msip_str_cut(&rest, '&', &one)) {
    size_t name = msip_str_find(one, '=');

    if (name == 0 || name == one.len || ++count > HEADERS_MAX)
      return fail(r, one.at, "name=value expected");
  }
  r->at = r->end;
  return 0;
}

static int read_sip(struct reader *r, struct msip_uri *u)
{
  if (check_bytes(r, true) != 0 || read_user(r, u) != 0 ||
      read_host(r, u) != 0 || read_port(r, u) != 0 || read_params(r, u) != 0 ||
      read_headers(r, u) != 0)
    return MSIP_ESYNTAX;
  return r->at == r->end ? 0 : fail(r, r->at, "end of the URI expected");
}

/* RFC 3966 section 3.  A local number should name its phone-context; numbers
 * like tel:911 are common enough to be taken without. */
static int read_tel(struct reader *r, struct msip_uri *u)
{
  const char *p = r->at;
  bool global = p < r->end && *p == '+';
  unsigned digits = 0;

  if (check_bytes(r, true) != 0)
    return MSIP_ESYNTAX;
  for (p += global; p < r->end && *p != ';'; p++) {
    if (msip_is_digit(*p) ||
        (!global && (msip_hex(*p) >= 0 || *p == '*' || *p == '#')))
      digits++;
    else if (*p != '-' && *p != '.' && *p != '(' && *p != ')')
      return fail(r, p, "digit expected");
  }
  if (digits == 0)
    return fail(r, r->at, "number expected");
  u->user = msip_str_span(r->at, p);
  r->at = p;
  if (read_params(r, u) != 0)
    return MSIP_ESYNTAX;
  return r->at == r->end ? 0 : fail(r, r->at, "end of the URI expected");
}

static int read_other(struct reader *r, struct msip_uri *u)
{
  u->opaque = msip_str_span(r->at, r->end);
  if (u->opaque.len == 0)
    return fail(r, r->at, "text expected behind the scheme");
  return check_bytes(r, false);
}

/* Flattened: four of them per INVITE, and calls were a fifth of each. */
__attribute__((flatten)) int msip_uri_parse(struct msip_uri *out,
                                            struct msip_str text,
                                            struct msip_fault *fault)
{
  const struct msip_str none = MSIP_STR("");
  struct reader r = {.begin = text.at,
                     .at = text.at,
                     .end = text.at + text.len,
                     .fault = fault};
  struct msip_uri u = {.opaque = none,
                       .user = none,
                       .password = none,
                       .host = none,
                       .params = none,
                       .headers = none};
  int err = read_scheme(&r, &u);

  if (err == 0)
    err = u.scheme == MSIP_SCHEME_OTHER ? read_other(&r, &u)
          : u.scheme == MSIP_SCHEME_TEL ? read_tel(&r, &u)
                                        : read_sip(&r, &u);
  if (err == 0)
    *out = u;
  return err;
}

void msip_uri_format(struct msip_buf *buf, const struct msip_uri *uri)
{
  msip_buf_add(buf, uri->scheme_text);
  msip_buf_char(buf, ':');
  msip_buf_add(buf, uri->opaque);
  msip_buf_add(buf, uri->user);
  if (uri->has_password) {
    msip_buf_char(buf, ':');
    msip_buf_add(buf, uri->password);
  }
  if (uri->user.len && uri->host.len)
    msip_buf_char(buf, '@');
  msip_buf_add(buf, uri->host);
  if (uri->port) {
    msip_buf_char(buf, ':');
    msip_buf_u64(buf, uri->port);
  }
  msip_buf_add(buf, uri->params);
  if (uri->headers.len) {
    msip_buf_char(buf, '?');
    msip_buf_add(buf, uri->headers);
  }
}
