#include "base/pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define KEEP_FREE_BLOCKS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEP_FREE_BLOCKS 0
#endif
#endif
#ifndef KEEP_FREE_BLOCKS
#define KEEP_FREE_BLOCKS 1
#endif

/* Small blocks are what a held call is made of, so their classes lie close: one
 * every 16 bytes to 512, then two per power of two to 256 KiB.  Larger ones
 * go to malloc and are class LARGE. */
enum {
  STEP = 16,
  SMALL_MAX = 512,
  SMALL = SMALL_MAX / STEP,
  POOLED_MAX = 262144,
  LARGE = MSIP_POOL_CLASSES - 1,
};

static unsigned class_of(size_t size)
{
  if (size <= SMALL_MAX)
    return size ? (unsigned)(size - 1) / STEP : 0;
  if (size > POOLED_MAX)
    return LARGE;

  unsigned top = 63u - (unsigned)__builtin_clzll((uint64_t)size - 1);
  bool lower_half = size <= (size_t)3 << (top - 1);

  return SMALL + (top - 9) * 2 + (lower_half ? 0 : 1);
}

/* Bytes of a block of class `c` that was asked for with `size`. */
static size_t room_of(unsigned c, size_t size)
{
  if (c < SMALL)
    return (c + 1) * (size_t)STEP;
  if (c == LARGE)
    return size;

  size_t power = (size_t)SMALL_MAX << (c - SMALL) / 2;

  return (c - SMALL) % 2 ? power * 2 : power * 3 / 2;
}

void msip_pool_init(struct msip_pool *pool)
{
  memset(pool, 0, sizeof *pool);
}

void msip_pool_fini(struct msip_pool *pool)
{
  for (unsigned c = 0; c < MSIP_POOL_CLASSES; c++) {
    while (pool->free[c]) {
      void *next = *(void **)pool->free[c];

      free(pool->free[c]);
      pool->free[c] = next;
    }
  }
}

void *msip_pool_take(struct msip_pool *pool, size_t size)
{
  unsigned c = class_of(size);
  size_t room = room_of(c, size);
  void *block = pool->free[c];

  if (pool->fail_after > 0 && --pool->fail_after == 0)
    return NULL;
  if (block) {
    pool->free[c] = *(void **)block;
  } else {
    block = malloc(KEEP_FREE_BLOCKS ? room : size ? size : 1);
    if (!block)
      return NULL;
    pool->held_bytes += room;
  }
  pool->live_bytes += room;
  pool->live_count++;
  return block;
}

void *msip_pool_zero(struct msip_pool *pool, size_t size)
{
  void *block = msip_pool_take(pool, size);

  if (block)
    memset(block, 0, size);
  return block;
}

void msip_pool_give(struct msip_pool *pool, void *block, size_t size)
{
  unsigned c = class_of(size);
  size_t room = room_of(c, size);

  if (!block)
    return;
  pool->live_bytes -= room;
  pool->live_count--;
  if (KEEP_FREE_BLOCKS && c != LARGE) {
    *(void **)block = pool->free[c];
    pool->free[c] = block;
  } else {
    pool->held_bytes -= room;
    free(block);
  }
}
