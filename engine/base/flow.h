/* base/flow.h -- the path a message came by, and the one an answer takes. */
#pragma once

#include "base/addr.h"

enum msip_transport {
  MSIP_UDP,
  MSIP_TCP,
  MSIP_TLS,
  MSIP_WS,
  MSIP_WSS,
};

struct msip_flow {
  enum msip_transport transport;
  uint32_t link;           /* the listener or connection, as net/ numbers it */
  struct msip_addr remote; /* the peer */
  struct msip_addr local;  /* our address the bytes came to or leave from */
};

/* Everything but UDP: no retransmission timers. */
static inline bool msip_flow_is_reliable(const struct msip_flow *flow)
{
  return flow->transport != MSIP_UDP;
}

/* "UDP", as a Via spells it. */
struct msip_str msip_transport_name(enum msip_transport transport);
