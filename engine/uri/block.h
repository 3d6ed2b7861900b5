/* uri/block.h -- sixteen bytes in a register, for the searches in scan.h.
 *
 * Only on machines that surely have such registers (MSIP_HAS_BLOCKS); whoever
 * uses them also has a way by single bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MSIP_INLINE static inline __attribute__((always_inline))

#ifdef __SSE2__
#include <emmintrin.h>

#define MSIP_HAS_BLOCKS

/* Fewer than sixteen bytes, zeros behind them.  Two words that overlap hold
 * any length, so nothing behind the text is read. */
MSIP_INLINE __m128i msip_block_rest(const char *at, size_t len)
{
  uint64_t low = 0, high = 0;
  uint32_t a, b;

  if (len >= 8) {
    memcpy(&low, at, 8);
    memcpy(&high, at + len - 8, 8);
    high = high >> 8 >> (15 - len) * 8;
  } else if (len >= 4) {
    memcpy(&a, at, 4);
    memcpy(&b, at + len - 4, 4);
    low = a | (uint64_t)b << (len - 4) * 8;
  } else if (len > 0) {
    low = (uint64_t)(unsigned char)at[0] |
          (uint64_t)(unsigned char)at[len / 2] << len / 2 * 8 |
          (uint64_t)(unsigned char)at[len - 1] << (len - 1) * 8;
  }
  return _mm_set_epi64x((long long)high, (long long)low);
}

MSIP_INLINE __m128i msip_block(const char *at)
{
  return _mm_loadu_si128((const __m128i *)(const void *)at);
}

MSIP_INLINE __m128i msip_block_is(__m128i block, unsigned char byte)
{
  return _mm_cmpeq_epi8(block, _mm_set1_epi8((char)byte));
}

/* Bytes from `least` to `most`. */
MSIP_INLINE __m128i msip_block_within(__m128i block, unsigned char least,
                                      unsigned char most)
{
  const __m128i span = _mm_set1_epi8((char)(most - least));

  block = _mm_sub_epi8(block, _mm_set1_epi8((char)least));
  return _mm_cmpeq_epi8(_mm_max_epu8(block, span), span);
}

/* One bit for each byte that was found. */
MSIP_INLINE unsigned msip_block_bits(__m128i found)
{
  return (unsigned)_mm_movemask_epi8(found);
}
#endif
