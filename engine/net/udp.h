/* net/udp.h -- one UDP listener on a libuv loop.
 *
 * Whole batches come in: `receive` for each datagram, then `batch` once.  What
 * the socket cannot take at once waits in a bounded queue; beyond it a datagram
 * is lost and counted, as it might have been on the network.
 */
#pragma once

#include <uv.h>

#include "base/log.h"
#include "net/dgram.h"

struct msip_udp;

struct msip_udp_config {
  uv_loop_t *loop;
  struct msip_pool *pool;
  struct msip_log log;
  uint32_t link; /* for flows */
  struct msip_addr local;
  /* Must not free the listener. */
  void (*receive)(void *arg, const struct msip_flow *flow,
                  struct msip_str bytes);
  void (*batch)(void *arg);
  void *arg;
};

/* MSIP_ESYSTEM or MSIP_ENOMEM with a sentence in `why`. */
int msip_udp_new(struct msip_udp **out, const struct msip_udp_config *config,
                 char *why, size_t room);
/* The memory goes when the loop has run once more.  NULL is fine. */
void msip_udp_free(struct msip_udp *udp);

/* As bound. */
const struct msip_addr *msip_udp_local(const struct msip_udp *udp);
/* 0: sent or queued.  MSIP_ETRANSPORT: the system refused. */
int msip_udp_send(struct msip_udp *udp, const struct msip_flow *to,
                  struct msip_str bytes);
/* The path of a datagram to `remote`; as msip_dgram_source. */
int msip_udp_open(const struct msip_udp *udp, const struct msip_addr *remote,
                  struct msip_flow *flow);
bool msip_udp_has_queue(const struct msip_udp *udp);

struct msip_udp_losses {
  uint64_t in;  /* the receive buffer was full */
  uint64_t out; /* the queue was full */
};
struct msip_udp_losses msip_udp_losses(const struct msip_udp *udp);
