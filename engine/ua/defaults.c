/* What the engine answers when a script has no callback (DESIGN.md 4.1). */
#include "ua/request_in.h"

static void accept(struct msip_request *r)
{
  struct msip_reply reply = {0};

  if (msip_request_accept(r, &reply, NULL) != 0)
    msip_request_script_failed(r);
}

static void answer(struct msip_request *r, unsigned status)
{
  if (status == 200)
    accept(r);
  else
    msip_request_answer(r, &(struct msip_refusal){.status = status});
}

static void not_acceptable(struct msip_request *r)
{
  msip_request_answer(
      r, &(struct msip_refusal){
             .status = 488,
             .warning_code = 399,
             .warning = MSIP_STR("session changes are not served here")});
}

/* RFC 6086 section 4.2.2: a package nobody asked for; legacy INFO is fine. */
static unsigned info_status(const struct msip_request *r)
{
  return msip_msg_has(r->message, MSIP_H_INFO_PACKAGE) ? 469 : 200;
}

static void in_dialog(struct msip_request *r)
{
  switch (r->message->method) {
  case MSIP_INVITE:
    if (r->invite->committed)
      msip_invite_keep_session(r);
    else
      not_acceptable(r);
    break;
  case MSIP_UPDATE:
  case MSIP_PRACK:
    if (r->before)
      not_acceptable(r);
    else
      accept(r);
    break;
  case MSIP_INFO:
    answer(r, info_status(r));
    break;
  case MSIP_REFER:
    answer(r, 480);
    break;
  case MSIP_SUBSCRIBE:
    answer(r, r->subscription ? 200 : 489);
    break;
  case MSIP_REGISTER:
  case MSIP_PUBLISH:
    answer(r, 405);
    break;
  case MSIP_BYE:
  case MSIP_MESSAGE:
  case MSIP_NOTIFY:
  case MSIP_OPTIONS:
    answer(r, 200);
    break;
  case MSIP_METHOD_OTHER:
  case MSIP_METHOD_COUNT:
  case MSIP_ACK:
  case MSIP_CANCEL:
    answer(r, 501);
    break;
  }
}

static unsigned out_of_dialog(const struct msip_request *r)
{
  switch (r->message->method) {
  case MSIP_INVITE:
    return 486;
  case MSIP_MESSAGE:
  case MSIP_OPTIONS:
    return 200;
  case MSIP_NOTIFY:
  case MSIP_BYE:
  case MSIP_PRACK:
  case MSIP_UPDATE:
  case MSIP_INFO:
    return 481;
  case MSIP_SUBSCRIBE:
    return 489;
  case MSIP_REFER:
  case MSIP_REGISTER:
  case MSIP_PUBLISH:
    return 405;
  case MSIP_METHOD_OTHER:
  case MSIP_METHOD_COUNT:
  case MSIP_ACK:
  case MSIP_CANCEL:
    return 501;
  }
  return 501;
}

void msip_request_default(struct msip_request *r)
{
  if (r->dead || r->answered || !r->txn)
    return;
  if (r->in_dialog)
    in_dialog(r);
  else
    answer(r, out_of_dialog(r));
}
