#define _GNU_SOURCE /* recvmmsg, struct in6_pktinfo */
#include "net/dgram.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/err.h"
#include "net/sockaddr.h"

enum {
  RECEIVE_BUFFER = 4 << 20, /* asked of the kernel, which may give less */
  CONTROL_ROOM = 128,
};

struct msip_dgram_batch {
  struct mmsghdr head[MSIP_DGRAM_BATCH];
  struct iovec part[MSIP_DGRAM_BATCH];
  struct sockaddr_storage from[MSIP_DGRAM_BATCH];
  _Alignas(struct cmsghdr) char control[MSIP_DGRAM_BATCH][CONTROL_ROOM];
  char bytes[MSIP_DGRAM_BATCH][MSIP_DGRAM_ROOM];
};

static void prepare(struct msip_dgram_batch *batch, unsigned i)
{
  struct msghdr *m = &batch->head[i].msg_hdr;

  batch->part[i] = (struct iovec){batch->bytes[i], MSIP_DGRAM_ROOM};
  *m = (struct msghdr){.msg_name = &batch->from[i],
                       .msg_namelen = sizeof batch->from[i],
                       .msg_iov = &batch->part[i],
                       .msg_iovlen = 1,
                       .msg_control = batch->control[i],
                       .msg_controllen = CONTROL_ROOM};
}

static void set_options(const struct msip_dgram *d)
{
  int on = 1, size = RECEIVE_BUFFER;

  if (setsockopt(d->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size))
    setsockopt(d->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt(d->fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  if (d->local.family == 6) /* 0.0.0.0 may be bound beside :: */
    setsockopt(d->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (d->any && d->local.family == 6)
    setsockopt(d->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  else if (d->any)
    setsockopt(d->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
}

static int bind_to(struct msip_dgram *d)
{
  struct sockaddr_storage name;
  socklen_t len = msip_sockaddr_of(&name, &d->local);

  if (bind(d->fd, (struct sockaddr *)&name, len))
    return -1;
  len = sizeof name;
  if (getsockname(d->fd, (struct sockaddr *)&name, &len))
    return -1;
  d->local = msip_sockaddr_addr(&name);
  return 0;
}

int msip_dgram_open(struct msip_dgram *d, struct msip_pool *pool,
                    const struct msip_addr *local)
{
  struct msip_dgram fresh = {
      .fd = -1, .any = msip_addr_is_any(local), .local = *local, .pool = pool};

  fresh.fd = socket(local->family == 6 ? AF_INET6 : AF_INET,
                    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fresh.fd < 0)
    return MSIP_ESYSTEM;
  set_options(&fresh);
  if (bind_to(&fresh)) {
    int err = errno;

    close(fresh.fd);
    errno = err;
    return MSIP_ESYSTEM;
  }
  fresh.batch = msip_pool_take(pool, sizeof *fresh.batch);
  if (!fresh.batch) {
    close(fresh.fd);
    return MSIP_ENOMEM;
  }
  for (unsigned i = 0; i < MSIP_DGRAM_BATCH; i++)
    prepare(fresh.batch, i);
  *d = fresh;
  return 0;
}

void msip_dgram_close(struct msip_dgram *d)
{
  close(d->fd);
  d->fd = -1;
  msip_pool_give(d->pool, d->batch, sizeof *d->batch);
  d->batch = NULL;
}

int msip_dgram_receive(struct msip_dgram *d)
{
  struct msip_dgram_batch *batch = d->batch;

  for (unsigned i = 0; i < d->filled; i++)
    prepare(batch, i);
  d->filled = 0;

  int n = recvmmsg(d->fd, batch->head, MSIP_DGRAM_BATCH, MSG_DONTWAIT, NULL);

  if (n < 0)
    return errno == EAGAIN || errno == EINTR ? 0 : MSIP_ESYSTEM;
  d->filled = (unsigned)n;
  return n;
}

/* What the kernel tells beside the bytes: the local address and how many
 * datagrams it dropped since the socket was opened. */
static void read_control(struct msip_dgram *d, struct cmsghdr *c,
                         struct msip_addr *local)
{
  const unsigned char *data = CMSG_DATA(c);

  if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
    memcpy(&d->dropped, data, sizeof d->dropped);
  } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
    struct in_pktinfo info;

    memcpy(&info, data, sizeof info);
    memcpy(local->ip, &info.ipi_spec_dst, 4);
  } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
    struct in6_pktinfo info;

    memcpy(&info, data, sizeof info);
    memcpy(local->ip, &info.ipi6_addr, 16);
  }
}

struct msip_str msip_dgram_at(struct msip_dgram *d, unsigned i,
                              struct msip_flow *flow)
{
  struct mmsghdr *head = &d->batch->head[i];
  struct msghdr *m = &head->msg_hdr;

  flow->remote = msip_sockaddr_addr(&d->batch->from[i]);
  flow->local = d->local;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
    read_control(d, c, &flow->local);
  return msip_str_of(d->batch->bytes[i], head->msg_len);
}

/* Makes the kernel send from `local`. */
static void set_source(struct msghdr *m, char *control,
                       const struct msip_addr *local)
{
  struct cmsghdr *c = (struct cmsghdr *)(void *)control;

  m->msg_control = control;
  if (local->family == 6) {
    struct in6_pktinfo info = {0};

    memcpy(&info.ipi6_addr, local->ip, 16);
    m->msg_controllen = CMSG_SPACE(sizeof info);
    c->cmsg_level = IPPROTO_IPV6;
    c->cmsg_type = IPV6_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(c), &info, sizeof info);
  } else {
    struct in_pktinfo info = {0};

    memcpy(&info.ipi_spec_dst, local->ip, 4);
    m->msg_controllen = CMSG_SPACE(sizeof info);
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(c), &info, sizeof info);
  }
}

static bool wants_source(const struct msip_dgram *d,
                         const struct msip_addr *local)
{
  return d->any && local->family == d->local.family &&
         !msip_addr_is_any(local) && !msip_addr_is_group(local);
}

int msip_dgram_send(struct msip_dgram *d, const struct msip_flow *to,
                    struct msip_str bytes)
{
  _Alignas(struct cmsghdr) char control[CONTROL_ROOM] = {0};
  struct sockaddr_storage name;
  struct iovec part = {(void *)(uintptr_t)bytes.at, bytes.len};
  struct msghdr m = {.msg_name = &name,
                     .msg_namelen = msip_sockaddr_of(&name, &to->remote),
                     .msg_iov = &part,
                     .msg_iovlen = 1};

  if (wants_source(d, &to->local))
    set_source(&m, control, &to->local);
  while (sendmsg(d->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    if (errno == EAGAIN || errno == ENOBUFS)
      return MSIP_EPENDING;
    if (errno != EINTR)
      return MSIP_ETRANSPORT;
  }
  return 0;
}

int msip_dgram_source(const struct msip_dgram *d,
                      const struct msip_addr *remote, struct msip_addr *out)
{
  struct sockaddr_storage name;
  socklen_t len = msip_sockaddr_of(&name, remote);
  int fd, err = MSIP_ETRANSPORT;

  *out = d->local;
  if (d->local.family != remote->family)
    return MSIP_ETRANSPORT;
  if (!d->any)
    return 0;
  fd = socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return MSIP_ETRANSPORT;
  if (connect(fd, (struct sockaddr *)&name, len) == 0) {
    len = sizeof name;
    if (getsockname(fd, (struct sockaddr *)&name, &len) == 0) {
      *out = msip_sockaddr_addr(&name);
      out->port = d->local.port;
      err = 0;
    }
  }
  close(fd);
  return err;
}
