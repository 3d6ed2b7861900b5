#include "message/substate.h"

#include "base/err.h"
#include "message/delta.h"
#include "message/field.h"
#include "uri/param.h"

static enum msip_substate_kind kind_of(struct msip_str state)
{
  if (msip_str_ieq(state, MSIP_STR("active")))
    return MSIP_SUBSTATE_ACTIVE;
  if (msip_str_ieq(state, MSIP_STR("pending")))
    return MSIP_SUBSTATE_PENDING;
  if (msip_str_ieq(state, MSIP_STR("terminated")))
    return MSIP_SUBSTATE_TERMINATED;
  return MSIP_SUBSTATE_OTHER;
}

/* False when it is there and no number. */
static bool seconds(struct msip_str params, struct msip_str name, bool *there,
                    uint32_t *out)
{
  struct msip_param param;

  *there = msip_param_find(params, name, &param);
  return !*there || msip_delta_parse(out, param.value) == 0;
}

int msip_substate_parse(struct msip_substate *out, struct msip_str value)
{
  struct msip_substate s = {.expires = 0};
  struct msip_str params;

  if (msip_field_token(value, &s.state, &params) != 0 ||
      !seconds(params, MSIP_STR("expires"), &s.has_expires, &s.expires) ||
      !seconds(params, MSIP_STR("retry-after"), &s.has_retry_after,
               &s.retry_after))
    return MSIP_ESYNTAX;
  s.kind = kind_of(s.state);
  s.reason = msip_param_value(params, MSIP_STR("reason"));
  *out = s;
  return 0;
}
