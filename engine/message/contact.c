#include "message/contact.h"

#include "message/delta.h"
#include "uri/param.h"

/* "0", "0.5", "1.000": at most three digits behind the point. */
static int parse_q(uint16_t *out, struct msip_str text)
{
  unsigned q, unit = 100;

  if (text.len == 0 || text.len > 5 ||
      (text.at[0] != '0' && text.at[0] != '1') ||
      (text.len > 1 && text.at[1] != '.'))
    return MSIP_ESYNTAX;
  q = (unsigned)(text.at[0] - '0') * 1000;
  for (size_t i = 2; i < text.len; i++, unit /= 10) {
    if (!msip_is_digit(text.at[i]))
      return MSIP_ESYNTAX;
    q += (unsigned)(text.at[i] - '0') * unit;
  }
  if (q > 1000)
    return MSIP_ESYNTAX;
  *out = (uint16_t)q;
  return 0;
}

int msip_contact_parse(struct msip_contact *out, struct msip_str value)
{
  struct msip_contact c = {.text = value, .q = 1000};
  struct msip_param param;

  if (msip_nameaddr_parse(&c.address, value, NULL) != 0)
    return MSIP_ESYNTAX;
  if (msip_param_find(c.address.params, MSIP_STR("q"), &param) &&
      parse_q(&c.q, param.value) != 0)
    return MSIP_ESYNTAX;
  if (msip_param_find(c.address.params, MSIP_STR("expires"), &param)) {
    c.has_expires = true;
    if (msip_delta_parse(&c.expires, param.value) != 0)
      c.expires = 3600;
  }
  *out = c;
  return 0;
}

int msip_contact_next(struct msip_values *v, struct msip_contact *out)
{
  struct msip_str value;

  if (!msip_values_next(v, &value))
    return 0;
  return msip_contact_parse(out, value) == 0 ? 1 : MSIP_ESYNTAX;
}
