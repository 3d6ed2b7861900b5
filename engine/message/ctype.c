#include "message/ctype.h"

#include "base/err.h"
#include "message/field.h"

int msip_ctype_parse(struct msip_ctype *out, struct msip_str value)
{
  struct msip_str head, params, type;

  if (msip_field_split(value, &head, &params) != 0 ||
      !msip_str_cut(&head, '/', &type) || !msip_str_is_token(type))
    return MSIP_ESYNTAX;
  head = msip_str_trim(head);
  if (!msip_str_is_token(head))
    return MSIP_ESYNTAX;
  *out = (struct msip_ctype){.type = type, .subtype = head, .params = params};
  return 0;
}

static bool covers(struct msip_str mine, struct msip_str wanted)
{
  return msip_str_eq(mine, MSIP_STR("*")) || msip_str_ieq(mine, wanted);
}

bool msip_ctype_is(const struct msip_ctype *ctype, struct msip_str type,
                   struct msip_str subtype)
{
  return covers(ctype->type, type) && covers(ctype->subtype, subtype);
}
