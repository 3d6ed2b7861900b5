#include "message/msg.h"

/* Header rows count from `at`, so only these need a new home. */
static void rebase(struct msip_str *s, const struct msip_msg *from,
                   const char *to)
{
  uintptr_t at = (uintptr_t)s->at, begin = (uintptr_t)from->at;

  if (at >= begin && at <= begin + from->len)
    s->at = to + (at - begin);
}

static void rebase_all(struct msip_msg *m, const struct msip_msg *from)
{
  struct msip_str *fields[] = {
      &m->method_text, &m->ruri,           &m->reason,       &m->body,
      &m->call_id,     &m->from,           &m->to,           &m->from_tag,
      &m->to_tag,      &m->cseq_method,    &m->via.text,     &m->via.transport,
      &m->via.host,    &m->via.branch,     &m->via.received, &m->via.maddr,
      &m->via.params,  &m->via.rport_text,
  };

  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    rebase(fields[i], from, m->at);
}

static size_t block_size(const struct msip_msg *m)
{
  return sizeof *m + m->header_count * sizeof *m->header + m->len;
}

struct msip_msg *msip_msg_keep(struct msip_pool *pool, const struct msip_msg *m)
{
  if (m->pool)
    return msip_msg_hold((struct msip_msg *)m);

  struct msip_msg *kept = msip_pool_take(pool, block_size(m));

  if (!kept)
    return NULL;

  struct msip_header *rows = (struct msip_header *)(kept + 1);
  char *bytes = (char *)(rows + m->header_count);

  if (m->header_count)
    memcpy(rows, m->header, m->header_count * sizeof *rows);
  if (m->len)
    memcpy(bytes, m->at, m->len);
  *kept = *m;
  kept->header = rows;
  kept->at = bytes;
  kept->pool = pool;
  kept->refs = 1;
  rebase_all(kept, m);
  return kept;
}

struct msip_msg *msip_msg_hold(struct msip_msg *m)
{
  m->refs++;
  return m;
}

void msip_msg_drop(struct msip_msg *m)
{
  if (m && m->pool && --m->refs == 0)
    msip_pool_give(m->pool, m, block_size(m));
}
