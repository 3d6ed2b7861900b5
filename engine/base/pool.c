#include "base/pool.h"

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

/* Two classes per power of two, 32 bytes to 256 KiB; larger goes to malloc. */
static const uint32_t class_size[MSIP_POOL_CLASSES] = {
    32,    48,    64,    96,    128,    192,    256,    384,   512,   768,
    1024,  1536,  2048,  3072,  4096,   6144,   8192,   12288, 16384, 24576,
    32768, 49152, 65536, 98304, 131072, 196608, 262144, 0};

static unsigned class_of(size_t size)
{
  if (size <= 32)
    return 0;
  if (size > 262144)
    return MSIP_POOL_CLASSES - 1;

  unsigned top = 63u - (unsigned)__builtin_clzll((uint64_t)size - 1);
  unsigned base = (top - 5) * 2; /* class of 2^top + 2^(top-1) is base + 1 */

  return size <= ((size_t)3 << (top - 1)) ? base + 1 : base + 2;
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
  size_t room = class_size[c] ? class_size[c] : size;
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
  size_t room = class_size[c] ? class_size[c] : size;

  if (!block)
    return;
  pool->live_bytes -= room;
  pool->live_count--;
  if (KEEP_FREE_BLOCKS && class_size[c]) {
    *(void **)block = pool->free[c];
    pool->free[c] = block;
  } else {
    pool->held_bytes -= room;
    free(block);
  }
}
