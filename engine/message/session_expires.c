#include "message/session_expires.h"

#include "base/err.h"
#include "message/field.h"
#include "uri/param.h"

int msip_session_expires_parse(struct msip_session_expires *out,
                               struct msip_str value)
{
  struct msip_session_expires se = {.refresher = MSIP_REFRESHER_NONE};
  struct msip_str head;
  struct msip_param refresher;

  if (msip_field_split(value, &head, &se.params) != 0 ||
      msip_delta_parse(&se.delta, head) != 0)
    return MSIP_ESYNTAX;
  if (msip_param_find(se.params, MSIP_STR("refresher"), &refresher)) {
    if (msip_str_ieq(refresher.value, MSIP_STR("uac")))
      se.refresher = MSIP_REFRESHER_UAC;
    else if (msip_str_ieq(refresher.value, MSIP_STR("uas")))
      se.refresher = MSIP_REFRESHER_UAS;
    else
      return MSIP_ESYNTAX;
  }
  *out = se;
  return 0;
}
