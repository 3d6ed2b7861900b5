#include "base/addr.h"
#include "uri/param.h"
#include "uri/scan.h"
#include "uri/uri.h"

/* A cursor over escaped text that yields what the comparison sees: the byte
 * itself, or the byte plus 256 when it is an escaped reserved one, which is
 * not the same as the plain one (19.1.4; RFC 2396 2.2). */
static int unit(struct msip_str s, size_t *i, bool fold)
{
  char c = s.at[*i];

  if (c != '%' || s.len - *i < 3) {
    *i += 1;
    return (unsigned char)(fold ? msip_lower(c) : c);
  }
  c = (char)(msip_hex(s.at[*i + 1]) * 16 + msip_hex(s.at[*i + 2]));
  *i += 3;
  if (c != '\0' && strchr(";/?:@&=+$,%", c))
    return (unsigned char)c + 256;
  return (unsigned char)(fold ? msip_lower(c) : c);
}

static bool same(struct msip_str a, struct msip_str b, bool fold)
{
  size_t i = 0, j = 0;

  while (i < a.len && j < b.len)
    if (unit(a, &i, fold) != unit(b, &j, fold))
      return false;
  return i == a.len && j == b.len;
}

static bool same_host(struct msip_str a, struct msip_str b)
{
  struct msip_addr x, y;

  if (msip_str_ieq(a, b))
    return true;
  if (a.len == 0 || b.len == 0 || a.at[0] != '[' || b.at[0] != '[')
    return false;
  return msip_addr_parse(&x, a) == 0 && msip_addr_parse(&y, b) == 0 &&
         x.family == y.family && memcmp(x.ip, y.ip, sizeof x.ip) == 0;
}

static bool find(struct msip_str params, struct msip_str name,
                 struct msip_param *out)
{
  while (msip_param_next(&params, out) == 1)
    if (same(out->name, name, true))
      return true;
  return false;
}

/* A parameter of these that only one URI has makes them unequal. */
static bool always_counts(struct msip_str name)
{
  return same(name, MSIP_STR("transport"), true) ||
         same(name, MSIP_STR("user"), true) ||
         same(name, MSIP_STR("ttl"), true) ||
         same(name, MSIP_STR("method"), true) ||
         same(name, MSIP_STR("maddr"), true);
}

/* Each parameter of `a` agrees with that of `b`.  Both ways make equality. */
static bool params_agree(struct msip_str a, struct msip_str b, bool all_count)
{
  struct msip_param mine, other;

  while (msip_param_next(&a, &mine) == 1) {
    if (find(b, mine.name, &other)) {
      if (mine.has_value != other.has_value ||
          !same(mine.value, other.value, true))
        return false;
    } else if (all_count || always_counts(mine.name)) {
      return false;
    }
  }
  return true;
}

static unsigned occurrences(struct msip_str headers, struct msip_str wanted)
{
  struct msip_str one;
  unsigned count = 0;

  while (msip_str_cut(&headers, '&', &one))
    count += same(one, wanted, true);
  return count;
}

/* The same headers equally often, in any order. */
static bool same_headers(struct msip_str a, struct msip_str b)
{
  struct msip_str rest = a, one;
  unsigned in_a = 0, in_b = 0;

  while (msip_str_cut(&rest, '&', &one)) {
    in_a++;
    if (occurrences(a, one) != occurrences(b, one))
      return false;
  }
  for (rest = b; msip_str_cut(&rest, '&', &one);)
    in_b++;
  return in_a == in_b;
}

static bool sip_equal(const struct msip_uri *a, const struct msip_uri *b)
{
  return a->port == b->port && a->has_password == b->has_password &&
         same(a->user, b->user, false) &&
         same(a->password, b->password, false) && same_host(a->host, b->host) &&
         params_agree(a->params, b->params, false) &&
         params_agree(b->params, a->params, false) &&
         same_headers(a->headers, b->headers);
}

/* Skips visual separators (RFC 3966 section 5.1.1). */
static size_t skip_visual(struct msip_str s, size_t i)
{
  while (i < s.len && strchr("-.()", s.at[i]))
    i++;
  return i;
}

static bool same_number(struct msip_str a, struct msip_str b)
{
  size_t i = skip_visual(a, 0), j = skip_visual(b, 0);

  while (i < a.len && j < b.len) {
    if (msip_lower(a.at[i]) != msip_lower(b.at[j]))
      return false;
    i = skip_visual(a, i + 1);
    j = skip_visual(b, j + 1);
  }
  return i == a.len && j == b.len;
}

/* RFC 3966 section 4: the parameters are the same in both, in any order;
 * "ext" and "phone-context" are numbers where they look like one. */
static bool tel_params_agree(struct msip_str a, struct msip_str b)
{
  struct msip_param mine, other;

  while (msip_param_next(&a, &mine) == 1) {
    bool number = same(mine.name, MSIP_STR("ext"), true) ||
                  (same(mine.name, MSIP_STR("phone-context"), true) &&
                   mine.value.len && mine.value.at[0] == '+');

    if (!find(b, mine.name, &other) || mine.has_value != other.has_value)
      return false;
    if (number ? !same_number(mine.value, other.value)
               : !same(mine.value, other.value, true))
      return false;
  }
  return true;
}

bool msip_uri_equal(const struct msip_uri *a, const struct msip_uri *b)
{
  if (a->scheme != b->scheme)
    return false;
  switch (a->scheme) {
  case MSIP_SCHEME_SIP:
  case MSIP_SCHEME_SIPS:
    return sip_equal(a, b);
  case MSIP_SCHEME_TEL:
    return same_number(a->user, b->user) &&
           tel_params_agree(a->params, b->params) &&
           tel_params_agree(b->params, a->params);
  case MSIP_SCHEME_OTHER:
    break;
  }
  return msip_str_ieq(a->scheme_text, b->scheme_text) &&
         msip_str_eq(a->opaque, b->opaque);
}
