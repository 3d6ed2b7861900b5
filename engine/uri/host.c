#include "uri/uri.h"

#include "base/addr.h"

#define NAME_MAX_LEN  253
#define LABEL_MAX_LEN 63
#define IPV6_MAX_LEN  45

/* RFC 5118 4.10: the grammar of RFC 3261 allowed three colons before an
 * embedded IPv4 address; such text is read as if it had two. */
static bool is_ipv6(struct msip_str text)
{
  char copy[IPV6_MAX_LEN + 1];
  size_t len = 0;
  struct msip_addr addr;

  if (text.len > sizeof copy)
    return false;
  for (size_t i = 0; i < text.len; i++) {
    bool third = i >= 2 && text.at[i] == ':' && text.at[i - 1] == ':' &&
                 text.at[i - 2] == ':' && len == i;

    if (!third)
      copy[len++] = text.at[i];
  }
  return msip_addr_parse(&addr, msip_str_of(copy, len)) == 0 &&
         addr.family == 6;
}

/* Four numbers up to 255, none with a leading zero (some would read octal). */
static bool is_ipv4(struct msip_str text)
{
  unsigned count = 0;
  struct msip_str part;

  if (text.at[text.len - 1] == '.')
    return false;
  while (msip_str_cut(&text, '.', &part)) {
    uint32_t number;

    if (msip_str_u32(part, 255, &number) != 0)
      return false;
    if (part.len > 1 && part.at[0] == '0')
      return false;
    count++;
  }
  return count == 4;
}

/* Underscores are no part of RFC 3261's grammar; peers on private networks
 * use them all the same. */
static const unsigned char in_label[256] = {
    ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1, ['0' ... '9'] = 1,
    ['-'] = 1,         ['_'] = 1,
};

static bool is_name(struct msip_str host)
{
  size_t start = 0;
  bool digits = true; /* the label is a number */

  if (host.at[host.len - 1] == '.')
    host.len--;
  if (host.len == 0 || host.len > NAME_MAX_LEN)
    return false;
  for (size_t i = 0; i <= host.len; i++) {
    if (i < host.len && host.at[i] != '.') {
      if (!in_label[(unsigned char)host.at[i]])
        return false;
      digits = digits && msip_is_digit(host.at[i]);
      continue;
    }
    if (i == start || i - start > LABEL_MAX_LEN || host.at[start] == '-' ||
        host.at[i - 1] == '-')
      return false;
    if (i == host.len)
      return !digits;
    start = i + 1;
    digits = true;
  }
  return false;
}

bool msip_host_is_valid(struct msip_str host)
{
  if (host.len == 0)
    return false;
  if (host.at[0] == '[')
    return host.len > 2 && host.at[host.len - 1] == ']' &&
           is_ipv6(msip_str_of(host.at + 1, host.len - 2));
  if (msip_is_digit(host.at[host.len - 1]) && is_ipv4(host))
    return true;
  return is_name(host);
}
