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

/* The next byte below 0x20, or `end`; eight bytes at a time. */
static inline const char *msip_scan_control(const char *at, const char *end)
{
  const uint64_t ones = 0x0101010101010101u;

  for (; end - at >= 8; at += 8) {
    uint64_t w;

    memcpy(&w, at, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    /* The lowest marked byte is right; those above it may be a borrow. */
    uint64_t hit = (w - ones * 0x20) & ~w & (ones * 0x80);

    if (hit)
      return at + (__builtin_ctzll(hit) >> 3);
  }
  while (at < end && (unsigned char)*at >= 0x20)
    at++;
  return at;
}

/* The value of a hexadecimal digit, or -1. */
static inline int msip_hex(char c)
{
  if (msip_is_digit(c))
    return c - '0';
  c = msip_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
