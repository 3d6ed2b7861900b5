#include "base/flow.h"

struct msip_str msip_transport_name(enum msip_transport transport)
{
  static const struct msip_str names[] = {
      [MSIP_UDP] = MSIP_STR_INIT("UDP"), [MSIP_TCP] = MSIP_STR_INIT("TCP"),
      [MSIP_TLS] = MSIP_STR_INIT("TLS"), [MSIP_WS] = MSIP_STR_INIT("WS"),
      [MSIP_WSS] = MSIP_STR_INIT("WSS"),
  };

  return names[transport];
}
