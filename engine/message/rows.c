#include "message/rows.h"

#include "message/build.h"

/* Where the empty line begins. */
static const char *head_end(const struct msip_msg *m)
{
  const char *at = m->body.at - 1; /* its LF */

  return at > m->at && at[-1] == '\r' ? at - 1 : at;
}

struct msip_str msip_row_bytes(const struct msip_msg *m, unsigned i)
{
  const char *end =
      i + 1u < m->header_count ? m->at + m->header[i + 1].name_at : head_end(m);

  return msip_str_span(m->at + m->header[i].name_at, end);
}

void msip_rows_copy(struct msip_buf *buf, struct msip_str rows)
{
  const char *at = rows.at, *end = at + rows.len, *from = at;

  while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
    if (at == rows.at || at[-1] != '\r') {
      msip_buf_add(buf, msip_str_span(from, at));
      msip_buf_lit(buf, "\r\n");
      from = at + 1;
    }
    at++;
  }
  msip_buf_add(buf, msip_str_span(from, end));
}

void msip_rows_end(struct msip_buf *buf, const struct msip_msg *m)
{
  if (!msip_msg_has(m, MSIP_H_CONTENT_LENGTH))
    msip_build_number(buf, MSIP_H_CONTENT_LENGTH, m->body.len);
  msip_buf_lit(buf, "\r\n");
  msip_buf_add(buf, m->body);
}
