#include "message/cseq.h"

#include "base/err.h"
#include "uri/scan.h"

int msip_cseq_parse(struct msip_cseq *out, struct msip_str value)
{
  const char *end = value.at + value.len, *digits = value.at;
  uint32_t number;

  while (digits < end && msip_is_digit(*digits))
    digits++;

  const char *method = msip_skip_lws(digits, end);
  struct msip_str name = msip_str_span(method, end);

  if (method == digits || !msip_str_is_token(name) ||
      msip_str_u32(msip_str_span(value.at, digits), UINT32_MAX, &number) != 0)
    return MSIP_ESYNTAX;
  *out = (struct msip_cseq){.number = number, .method = name};
  return 0;
}
