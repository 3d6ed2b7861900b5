#include "base/bytes.h"

struct msip_bytes *msip_bytes_take(struct msip_buf *buf)
{
  size_t len = 0, room = 0;
  struct msip_pool *pool = buf->pool;
  char *at = msip_buf_take(buf, &len, &room);
  struct msip_bytes *bytes = at ? msip_pool_take(pool, sizeof *bytes) : NULL;

  if (!bytes) {
    msip_pool_give(pool, at, room);
    msip_buf_fini(buf);
    return NULL;
  }
  *bytes = (struct msip_bytes){.pool = pool,
                               .at = at,
                               .len = (uint32_t)len,
                               .room = (uint32_t)room,
                               .refs = 1};
  return bytes;
}

struct msip_bytes *msip_bytes_hold(struct msip_bytes *bytes)
{
  bytes->refs++;
  return bytes;
}

void msip_bytes_drop(struct msip_bytes *bytes)
{
  if (!bytes || --bytes->refs > 0)
    return;

  struct msip_pool *pool = bytes->pool;

  msip_pool_give(pool, bytes->at, bytes->room);
  msip_pool_give(pool, bytes, sizeof *bytes);
}
