#include "dialog/failure.h"

bool msip_failure_ends_call(enum msip_method method, unsigned status)
{
  /* A BYE ends it anyway; a PRACK's response speaks of the provisional one. */
  if (method == MSIP_BYE || method == MSIP_PRACK)
    return false;
  switch (status) {
  case 404: /* table 1, "destroys dialog": no request will get through */
  case 410:
  case 416:
  case 482:
  case 483:
  case 484:
  case 485:
  case 502:
  case 604:
    return true;

  case 408: /* subscriptions are usages of their own */
  case 481:
    return method != MSIP_SUBSCRIBE && method != MSIP_NOTIFY;

  case 405: /* "destroys usage", when the usage cannot do without it */
  case 501:
    return method == MSIP_INVITE;

  case 480:
    return method == MSIP_INVITE || method == MSIP_UPDATE;

  default:
    return false;
  }
}
