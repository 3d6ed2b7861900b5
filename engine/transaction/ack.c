#include "message/build.h"
#include "transaction/txn.h"

enum { ROWS = MSIP_MSG_HEADERS_MAX, ACK_MAX = 65535, MAX_FORWARDS = 70 };

static void add_cseq(struct msip_buf *buf, uint32_t number)
{
  char text[16];
  size_t at = sizeof text - 4;

  memcpy(text + at, " ACK", 4);
  do
    text[--at] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  msip_build_header(buf, MSIP_H_CSEQ, msip_str_of(text + at, sizeof text - at));
}

struct msip_bytes *msip_txn_build_ack(struct msip_pool *pool,
                                      struct msip_str invite,
                                      const struct msip_msg *response)
{
  const struct msip_msg_limits limits = {.message = UINT32_MAX,
                                         .header_line = UINT32_MAX,
                                         .uri = UINT32_MAX,
                                         .headers = ROWS};
  struct msip_header rows[ROWS];
  struct msip_fault fault;
  struct msip_msg sent;
  struct msip_buf buf;

  if (msip_msg_parse(&sent, rows, invite, &limits, &fault) != 0)
    return NULL;
  msip_buf_init(&buf, pool, ACK_MAX);
  msip_build_request_line(&buf, MSIP_STR("ACK"), sent.ruri);
  msip_build_header(&buf, MSIP_H_VIA, sent.via.text);
  msip_build_number(&buf, MSIP_H_MAX_FORWARDS, MAX_FORWARDS);
  msip_build_copy(&buf, &sent, MSIP_H_ROUTE);
  msip_build_copy(&buf, &sent, MSIP_H_FROM);
  msip_build_copy(&buf, response, MSIP_H_TO);
  msip_build_copy(&buf, &sent, MSIP_H_CALL_ID);
  add_cseq(&buf, sent.cseq);
  msip_build_body(&buf, MSIP_STR(""), MSIP_STR(""), MSIP_STR(""));
  return msip_bytes_take(&buf);
}
