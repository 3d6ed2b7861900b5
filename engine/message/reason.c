#include "message/reason.h"

#include "base/err.h"
#include "message/field.h"
#include "uri/param.h"

int msip_reason_parse(struct msip_reason *out, struct msip_str value)
{
  struct msip_reason reason = {.cause = 0};
  struct msip_str params;
  struct msip_param cause;

  if (msip_field_token(value, &reason.protocol, &params) != 0)
    return MSIP_ESYNTAX;
  if (msip_param_find(params, MSIP_STR("cause"), &cause)) {
    if (msip_str_u32(cause.value, UINT32_MAX, &reason.cause) != 0)
      return MSIP_ESYNTAX;
    reason.has_cause = true;
  }
  reason.text = msip_param_value(params, MSIP_STR("text"));
  *out = reason;
  return 0;
}
