#include "message/build.h"

#include "message/unfold.h"
#include "uri/scan.h"

static bool refused(struct msip_buf *buf, struct msip_str value)
{
  if (msip_is_line(value))
    return false;
  if (!buf->err)
    buf->err = MSIP_EINVALID;
  return true;
}

void msip_build_status_line(struct msip_buf *buf, unsigned status,
                            struct msip_str reason)
{
  msip_buf_lit(buf, "SIP/2.0 ");
  msip_buf_u64(buf, status);
  msip_buf_char(buf, ' ');
  msip_buf_add(buf, reason.len ? reason : msip_reason_phrase(status));
  msip_buf_lit(buf, "\r\n");
}

void msip_build_request_line(struct msip_buf *buf, struct msip_str method,
                             struct msip_str ruri)
{
  if (refused(buf, method) || refused(buf, ruri) ||
      msip_buf_reserve(buf, method.len + ruri.len + 12) != 0)
    return;
  msip_buf_add(buf, method);
  msip_buf_char(buf, ' ');
  msip_buf_add(buf, ruri);
  msip_buf_lit(buf, " SIP/2.0\r\n");
}

void msip_build_via(struct msip_buf *buf, enum msip_transport transport,
                    struct msip_str sent_by, struct msip_str branch)
{
  if (refused(buf, sent_by) || refused(buf, branch))
    return;
  msip_buf_lit(buf, "Via: SIP/2.0/");
  msip_buf_add(buf, msip_transport_name(transport));
  msip_buf_char(buf, ' ');
  msip_buf_add(buf, sent_by);
  msip_buf_lit(buf, ";branch=");
  msip_buf_add(buf, branch);
  msip_buf_lit(buf, ";rport\r\n");
}

static char *put(char *to, struct msip_str s)
{
  memcpy(to, s.at, s.len);
  return to + s.len;
}

static void line(struct msip_buf *buf, struct msip_str name,
                 struct msip_str value)
{
  char *to;

  if (refused(buf, value) ||
      msip_buf_reserve(buf, name.len + value.len + 4) != 0)
    return;
  to = put(buf->at + buf->len, name);
  to = put(to, MSIP_STR(": "));
  to = put(to, value);
  to = put(to, MSIP_STR("\r\n"));
  buf->len = (size_t)(to - buf->at);
}

void msip_build_header(struct msip_buf *buf, enum msip_header_id id,
                       struct msip_str value)
{
  line(buf, msip_header_name(id), value);
}

void msip_build_number(struct msip_buf *buf, enum msip_header_id id,
                       uint64_t value)
{
  msip_buf_add(buf, msip_header_name(id));
  msip_buf_lit(buf, ": ");
  msip_buf_u64(buf, value);
  msip_buf_lit(buf, "\r\n");
}

void msip_build_named(struct msip_buf *buf, struct msip_str name,
                      struct msip_str value)
{
  if (msip_str_is_token(name))
    line(buf, name, value);
  else if (!buf->err)
    buf->err = MSIP_EINVALID;
}

void msip_build_copy(struct msip_buf *buf, const struct msip_msg *from,
                     enum msip_header_id id)
{
  for (const struct msip_header *row = msip_msg_row(from, id); row;
       row = msip_msg_next_row(from, row)) {
    msip_buf_add(buf, id == MSIP_HEADER_OTHER ? msip_row_name(from, row)
                                              : msip_header_name(id));
    msip_buf_lit(buf, ": ");
    msip_unfold(buf, msip_row_value(from, row));
    msip_buf_lit(buf, "\r\n");
  }
}

void msip_build_body(struct msip_buf *buf, struct msip_str content_type,
                     struct msip_str disposition, struct msip_str body)
{
  if (content_type.len)
    msip_build_header(buf, MSIP_H_CONTENT_TYPE, content_type);
  if (disposition.len)
    msip_build_header(buf, MSIP_H_CONTENT_DISPOSITION, disposition);
  msip_build_number(buf, MSIP_H_CONTENT_LENGTH, body.len);
  msip_buf_lit(buf, "\r\n");
  msip_buf_add(buf, body);
}

void msip_build_cseq(struct msip_buf *buf, uint32_t number,
                     struct msip_str method)
{
  if (refused(buf, method))
    return;
  msip_buf_lit(buf, "CSeq: ");
  msip_buf_u64(buf, number);
  msip_buf_char(buf, ' ');
  msip_buf_add(buf, method);
  msip_buf_lit(buf, "\r\n");
}
