#include "base/err.h"

const char *msip_err_name(int err)
{
  switch (err) {
#define X(name, value, text)                                                   \
  case MSIP_E##name:                                                           \
    return "E" #name;
    MSIP_ERR_MAP(X)
#undef X
  default:
    return "EUNKNOWN";
  }
}

const char *msip_err_text(int err)
{
  switch (err) {
#define X(name, value, text)                                                   \
  case MSIP_E##name:                                                           \
    return text;
    MSIP_ERR_MAP(X)
#undef X
  default:
    return "unknown error";
  }
}
