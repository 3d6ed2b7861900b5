/* transport/link.h -- what net/ (or a simulation) offers the engine. */
#pragma once

#include "base/flow.h"

struct msip_link {
  /* Sends one message, now or from a queue.  The bytes are good for the call
   * only.  0, or MSIP_ETRANSPORT when it is known to have failed. */
  int (*send)(void *arg, const struct msip_flow *to, struct msip_str bytes);
  /* The path that a request of ours to `remote` takes.  0, or MSIP_ETRANSPORT:
   * no listener of ours reaches it. */
  int (*open)(void *arg, enum msip_transport transport,
              const struct msip_addr *remote, struct msip_flow *flow);
  void *arg;
};
