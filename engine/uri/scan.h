/* uri/scan.h -- the few steps every reader of SIP text takes.
 *
 * All work on a range of bytes and never look behind `end`.
 */
#pragma once

#include "base/str.h"

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

#define MSIP_INLINE static inline __attribute__((always_inline))

MSIP_INLINE bool msip_in_class(struct msip_class c, unsigned char byte)
{
  return (c.odd ? msip_odd_table[byte] != 0 : byte <= c.most) || byte == c.a ||
         byte == c.b;
}

#ifdef __SSE2__
#include <emmintrin.h>

MSIP_INLINE __m128i msip_block(const char *at)
{
  return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* Eight bytes here and eight there. */
MSIP_INLINE __m128i msip_halves(const char *low, const char *high)
{
  return _mm_unpacklo_epi64(
      _mm_loadl_epi64((const __m128i *)(const void *)low),
      _mm_loadl_epi64((const __m128i *)(const void *)high));
}

/* One bit for each of the sixteen bytes that is in the class. */
MSIP_INLINE unsigned msip_block_bits(struct msip_class c, __m128i block)
{
  const __m128i most = _mm_set1_epi8((char)c.most);
  __m128i hit = _mm_cmpeq_epi8(_mm_max_epu8(block, most), most);

  if (c.a > c.most)
    hit |= _mm_cmpeq_epi8(block, _mm_set1_epi8((char)c.a));
  if (c.b > c.most)
    hit |= _mm_cmpeq_epi8(block, _mm_set1_epi8((char)c.b));
  if (c.odd)
    hit |= _mm_cmpeq_epi8(block, _mm_set1_epi8('"')) |
           _mm_cmpeq_epi8(block, _mm_set1_epi8('<')) |
           _mm_cmpeq_epi8(block, _mm_set1_epi8('>')) |
           _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7f));
  return (unsigned)_mm_movemask_epi8(hit);
}
#endif

/* The next byte in the class, or `end`. */
MSIP_INLINE const char *msip_scan(struct msip_class c, const char *at,
                                  const char *end)
{
#ifdef __SSE2__
  unsigned bits;

  if (end - at >= 16) {
    for (; end - at >= 16; at += 16)
      if ((bits = msip_block_bits(c, msip_block(at))) != 0)
        return at + __builtin_ctz(bits);
    /* The last block overlaps bytes that were seen; they are shifted out. */
    bits = msip_block_bits(c, msip_block(end - 16)) >> (16 - (end - at));
    return bits ? at + __builtin_ctz(bits) : end;
  }
  if (end - at >= 8) {
    bits = msip_block_bits(c, msip_halves(at, end - 8));
    if (bits & 0xff)
      return at + __builtin_ctz(bits);
    return bits ? end - 16 + __builtin_ctz(bits) : end;
  }
#endif
  while (at < end && !msip_in_class(c, (unsigned char)*at))
    at++;
  return at;
}

/* The next byte below 0x20, or `end`. */
static inline const char *msip_scan_control(const char *at, const char *end)
{
  return msip_scan((struct msip_class){.most = 0x1f}, at, end);
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
