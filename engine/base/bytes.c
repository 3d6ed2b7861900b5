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

struct msip_bytes *msip_bytes_copy(struct msip_pool *pool, struct msip_str s)
{
  struct msip_bytes *bytes = msip_pool_take(pool, sizeof *bytes + s.len);

  if (!bytes)
    return NULL;
  *bytes = (struct msip_bytes){.pool = pool,
                               .at = (char *)(bytes + 1),
                               .len = (uint32_t)s.len,
                               .refs = 1};
  if (s.len)
    memcpy(bytes->at, s.at, s.len);
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

  if (bytes->room) {
    msip_pool_give(pool, bytes->at, bytes->room);
    msip_pool_give(pool, bytes, sizeof *bytes);
  } else {
    msip_pool_give(pool, bytes, sizeof *bytes + bytes->len);
  }
}
