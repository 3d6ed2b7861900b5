#include "uri/uri.h"

#include "base/addr.h"
#include "uri/scan.h"

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

/* Up to sixteen bytes of a host name, a bit for each.  `stop` has the first
 * byte that is none of a name.  Underscores are no part of RFC 3261's grammar;
 * peers on private networks use them all the same. */
struct shape {
  unsigned dots, hyphens, stop;
};

#ifdef MSIP_HAS_BLOCKS
static struct shape shape_of(const char *at, size_t len)
{
  __m128i block = len < 16 ? msip_block_rest(at, len) : msip_block(at);
  __m128i small = _mm_or_si128(block, _mm_set1_epi8(0x20));
  __m128i dots = msip_block_is(block, '.');
  __m128i hyphens = msip_block_is(block, '-');
  __m128i words = msip_block_within(small, 'a', 'z') |
                  msip_block_within(block, '0', '9') |
                  msip_block_is(block, '_');

  return (struct shape){.dots = msip_block_bits(dots),
                        .hyphens = msip_block_bits(hyphens),
                        .stop = ~msip_block_bits(words | dots | hyphens)};
}
#else
static struct shape shape_of(const char *at, size_t len)
{
  struct shape s = {.stop = ~0u};

  for (size_t i = 0; i < len && i < 16; i++) {
    unsigned bit = 1u << i;
    char c = msip_lower(at[i]);

    s.dots |= c == '.' ? bit : 0;
    s.hyphens |= c == '-' ? bit : 0;
    if (c == '.' || c == '-' || c == '_' || msip_is_digit(c) ||
        (c >= 'a' && c <= 'z'))
      s.stop &= ~bit;
  }
  return s;
}
#endif

/* Moves over labels and their dots: none empty, no hyphen at either end of
 * one.  The bits are moved up by one, so that bit 0 is the byte before. */
static const char *take_labels(const char *p, const char *end)
{
  unsigned after_dot = 1, after_hyphen = 0, len;

  do {
    struct shape s = shape_of(p, (size_t)(end - p));
    unsigned mask, dots, hyphens;

    len = (unsigned)__builtin_ctz(s.stop);
    mask = (1u << len) - 1;
    dots = s.dots & mask;
    hyphens = s.hyphens & mask;
    after_dot |= dots << 1;
    after_hyphen |= hyphens << 1;
    if (((dots | hyphens) & after_dot) || (dots & after_hyphen))
      return NULL;
    after_dot >>= len;
    after_hyphen >>= len;
    p += len;
  } while (len == 16);
  return after_hyphen ? NULL : p;
}

static bool labels_fit(const char *at, const char *end)
{
  while (end - at > LABEL_MAX_LEN) {
    const char *dot = memchr(at, '.', LABEL_MAX_LEN + 1);

    if (!dot)
      return false;
    at = dot + 1;
  }
  return true;
}

static bool ends_in_number(const char *at, const char *end)
{
  while (end > at && msip_is_digit(end[-1]))
    end--;
  return end == at || end[-1] == '.';
}

/* Labels of 1 to 63 bytes, the last one not a number unless all is an IPv4
 * address.  A dot may follow it. */
static const char *take_name(const char *at, const char *end)
{
  const char *stop = take_labels(at, end), *last;

  if (!stop || stop == at)
    return NULL;
  last = stop[-1] == '.' ? stop - 1 : stop;
  if (last - at > NAME_MAX_LEN || !labels_fit(at, last))
    return NULL;
  if (msip_is_digit(last[-1]) && ends_in_number(at, last) &&
      !is_ipv4(msip_str_span(at, stop)))
    return NULL;
  return stop;
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
