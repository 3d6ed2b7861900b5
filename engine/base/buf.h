/* base/buf.h -- growing bytes with a ceiling given at birth.
 *
 * Errors stick: after the first failure every add does nothing, and the writer
 * looks once, at the end, with msip_buf_error.
 */
#pragma once

#include "base/pool.h"
#include "base/str.h"

struct msip_buf {
  struct msip_pool *pool;
  char *at;
  size_t len;
  size_t room; /* bytes taken from the pool */
  size_t max;  /* ceiling of len */
  int err;     /* 0, MSIP_ENOMEM or MSIP_ETOOBIG */
};

/* Takes no memory yet. */
void msip_buf_init(struct msip_buf *buf, struct msip_pool *pool, size_t max);
void msip_buf_fini(struct msip_buf *buf);
/* Empties the buffer and its error; keeps the memory. */
void msip_buf_reset(struct msip_buf *buf);

/* What msip_buf_reserve does when there is no room yet. */
int msip_buf_grow(struct msip_buf *buf, size_t more);

/* Room for `more` bytes, or the sticky error. */
static inline int msip_buf_reserve(struct msip_buf *buf, size_t more)
{
  if (buf->err == 0 && more <= buf->room - buf->len && more <= buf->max &&
      buf->len <= buf->max - more)
    return 0;
  return msip_buf_grow(buf, more);
}

static inline void msip_buf_add(struct msip_buf *buf, struct msip_str s)
{
  if (msip_buf_reserve(buf, s.len) != 0 || s.len == 0)
    return;
  memcpy(buf->at + buf->len, s.at, s.len);
  buf->len += s.len;
}

static inline void msip_buf_char(struct msip_buf *buf, char c)
{
  if (msip_buf_reserve(buf, 1) == 0)
    buf->at[buf->len++] = c;
}

void msip_buf_u64(struct msip_buf *buf, uint64_t n);
/* Literal text. */
#define msip_buf_lit(buf, lit) msip_buf_add((buf), MSIP_STR(lit))

static inline struct msip_str msip_buf_str(const struct msip_buf *buf)
{
  return buf->len ? msip_str_of(buf->at, buf->len) : MSIP_STR("");
}

static inline int msip_buf_error(const struct msip_buf *buf)
{
  return buf->err;
}

/* Hands the bytes over: the caller gives `*room` bytes at the result back to
 * the pool.  NULL when empty or failed. */
char *msip_buf_take(struct msip_buf *buf, size_t *len, size_t *room);
