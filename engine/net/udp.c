#include "net/udp.h"

#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "base/list.h"

enum { QUEUE_MAX = 8 << 20 }; /* bytes */

struct queued {
  struct msip_link_node node;
  struct msip_flow to;
  size_t len;
  char bytes[];
};

struct msip_udp {
  uv_poll_t poll; /* first: the close callback finds the listener by it */
  struct msip_udp_config config;
  struct msip_dgram dgram;
  struct msip_link_node queue;
  size_t queue_bytes;
  uint64_t lost_out;
};

static void on_ready(uv_poll_t *poll, int status, int events);

static void watch(struct msip_udp *udp)
{
  int events =
      msip_udp_has_queue(udp) ? UV_READABLE | UV_WRITABLE : UV_READABLE;

  uv_poll_start(&udp->poll, events, on_ready);
}

static void dequeue(struct msip_udp *udp, struct queued *q)
{
  msip_list_del(&q->node);
  udp->queue_bytes -= q->len;
  msip_pool_give(udp->config.pool, q, sizeof *q + q->len);
}

/* Sends what waits until the socket is full again.  A refusal comes too late
 * for whoever sent it, so it counts as a loss. */
static void flush(struct msip_udp *udp)
{
  while (!msip_list_empty(&udp->queue)) {
    struct queued *q = MSIP_CONTAINER(udp->queue.next, struct queued, node);
    int err =
        msip_dgram_send(&udp->dgram, &q->to, msip_str_of(q->bytes, q->len));

    if (err == MSIP_EPENDING)
      return;
    udp->lost_out += err != 0;
    dequeue(udp, q);
  }
  watch(udp);
}

static void receive(struct msip_udp *udp)
{
  const struct msip_udp_config *config = &udp->config;
  struct msip_flow flow = {.transport = MSIP_UDP, .link = config->link};
  int n = msip_dgram_receive(&udp->dgram);

  if (n < 0)
    msip_log(&config->log, MSIP_LOG_WARN, MSIP_STR(""), "udp: receiving: %s",
             uv_strerror(uv_translate_sys_error(errno)));
  for (int i = 0; i < n; i++) {
    struct msip_str bytes = msip_dgram_at(&udp->dgram, (unsigned)i, &flow);

    if (flow.remote.family)
      config->receive(config->arg, &flow, bytes);
  }
  if (n > 0)
    config->batch(config->arg);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
  struct msip_udp *udp = (struct msip_udp *)poll;

  if (status < 0) /* libuv stopped watching; reading clears the error */
    watch(udp);
  if (events & UV_WRITABLE)
    flush(udp);
  if (status < 0 || events & UV_READABLE)
    receive(udp);
}

static void say(char *why, size_t room, const struct msip_udp_config *config,
                const char *what)
{
  char text[80];
  struct msip_buf name;

  msip_buf_init(&name, config->pool, sizeof text);
  msip_addr_format(&name, &config->local);
  snprintf(why, room, "cannot listen on udp:%.*s: %s", (int)name.len,
           msip_buf_str(&name).at, what);
  msip_buf_fini(&name);
}

int msip_udp_new(struct msip_udp **out, const struct msip_udp_config *config,
                 char *why, size_t room)
{
  struct msip_udp *udp = msip_pool_zero(config->pool, sizeof *udp);
  int err = udp ? msip_dgram_open(&udp->dgram, config->pool, &config->local)
                : MSIP_ENOMEM;

  if (!err && uv_poll_init(config->loop, &udp->poll, udp->dgram.fd)) {
    msip_dgram_close(&udp->dgram);
    err = MSIP_ENOMEM;
  }
  if (err) {
    say(why, room, config,
        err == MSIP_ESYSTEM ? uv_strerror(uv_translate_sys_error(errno))
                            : msip_err_text(err));
    msip_pool_give(config->pool, udp, sizeof *udp);
    return err;
  }
  udp->config = *config;
  msip_list_init(&udp->queue);
  watch(udp);
  *out = udp;
  return 0;
}

static void on_closed(uv_handle_t *handle)
{
  struct msip_udp *udp = (struct msip_udp *)handle;

  msip_pool_give(udp->config.pool, udp, sizeof *udp);
}

void msip_udp_free(struct msip_udp *udp)
{
  if (!udp)
    return;
  while (!msip_list_empty(&udp->queue))
    dequeue(udp, MSIP_CONTAINER(udp->queue.next, struct queued, node));
  uv_close((uv_handle_t *)&udp->poll, on_closed);
  msip_dgram_close(&udp->dgram);
}

const struct msip_addr *msip_udp_local(const struct msip_udp *udp)
{
  return &udp->dgram.local;
}

static void enqueue(struct msip_udp *udp, const struct msip_flow *to,
                    struct msip_str bytes)
{
  struct queued *q = NULL;

  if (udp->queue_bytes + bytes.len <= QUEUE_MAX)
    q = msip_pool_take(udp->config.pool, sizeof *q + bytes.len);
  if (!q) {
    udp->lost_out++;
    return;
  }
  q->to = *to;
  q->len = bytes.len;
  memcpy(q->bytes, bytes.at, bytes.len);
  udp->queue_bytes += q->len;
  msip_list_add(&udp->queue, &q->node);
  watch(udp);
}

int msip_udp_send(struct msip_udp *udp, const struct msip_flow *to,
                  struct msip_str bytes)
{
  int err = msip_udp_has_queue(udp) ? MSIP_EPENDING
                                    : msip_dgram_send(&udp->dgram, to, bytes);

  if (err != MSIP_EPENDING)
    return err;
  enqueue(udp, to, bytes);
  return 0;
}

int msip_udp_open(const struct msip_udp *udp, const struct msip_addr *remote,
                  struct msip_flow *flow)
{
  struct msip_flow made = {
      .transport = MSIP_UDP, .link = udp->config.link, .remote = *remote};
  int err = msip_dgram_source(&udp->dgram, remote, &made.local);

  if (!err)
    *flow = made;
  return err;
}

bool msip_udp_has_queue(const struct msip_udp *udp)
{
  return !msip_list_empty(&udp->queue);
}

struct msip_udp_losses msip_udp_losses(const struct msip_udp *udp)
{
  return (struct msip_udp_losses){udp->dgram.dropped, udp->lost_out};
}
