/* net/dgram.h -- datagrams in and out of one UDP socket, many per system call,
 * each with the local address that it came to.
 *
 * A socket bound to 0.0.0.0 or :: must say in Contact and Via which of the
 * machine's addresses a peer used, and must answer from that one.  Only
 * IP_PKTINFO tells, and uv_udp_t hides it, so the system calls are made here
 * and libuv only watches the descriptor (net/udp.c).
 */
#pragma once

#include "base/flow.h"
#include "base/pool.h"

enum { MSIP_DGRAM_BATCH = 32, MSIP_DGRAM_ROOM = 65536 };

struct msip_dgram_batch; /* receive buffers */

struct msip_dgram {
  int fd;
  bool any; /* bound to 0.0.0.0 or :: */
  struct msip_addr local;
  struct msip_pool *pool;
  struct msip_dgram_batch *batch;
  unsigned filled;  /* datagrams of the last receive */
  uint32_t dropped; /* by the kernel because its receive buffer was full */
};

/* A bound, non-blocking socket; port 0 takes a free one.  MSIP_ESYSTEM with
 * errno set, MSIP_ENOMEM. */
int msip_dgram_open(struct msip_dgram *d, struct msip_pool *pool,
                    const struct msip_addr *local);
void msip_dgram_close(struct msip_dgram *d);

/* Reads what is there, at most MSIP_DGRAM_BATCH: how many, 0 for none, or
 * MSIP_ESYSTEM with errno set. */
int msip_dgram_receive(struct msip_dgram *d);
/* The i-th datagram of the last receive; fills remote and local of `flow`. */
struct msip_str msip_dgram_at(struct msip_dgram *d, unsigned i,
                              struct msip_flow *flow);

/* The address that a datagram to `remote` leaves from: where the socket is
 * bound, or for 0.0.0.0 and :: what the system's routes say.  MSIP_ETRANSPORT
 * when there is none. */
int msip_dgram_source(const struct msip_dgram *d,
                      const struct msip_addr *remote, struct msip_addr *out);

/* 0, MSIP_EPENDING when the socket's buffer is full, or MSIP_ETRANSPORT with
 * errno set. */
int msip_dgram_send(struct msip_dgram *d, const struct msip_flow *to,
                    struct msip_str bytes);
