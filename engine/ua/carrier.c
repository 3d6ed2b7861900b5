/* Dialogs without a call: what carries subscriptions that were made outside of
 * one.  Scripts do not see them. */
#include "ua/outgoing_in.h"
#include "ua/subscription_in.h"

static struct msip_session *begin(struct msip_ua *ua, struct msip_session *s,
                                  const struct msip_flow *flow)
{
  msip_session_begin(s, ua, flow, true);
  if (msip_session_list(s) == 0)
    return s;
  msip_session_free(s);
  return NULL;
}

struct msip_session *msip_carrier_new(struct msip_ua *ua,
                                      const struct msip_msg *request,
                                      struct msip_str local_tag)
{
  struct msip_session *s = msip_pool_zero(ua->pool, sizeof *s);

  if (s && msip_dialog_init_uas(&s->dialog, ua->pool, request, local_tag) == 0)
    return begin(ua, s, &request->flow);
  msip_pool_give(ua->pool, s, sizeof *s);
  return NULL;
}

struct msip_session *msip_carrier_new_ours(const struct msip_outgoing *o,
                                           const struct msip_msg *response)
{
  struct msip_ua *ua = o->ua;
  struct msip_session *s = msip_pool_zero(ua->pool, sizeof *s);

  if (s && msip_dialog_init_uac(&s->dialog, o->form, response) == 0)
    return begin(ua, s, &response->flow);
  msip_pool_give(ua->pool, s, sizeof *s);
  return NULL;
}
