#include "uri/nameaddr.h"

#include "uri/param.h"
#include "uri/scan.h"

static int fail(struct msip_fault *fault, struct msip_str value, const char *at,
                const char *what)
{
  if (fault)
    *fault = (struct msip_fault){.what = what, .at = (unsigned)(at - value.at)};
  return MSIP_ESYNTAX;
}

/* Tokens and LWS; bytes over 0x7f too, since many peers write UTF-8 names
 * without quotes. */
static const char *skip_words(const char *at, const char *end)
{
  while (at < end &&
         (msip_is_token(*at) || msip_is_lws(*at) || (unsigned char)*at >= 0x80))
    at++;
  return at;
}

static int read_bracketed(struct msip_nameaddr *na, struct msip_str value,
                          const char *open, const char **rest,
                          struct msip_fault *fault)
{
  const char *end = value.at + value.len;
  const char *stop = msip_scan_odd(open + 1, end, '>', '>');

  if (stop == end || *stop != '>' || stop == open + 1)
    return fail(fault, value, stop, "URI and '>' expected");
  na->bracketed = true;
  na->uri = msip_str_span(open + 1, stop);
  *rest = stop + 1;
  return 0;
}

/* Without brackets ';' begins the header's parameters, and a URI with ',' or
 * '?' is ambiguous (RFC 3261 20). */
static int read_bare(struct msip_nameaddr *na, struct msip_str value,
                     const char **rest, struct msip_fault *fault)
{
  const char *end = value.at + value.len, *stop = value.at;

  for (; stop < end && !msip_odd_table[(unsigned char)*stop] && *stop != ';';
       stop++)
    if (*stop == ',' || *stop == '?')
      return fail(fault, value, stop, "URI needs angle brackets");
  na->uri = msip_str_span(value.at, stop);
  if (msip_str_find(na->uri, ':') == na->uri.len)
    return fail(fault, value, value.at, "URI expected");
  *rest = stop;
  return 0;
}

/* One walk over the header's parameters, from which only the tag is kept. */
static int read_params(struct msip_nameaddr *na, const char *at,
                       const char *end)
{
  struct msip_str rest = msip_str_span(at, end);
  struct msip_param_set seen;
  struct msip_param param;
  int got;

  na->params = rest;
  seen.count = 0;
  while ((got = msip_param_take(&seen, &rest, &param)) == 1) {
    if (!msip_str_ieq(param.name, MSIP_STR("tag")))
      continue;
    na->has_tag = true;
    na->tag = param.value;
  }
  return got;
}

int msip_nameaddr_parse(struct msip_nameaddr *out, struct msip_str value,
                        struct msip_fault *fault)
{
  const struct msip_str none = MSIP_STR("");
  struct msip_nameaddr na = {.display = none, .params = none, .tag = none};

  value = msip_str_trim(value);
  if (value.len == 1 && value.at[0] == '*') {
    na.star = true;
    na.uri = MSIP_STR("");
    *out = na;
    return 0;
  }

  const char *end = value.at + value.len, *open, *rest = end;
  bool quoted = value.len && value.at[0] == '"';
  int err;

  if (quoted) {
    open = msip_skip_quoted(value.at, end);
    if (!open)
      return fail(fault, value, end, "closing quote expected");
    na.display = msip_str_span(value.at, open);
    open = msip_skip_lws(open, end);
  } else {
    open = skip_words(value.at, end);
    if (open < end && *open == '<')
      na.display = msip_str_trim(msip_str_span(value.at, open));
  }
  if (open < end && *open == '<')
    err = read_bracketed(&na, value, open, &rest, fault);
  else if (quoted)
    err = fail(fault, value, open, "'<' expected");
  else
    err = read_bare(&na, value, &rest, fault);
  if (err != 0)
    return err;
  rest = msip_skip_lws(rest, end);
  if (rest < end && read_params(&na, rest, end) != 0)
    return fail(fault, value, rest, "malformed or repeated parameter");
  *out = na;
  return 0;
}

struct msip_str msip_nameaddr_tag(const struct msip_nameaddr *na)
{
  return msip_unquote(na->tag);
}
