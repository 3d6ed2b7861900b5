#include "message/disposition.h"

#include "base/err.h"
#include "message/field.h"
#include "uri/param.h"

int msip_disposition_parse(struct msip_disposition *out, struct msip_str value)
{
  struct msip_disposition d;

  if (msip_field_token(value, &d.type, &d.params) != 0)
    return MSIP_ESYNTAX;
  d.optional = msip_str_ieq(msip_param_value(d.params, MSIP_STR("handling")),
                            MSIP_STR("optional"));
  *out = d;
  return 0;
}
