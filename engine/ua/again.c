/* Final responses that are answered by another try (RFC 3261 8.1.3.5). */
#include "message/delta.h"
#include "ua/outgoing_in.h"

/* RFC 4028 7.3: the interval was too small. */
static bool wait_longer(struct msip_outgoing *o,
                        const struct msip_msg *response)
{
  uint32_t least;

  if (response->status != 422 || o->session_expires == 0 ||
      msip_delta_parse(&least, msip_msg_value(response, MSIP_H_MIN_SE)) != 0 ||
      least <= o->min_se)
    return false;
  o->min_se = least;
  if (o->session_expires < least)
    o->session_expires = least;
  return true;
}

bool msip_outgoing_try_again(struct msip_outgoing *o,
                             const struct msip_msg *response)
{
  if (o->cancel != MSIP_CANCEL_NONE)
    return false;
  if (msip_outgoing_authorize(o, response))
    return true;
  if (!wait_longer(o, response))
    return false;
  return msip_outgoing_send(o) == 0;
}
