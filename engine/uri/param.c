#include "uri/param.h"

#include "base/err.h"
#include "uri/scan.h"

const unsigned char msip_odd_table[256] = {
    [0 ... 0x20] = 1, ['"'] = 1, ['<'] = 1, ['>'] = 1, [0x7f] = 1,
};

static const unsigned char ends_name[256] = {
    [0 ... 0x20] = 1, ['"'] = 1, ['<'] = 1, ['>'] = 1,
    [0x7f] = 1,       [','] = 1, [';'] = 1, ['='] = 1,
};

static const char *skip_name(const char *at, const char *end)
{
  while (at < end && !ends_name[(unsigned char)*at])
    at++;
  return at;
}

MSIP_INLINE int next(struct msip_str *rest, struct msip_param *out)
{
  const char *end = rest->at + rest->len;
  const char *at = msip_skip_lws(rest->at, end);
  struct msip_param param = {.value = MSIP_STR("")};

  if (at == end) {
    *rest = msip_str_of(end, 0);
    return 0;
  }
  if (*at != ';')
    return MSIP_ESYNTAX;

  const char *name = msip_skip_lws(at + 1, end);

  at = skip_name(name, end);
  if (at == name)
    return MSIP_ESYNTAX;
  param.name = msip_str_span(name, at);
  at = msip_skip_lws(at, end);
  if (at < end && *at == '=') {
    const char *value = msip_skip_lws(at + 1, end);

    if (value < end && *value == '"')
      at = msip_skip_quoted(value, end);
    else
      at = msip_scan_odd(value, end, ',', ';');
    if (!at)
      return MSIP_ESYNTAX;
    param.has_value = true;
    param.value = msip_str_span(value, at);
    at = msip_skip_lws(at, end);
  }
  if (at < end && *at != ';')
    return MSIP_ESYNTAX;
  *rest = msip_str_span(at, end);
  *out = param;
  return 1;
}

int msip_param_next(struct msip_str *rest, struct msip_param *out)
{
  return next(rest, out);
}

bool msip_param_find(struct msip_str params, struct msip_str name,
                     struct msip_param *out)
{
  struct msip_param param;

  while (msip_param_next(&params, &param) == 1) {
    if (msip_str_ieq(param.name, name)) {
      *out = param;
      return true;
    }
  }
  return false;
}

struct msip_str msip_param_value(struct msip_str params, struct msip_str name)
{
  struct msip_param param;

  if (!msip_param_find(params, name, &param))
    return MSIP_STR("");
  return msip_unquote(param.value);
}

static __attribute__((noinline)) bool is_new(const struct msip_param_set *seen,
                                             struct msip_str name)
{
  for (unsigned i = 0; i < seen->count; i++)
    if (msip_str_ieq(seen->name[i], name))
      return false;
  return true;
}

int msip_param_take(struct msip_param_set *seen, struct msip_str *rest,
                    struct msip_param *out)
{
  int got = next(rest, out);

  if (got != 1)
    return got;
  if (seen->count == MSIP_PARAMS_MAX ||
      (seen->count && !is_new(seen, out->name)))
    return MSIP_ESYNTAX;
  seen->name[seen->count++] = out->name;
  return 1;
}

int msip_param_check(struct msip_str params)
{
  struct msip_param_set seen;
  struct msip_param param;
  int got;

  if (params.len == 0)
    return 0;
  seen.count = 0;
  while ((got = msip_param_take(&seen, &params, &param)) == 1)
    continue;
  return got;
}

struct msip_str msip_unquote(struct msip_str s)
{
  if (s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"')
    return msip_str_of(s.at + 1, s.len - 2);
  return s;
}
