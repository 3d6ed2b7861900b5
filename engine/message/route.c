#include "message/route.h"

#include "uri/param.h"

int msip_route_parse(struct msip_route *out, struct msip_str value)
{
  struct msip_route route = {.text = value};
  struct msip_param lr;

  if (msip_nameaddr_parse(&route.address, value, NULL) != 0 ||
      msip_uri_parse(&route.uri, route.address.uri, NULL) != 0 ||
      (route.uri.scheme != MSIP_SCHEME_SIP &&
       route.uri.scheme != MSIP_SCHEME_SIPS))
    return MSIP_ESYNTAX;
  route.loose = msip_param_find(route.uri.params, MSIP_STR("lr"), &lr);
  *out = route;
  return 0;
}

int msip_route_next(struct msip_values *v, struct msip_route *out)
{
  struct msip_str value;

  if (!msip_values_next(v, &value))
    return 0;
  return msip_route_parse(out, value) == 0 ? 1 : MSIP_ESYNTAX;
}
