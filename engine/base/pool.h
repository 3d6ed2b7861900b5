/* base/pool.h -- the memory of one worker.
 *
 * Blocks come in size classes and go back to a free list of their class, so
 * the steady path never calls malloc.  The giver says the size again; nothing
 * is stored in front of a block.  Under AddressSanitizer every block is its own
 * malloc, so that a use after give is found.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { MSIP_POOL_CLASSES = 51 };

struct msip_pool {
  void *free[MSIP_POOL_CLASSES]; /* linked through the first word */
  size_t live_bytes;             /* taken and not given back */
  size_t live_count;
  size_t held_bytes; /* from malloc: live and free together */
  /* Specs set this: the n-th take from now fails once; 0 means never. */
  uint64_t fail_after;
};

void msip_pool_init(struct msip_pool *pool);
/* Frees what lies on the free lists.  Blocks still taken are the caller's
 * leak. */
void msip_pool_fini(struct msip_pool *pool);

/* `size` bytes, not cleared; NULL when memory is out. */
void *msip_pool_take(struct msip_pool *pool, size_t size);
/* The same, cleared. */
void *msip_pool_zero(struct msip_pool *pool, size_t size);
/* Gives a block back.  `size` is what it was taken with.  NULL is fine. */
void msip_pool_give(struct msip_pool *pool, void *block, size_t size);
