#include "message/event.h"

#include "base/err.h"
#include "message/field.h"
#include "uri/param.h"

int msip_event_parse(struct msip_event_name *out, struct msip_str value)
{
  struct msip_event_name event;

  if (msip_field_token(value, &event.package, &event.params) != 0)
    return MSIP_ESYNTAX;
  event.id = msip_param_value(event.params, MSIP_STR("id"));
  *out = event;
  return 0;
}

bool msip_event_equal(const struct msip_event_name *a,
                      const struct msip_event_name *b)
{
  return msip_str_eq(a->package, b->package) && msip_str_eq(a->id, b->id);
}
