#include "message/replaces.h"

#include "base/err.h"
#include "message/field.h"
#include "uri/param.h"

int msip_replaces_parse(struct msip_replaces *out, struct msip_str value)
{
  struct msip_replaces r;
  struct msip_str params;
  struct msip_param early;

  if (msip_field_split(value, &r.call_id, &params) != 0)
    return MSIP_ESYNTAX;
  for (size_t i = 0; i < r.call_id.len; i++)
    if ((unsigned char)r.call_id.at[i] <= 0x20)
      return MSIP_ESYNTAX;
  r.to_tag = msip_param_value(params, MSIP_STR("to-tag"));
  r.from_tag = msip_param_value(params, MSIP_STR("from-tag"));
  r.early_only = msip_param_find(params, MSIP_STR("early-only"), &early);
  if (r.to_tag.len == 0 || r.from_tag.len == 0)
    return MSIP_ESYNTAX;
  *out = r;
  return 0;
}
