#include "message/field.h"

#include "base/err.h"
#include "uri/param.h"

int msip_field_split(struct msip_str value, struct msip_str *head,
                     struct msip_str *params)
{
  size_t n = msip_str_find(value, ';');
  struct msip_str first = msip_str_trim(msip_str_of(value.at, n));
  struct msip_str rest = MSIP_STR("");

  if (n < value.len)
    rest = msip_str_of(value.at + n, value.len - n);
  if (first.len == 0 || msip_param_check(rest) != 0)
    return MSIP_ESYNTAX;
  *head = first;
  *params = rest;
  return 0;
}

int msip_field_token(struct msip_str value, struct msip_str *token,
                     struct msip_str *params)
{
  struct msip_str head, rest;

  if (msip_field_split(value, &head, &rest) != 0 || !msip_str_is_token(head))
    return MSIP_ESYNTAX;
  *token = head;
  *params = rest;
  return 0;
}
