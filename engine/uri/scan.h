/* uri/scan.h -- the few steps every reader of SIP text takes.
 *
 * All work on a range of bytes and never look behind `end`.
 */
#pragma once

#include "base/str.h"
#include "uri/block.h"

static inline const char *msip_skip_lws(const char *at, const char *end)
{
  while (at < end && msip_is_lws(*at))
    at++;
  return at;
}

/* `at` is an opening quote: the place behind the closing one, or NULL when
 * there is none.  Backslashes escape (RFC 3261 25.1). */
static inline const char *msip_skip_quoted(const char *at, const char *end)
{
  for (at++; at < end; at++) {
    if (*at == '"')
      return at + 1;
    if (*at == '\\')
      at++;
  }
  return NULL;
}

/* What a search stops at: bytes up to `most`, `a`, `b` and, when `odd`, what
 * never stands in a URI or a parameter unescaped.  The searches are inlined
 * with constants, so that each has only the comparisons it needs. */
struct msip_class {
  unsigned char most, a, b;
  bool odd;
};

extern const unsigned char msip_odd_table[256];

#ifdef MSIP_HAS_BLOCKS
MSIP_INLINE unsigned msip_class_bits(struct msip_class c, __m128i block)
{
  __m128i hit = msip_block_within(block, 0, c.most);

  if (c.a > c.most)
    hit |= msip_block_is(block, c.a);
  if (c.b > c.most)
    hit |= msip_block_is(block, c.b);
  if (c.odd)
    hit |= msip_block_is(block, '"') | msip_block_is(block, '<') |
           msip_block_is(block, '>') | msip_block_is(block, 0x7f);
  return msip_block_bits(hit);
}

/* The next byte in the class, or `end`. */
MSIP_INLINE const char *msip_scan(struct msip_class c, const char *at,
                                  const char *end)
{
  size_t left = (size_t)(end - at);
  unsigned bits;

  for (; left >= 16; left -= 16, at += 16)
    if ((bits = msip_class_bits(c, msip_block(at))) != 0)
      return at + __builtin_ctz(bits);
  if (left == 0)
    return end;
  bits = msip_class_bits(c, msip_block_rest(at, left));
  bits |= 1u << left; /* the zeros behind the text do not count */
  return at + __builtin_ctz(bits);
}
#else
MSIP_INLINE bool msip_in_class(struct msip_class c, unsigned char byte)
{
  return (c.odd ? msip_odd_table[byte] != 0 : byte <= c.most) || byte == c.a ||
         byte == c.b;
}

MSIP_INLINE const char *msip_scan(struct msip_class c, const char *at,
                                  const char *end)
{
  while (at < end && !msip_in_class(c, (unsigned char)*at))
    at++;
  return at;
}
#endif

/* The next byte below 0x20, or `end`. */
static inline const char *msip_scan_control(const char *at, const char *end)
{
  return msip_scan((struct msip_class){.most = 0x1f}, at, end);
}

/* What msip_str_is_line asks, several bytes at a time. */
static inline bool msip_is_line(struct msip_str s)
{
  const char *end = s.at + s.len;

  for (const char *p = s.at; (p = msip_scan_control(p, end)) < end; p++)
    if (*p == '\r' || *p == '\n' || *p == '\0')
      return false;
  return true;
}

/* The next odd byte, `a` or `b`, or `end`. */
MSIP_INLINE const char *msip_scan_odd(const char *at, const char *end, char a,
                                      char b)
{
  return msip_scan((struct msip_class){.most = 0x20,
                                       .a = (unsigned char)a,
                                       .b = (unsigned char)b,
                                       .odd = true},
                   at, end);
}

/* The value of a hexadecimal digit, or -1. */
static inline int msip_hex(char c)
{
  if (msip_is_digit(c))
    return c - '0';
  c = msip_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
