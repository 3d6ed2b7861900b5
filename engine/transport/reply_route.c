#include "transport/reply_route.h"

enum { UDP_PORT = 5060 };

static uint16_t reply_port(const struct msip_msg *request)
{
  if (request->via.has_rport)
    return request->flow.remote.port;
  return request->via.port ? request->via.port : UDP_PORT;
}

int msip_reply_route(const struct msip_msg *request, struct msip_flow *to)
{
  struct msip_flow route = request->flow;

  if (!msip_flow_is_reliable(&route)) {
    /* Section 18.2.2 would follow maddr first: that lets a forged Via aim our
     * responses at anybody, so the source address always wins. */
    route.remote.port = reply_port(request);
    if (route.remote.port == 0 || msip_addr_is_group(&route.remote) ||
        msip_addr_is_any(&route.remote))
      return MSIP_ETRANSPORT;
  }
  *to = route;
  return 0;
}
