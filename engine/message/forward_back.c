/* What goes the other way through a proxy, and what takes a request back. */
#include "message/build.h"
#include "message/forward.h"
#include "message/rows.h"

enum { HOPS = 70 };

/* The first Via row without its first value, which was ours. */
static void put_rest_of_via(struct msip_buf *buf, const struct msip_msg *m,
                            unsigned i)
{
  struct msip_str rest = msip_row_value(m, &m->header[i]), own;
  struct msip_str row = msip_row_bytes(m, i);

  msip_value_cut(&rest, &own);
  rest = msip_str_trim(rest);
  if (rest.len == 0)
    return;
  msip_rows_copy(buf, msip_str_span(row.at, m->at + m->header[i].value_at));
  msip_rows_copy(buf, msip_str_span(rest.at, row.at + row.len));
}

/* 16.7.7: as they are, in rows of their own (7.3.1). */
static void put_challenges(struct msip_buf *buf, const struct msip_msg *m)
{
  for (unsigned i = 0; i < m->header_count; i++)
    if (m->header[i].id == MSIP_H_WWW_AUTHENTICATE ||
        m->header[i].id == MSIP_H_PROXY_AUTHENTICATE)
      msip_rows_copy(buf, msip_row_bytes(m, i));
}

void msip_forward_response(struct msip_buf *buf,
                           const struct msip_msg *response,
                           const struct msip_msg *const *more, unsigned count)
{
  const struct msip_header *top = msip_msg_row(response, MSIP_H_VIA);
  const char *rows = response->at + response->header[0].name_at;

  msip_buf_reserve(buf, response->len);
  msip_rows_copy(buf, msip_str_span(response->at, rows));
  for (unsigned i = 0; i < response->header_count; i++) {
    if (&response->header[i] == top)
      put_rest_of_via(buf, response, i);
    else
      msip_rows_copy(buf, msip_row_bytes(response, i));
  }
  for (unsigned i = 0; i < count; i++)
    put_challenges(buf, more[i]);
  msip_rows_end(buf, response);
}

void msip_forward_cancel(struct msip_buf *buf, const struct msip_msg *sent,
                         struct msip_str reason)
{
  msip_build_request_line(buf, MSIP_STR("CANCEL"), sent->ruri);
  msip_build_header(buf, MSIP_H_VIA, sent->via.text);
  msip_build_number(buf, MSIP_H_MAX_FORWARDS, HOPS);
  msip_build_copy(buf, sent, MSIP_H_ROUTE);
  msip_build_copy(buf, sent, MSIP_H_FROM);
  msip_build_copy(buf, sent, MSIP_H_TO);
  msip_build_copy(buf, sent, MSIP_H_CALL_ID);
  msip_build_cseq(buf, sent->cseq, MSIP_STR("CANCEL"));
  if (reason.len)
    msip_build_header(buf, MSIP_H_REASON, reason);
  msip_build_body(buf, MSIP_STR(""), MSIP_STR(""), MSIP_STR(""));
}
