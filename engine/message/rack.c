#include "message/rack.h"

#include "base/err.h"
#include "message/cseq.h"
#include "uri/scan.h"

int msip_rack_parse(struct msip_rack *out, struct msip_str value)
{
  const char *end = value.at + value.len, *stop = value.at, *rest;
  struct msip_cseq cseq;
  uint32_t rseq;

  while (stop < end && msip_is_digit(*stop))
    stop++;
  rest = msip_skip_lws(stop, end);
  if (rest == stop ||
      msip_str_u32(msip_str_span(value.at, stop), UINT32_MAX, &rseq) != 0 ||
      msip_cseq_parse(&cseq, msip_str_span(rest, end)) != 0)
    return MSIP_ESYNTAX;
  *out = (struct msip_rack){
      .rseq = rseq, .cseq = cseq.number, .method = cseq.method};
  return 0;
}
