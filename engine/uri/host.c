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
 * number unless all is an IPv4 address.  A dot may follow it. */
static const char *take_name(const char *at, const char *end)
{
  const char *p = at;
  unsigned seen, kind;

  for (;;) {
    const char *label = p;

    for (seen = 0; p < end && (kind = in_label[(unsigned char)*p]) != 0; p++)
      seen |= kind;
    if (p == label || p - label > LABEL_MAX_LEN || *label == '-' ||
        p[-1] == '-')
      return NULL;
    if (p == end || *p != '.')
      break;
    p++;
    if (p == end || !in_label[(unsigned char)*p])
      return seen != DIGIT && p - 1 - at <= NAME_MAX_LEN ? p : NULL;
  }
  if (seen == DIGIT ? !is_ipv4(msip_str_span(at, p)) : p - at > NAME_MAX_LEN)
    return NULL;
  return p;
}

const char *msip_host_skip(const char *at, const char *end)
{
  const char *stop;

  if (at == end || *at != '[')
    return take_name(at, end);
  stop = memchr(at, ']', (size_t)(end - at));
  if (!stop || !is_ipv6(msip_str_span(at + 1, stop)))
    return NULL;
  return stop + 1;
}

bool msip_host_is_valid(struct msip_str host)
{
  return host.len &&
         msip_host_skip(host.at, host.at + host.len) == host.at + host.len;
}
