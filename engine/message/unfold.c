#include "message/unfold.h"

#include "message/msg.h"
#include "uri/scan.h"

char *msip_put_unfolded(char *to, struct msip_str s)
{
  const char *at = s.at, *end = s.at + s.len;

  while (at < end) {
    const char *stop = msip_scan_control(at, end);

    memcpy(to, at, (size_t)(stop - at));
    to += stop - at;
    if (stop == end)
      break;
    if (*stop == '\r' || *stop == '\n') {
      *to++ = ' ';
      at = msip_skip_lws(stop, end);
    } else {
      *to++ = *stop;
      at = stop + 1;
    }
  }
  return to;
}

void msip_unfold(struct msip_buf *buf, struct msip_str value)
{
  if (value.len == 0 || msip_buf_reserve(buf, value.len) != 0)
    return;
  buf->len = (size_t)(msip_put_unfolded(buf->at + buf->len, value) - buf->at);
}
