/* base/bytes.h -- bytes that several parties keep: immutable and counted.
 *
 * A message we built: the transaction keeps it for retransmission, Lua as
 * response.message.  A session description: the session keeps it, and what it
 * goes back to.  Whoever drops the last reference frees it.
 */
#pragma once

#include "base/buf.h"

struct msip_bytes {
  struct msip_pool *pool;
  char *at;
  uint32_t len;
  uint32_t room; /* of the block at `at`; 0: it follows this struct */
  uint32_t refs;
};

/* Takes the bytes out of `buf`, with one reference.  NULL when `buf` is empty,
 * failed before, or memory is out; `buf` is then emptied all the same. */
struct msip_bytes *msip_bytes_take(struct msip_buf *buf);
/* A copy of `s` in one block of its own size; NULL when memory is out. */
struct msip_bytes *msip_bytes_copy(struct msip_pool *pool, struct msip_str s);
struct msip_bytes *msip_bytes_hold(struct msip_bytes *bytes);
/* NULL is fine. */
void msip_bytes_drop(struct msip_bytes *bytes);

static inline struct msip_str msip_bytes_str(const struct msip_bytes *bytes)
{
  return msip_str_of(bytes->at, bytes->len);
}
