#include "base/str.h"

#include "base/err.h"

/* RFC 3261 section 25.1: alphanum and "-.!%*_+`'~". */
const unsigned char msip_token_table[256] = {
    ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1, ['0' ... '9'] = 1, ['-'] = 1,
    ['.'] = 1,         ['!'] = 1,         ['%'] = 1,         ['*'] = 1,
    ['_'] = 1,         ['+'] = 1,         ['`'] = 1,         ['\''] = 1,
    ['~'] = 1,
};

bool msip_bytes_ieq(const char *a, const char *b, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (a[i] != b[i] && msip_lower(a[i]) != msip_lower(b[i]))
      return false;
  return true;
}

bool msip_str_starts(struct msip_str s, struct msip_str head)
{
  return s.len >= head.len && msip_str_eq(msip_str_of(s.at, head.len), head);
}

bool msip_str_istarts(struct msip_str s, struct msip_str head)
{
  return s.len >= head.len && msip_str_ieq(msip_str_of(s.at, head.len), head);
}

struct msip_str msip_str_trim(struct msip_str s)
{
  while (s.len > 0 && msip_is_lws(s.at[0])) {
    s.at++;
    s.len--;
  }
  while (s.len > 0 && msip_is_lws(s.at[s.len - 1]))
    s.len--;
  return s;
}

size_t msip_str_find(struct msip_str s, char c)
{
  const char *hit = s.len ? memchr(s.at, c, s.len) : NULL;

  return hit ? (size_t)(hit - s.at) : s.len;
}

bool msip_str_cut(struct msip_str *rest, char sep, struct msip_str *piece)
{
  if (rest->len == 0)
    return false;

  size_t n = msip_str_find(*rest, sep);
  size_t used = n < rest->len ? n + 1 : n;

  *piece = msip_str_trim(msip_str_of(rest->at, n));
  rest->at += used;
  rest->len -= used;
  return true;
}

int msip_str_u32(struct msip_str s, uint32_t max, uint32_t *out)
{
  uint64_t value = 0;

  if (s.len == 0)
    return MSIP_ESYNTAX;
  for (size_t i = 0; i < s.len; i++) {
    if (!msip_is_digit(s.at[i]))
      return MSIP_ESYNTAX;
    value = value * 10 + (uint64_t)(s.at[i] - '0');
    if (value > max)
      return MSIP_ESYNTAX;
  }
  *out = (uint32_t)value;
  return 0;
}

bool msip_str_is_token(struct msip_str s)
{
  for (size_t i = 0; i < s.len; i++)
    if (!msip_is_token(s.at[i]))
      return false;
  return s.len > 0;
}

bool msip_str_is_line(struct msip_str s)
{
  for (size_t i = 0; i < s.len; i++)
    if (s.at[i] == '\r' || s.at[i] == '\n' || s.at[i] == '\0')
      return false;
  return true;
}
