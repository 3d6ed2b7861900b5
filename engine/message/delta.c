#include "message/delta.h"

#include "base/err.h"

int msip_delta_parse(uint32_t *out, struct msip_str text)
{
  uint64_t seconds = 0;

  if (text.len == 0)
    return MSIP_ESYNTAX;
  for (size_t i = 0; i < text.len; i++) {
    if (!msip_is_digit(text.at[i]))
      return MSIP_ESYNTAX;
    seconds = seconds * 10 + (uint64_t)(text.at[i] - '0');
    if (seconds > UINT32_MAX)
      seconds = UINT32_MAX;
  }
  *out = (uint32_t)seconds;
  return 0;
}
