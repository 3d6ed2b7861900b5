#include "base/buf.h"

#include "base/err.h"

void msip_buf_init(struct msip_buf *buf, struct msip_pool *pool, size_t max)
{
  *buf = (struct msip_buf){.pool = pool, .max = max};
}

void msip_buf_fini(struct msip_buf *buf)
{
  msip_pool_give(buf->pool, buf->at, buf->room);
  *buf = (struct msip_buf){.pool = buf->pool, .max = buf->max};
}

void msip_buf_reset(struct msip_buf *buf)
{
  buf->len = 0;
  buf->err = 0;
}

int msip_buf_grow(struct msip_buf *buf, size_t more)
{
  if (buf->err)
    return buf->err;
  if (more > buf->max || buf->len > buf->max - more)
    return buf->err = MSIP_ETOOBIG;
  if (buf->len + more <= buf->room)
    return 0;

  size_t room = buf->room ? buf->room : 512;

  while (room < buf->len + more)
    room *= 2;

  char *grown = msip_pool_take(buf->pool, room);

  if (!grown)
    return buf->err = MSIP_ENOMEM;
  if (buf->len)
    memcpy(grown, buf->at, buf->len);
  msip_pool_give(buf->pool, buf->at, buf->room);
  buf->at = grown;
  buf->room = room;
  return 0;
}

void msip_buf_u64(struct msip_buf *buf, uint64_t n)
{
  char digits[20];
  size_t at = sizeof digits;

  do {
    digits[--at] = (char)('0' + n % 10);
    n /= 10;
  } while (n > 0);
  msip_buf_add(buf, msip_str_of(digits + at, sizeof digits - at));
}

char *msip_buf_take(struct msip_buf *buf, size_t *len, size_t *room)
{
  char *bytes = buf->err ? NULL : buf->at;

  if (!bytes)
    return NULL;
  *len = buf->len;
  *room = buf->room;
  *buf = (struct msip_buf){.pool = buf->pool, .max = buf->max};
  return bytes;
}
