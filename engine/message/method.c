#include "message/method.h"

static const struct msip_str names[MSIP_METHOD_COUNT] = {[MSIP_METHOD_OTHER] =
                                                             MSIP_STR_INIT(""),
#define X(name) [MSIP_##name] = MSIP_STR_INIT(#name),
                                                         MSIP_METHOD_MAP(X)
#undef X
};

enum msip_method msip_method_of(struct msip_str text)
{
  for (int m = MSIP_METHOD_OTHER + 1; m < MSIP_METHOD_COUNT; m++)
    if (msip_str_eq(names[m], text))
      return (enum msip_method)m;
  return MSIP_METHOD_OTHER;
}

struct msip_str msip_method_name(enum msip_method method)
{
  return names[method];
}
