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
  const char *p = text.at, *end = text.at + text.len;

  for (int octet = 0; octet < 4; octet++) {
    if (octet > 0 && (p == end || *p++ != '.'))
      return false;

    const char *digits = p;
    unsigned number = 0;

    while (p < end && msip_is_digit(*p) && p - digits < 3)
      number = number * 10 + (unsigned)(*p++ - '0');
    if (p == digits || number > 255 || (*digits == '0' && p - digits > 1))
      return false;
  }
  return p == end;
}

enum { DIGIT = 1, LETTER = 2, HYPHEN = 4 };

/* Underscores are no part of RFC 3261's grammar; peers on private networks
 * use them all the same. */
static const unsigned char in_label[256] = {
    ['a' ... 'z'] = LETTER, ['A' ... 'Z'] = LETTER, ['_'] = LETTER,
    ['0' ... '9'] = DIGIT,  ['-'] = HYPHEN,
};

/* Labels of 1 to 63 bytes, no hyphen at either end of one, the last one not a
 * number.  A dot may follow it. */
static bool is_name(struct msip_str host)
{
  const char *p = host.at, *end = host.at + host.len;

  if (end[-1] == '.')
    end--;
  if (end == p || end - p > NAME_MAX_LEN)
    return false;
  for (;; p++) {
    const char *label = p;
    unsigned seen = 0, kind;

    while (p < end && (kind = in_label[(unsigned char)*p]) != 0) {
      seen |= kind;
      p++;
    }
    if (p == label || p - label > LABEL_MAX_LEN || *label == '-' ||
        p[-1] == '-')
      return false;
    if (p == end)
      return seen != DIGIT;
    if (*p != '.')
      return false;
  }
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
