#include "base/addr.h"

#include "base/err.h"

#include <arpa/inet.h>

int msip_addr_parse(struct msip_addr *out, struct msip_str text)
{
  char copy[INET6_ADDRSTRLEN];
  struct msip_addr a = {0};

  if (text.len > 2 && text.at[0] == '[' && text.at[text.len - 1] == ']')
    text = msip_str_of(text.at + 1, text.len - 2);
  if (text.len == 0 || text.len >= sizeof copy)
    return MSIP_ESYNTAX;
  memcpy(copy, text.at, text.len);
  copy[text.len] = '\0';
  if (inet_pton(AF_INET, copy, a.ip) == 1)
    a.family = 4;
  else if (inet_pton(AF_INET6, copy, a.ip) == 1)
    a.family = 6;
  else
    return MSIP_ESYNTAX;
  *out = a;
  return 0;
}

static const uint8_t *plain(const struct msip_addr *a, size_t *len)
{
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

  if (a->family == 6 && memcmp(a->ip, mapped, 12) == 0) {
    *len = 4;
    return a->ip + 12;
  }
  *len = a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
  return a->ip;
}

struct msip_str msip_addr_ip(const struct msip_addr *a)
{
  size_t len;
  const uint8_t *ip = plain(a, &len);

  return msip_str_of((const char *)ip, len);
}

bool msip_addr_same_ip(const struct msip_addr *a, const struct msip_addr *b)
{
  size_t na, nb;
  const uint8_t *pa = plain(a, &na), *pb = plain(b, &nb);

  return na == nb && memcmp(pa, pb, na) == 0;
}

bool msip_addr_eq(const struct msip_addr *a, const struct msip_addr *b)
{
  return a->port == b->port && msip_addr_same_ip(a, b);
}

bool msip_addr_is_group(const struct msip_addr *a)
{
  size_t n;
  const uint8_t *p = plain(a, &n);

  if (n == 4)
    return (p[0] & 0xf0) == 0xe0 || (p[0] & p[1] & p[2] & p[3]) == 0xff;
  return n == 16 && p[0] == 0xff;
}

bool msip_addr_is_any(const struct msip_addr *a)
{
  static const uint8_t zero[16];
  size_t n;
  const uint8_t *p = plain(a, &n);

  return memcmp(p, zero, n) == 0;
}

/* inet_ntop takes a printf for this. */
static void format_ip4(struct msip_buf *buf, const uint8_t ip[4])
{
  for (int i = 0; i < 4; i++) {
    if (i > 0)
      msip_buf_char(buf, '.');
    msip_buf_u64(buf, ip[i]);
  }
}

void msip_addr_format_ip(struct msip_buf *buf, const struct msip_addr *a,
                         bool bare)
{
  char text[INET6_ADDRSTRLEN] = "";

  if (a->family != 6) {
    format_ip4(buf, a->ip);
    return;
  }
  inet_ntop(AF_INET6, a->ip, text, sizeof text);
  if (!bare)
    msip_buf_char(buf, '[');
  msip_buf_add(buf, msip_str_c(text));
  if (!bare)
    msip_buf_char(buf, ']');
}

void msip_addr_format(struct msip_buf *buf, const struct msip_addr *a)
{
  msip_addr_format_ip(buf, a, false);
  msip_buf_char(buf, ':');
  msip_buf_u64(buf, a->port);
}
