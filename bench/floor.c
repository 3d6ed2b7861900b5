/* bench/floor.c -- what answering costs when nothing is kept.
 *
 * A libuv socket that answers the re-INVITE call with prepared text: the lines
 * that a response must repeat are copied, nothing is checked, no state exists.
 * What another server costs beyond this is the price of its protocol.
 *
 *   bench_floor PORT
 */
#define _GNU_SOURCE /* memmem */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

enum {
  DATAGRAM = 64 * 1024, /* one slot of a receive buffer, as libuv wants it */
  SLOTS = 20,
  REPLY = 4096,
};

static char slots[SLOTS * DATAGRAM];
static char contact[64];

static const char sdp[] = "v=0\r\n"
                          "o=floor 1 1 IN IP4 127.0.0.1\r\n"
                          "s=-\r\n"
                          "c=IN IP4 127.0.0.1\r\n"
                          "t=0 0\r\n"
                          "m=audio 20000 RTP/AVP 0\r\n"
                          "a=rtpmap:0 PCMU/8000\r\n";

struct reply {
  char at[REPLY];
  size_t len;
};

static void add(struct reply *r, const char *text, size_t len)
{
  if (len > sizeof r->at - r->len)
    return;
  memcpy(r->at + r->len, text, len);
  r->len += len;
}

static void add_text(struct reply *r, const char *text)
{
  add(r, text, strlen(text));
}

static bool starts(const char *line, size_t len, const char *name)
{
  size_t n = strlen(name);

  return len > n && memcmp(line, name, n) == 0;
}

/* The To line, with a tag of ours when it has none.  True when it had one: the
 * request belongs to a call. */
static bool add_to(struct reply *r, const char *line, size_t len)
{
  if (memmem(line, len, ";tag=", 5)) {
    add(r, line, len);
    return true;
  }
  add(r, line, len - 2);
  add_text(r, ";tag=floor\r\n");
  return false;
}

/* Copies what every response repeats (RFC 3261 8.2.6.2).  Returns whether the
 * request was sent inside a call. */
static bool repeat(struct reply *r, const char *at, const char *end)
{
  bool in_call = false;

  while (at < end && *at != '\r') {
    const char *lf = memchr(at, '\n', (size_t)(end - at));
    size_t len = lf ? (size_t)(lf - at) + 1 : (size_t)(end - at);

    if (starts(at, len, "To:"))
      in_call = add_to(r, at, len);
    else if (starts(at, len, "Via:") || starts(at, len, "From:") ||
             starts(at, len, "Call-ID:") || starts(at, len, "CSeq:"))
      add(r, at, len);
    at += len;
  }
  return in_call;
}

static void send_reply(uv_udp_t *socket, struct reply *r,
                       const struct sockaddr *to)
{
  uv_buf_t buf = uv_buf_init(r->at, (unsigned)r->len);

  uv_udp_try_send(socket, &buf, 1, to);
}

static void answer_invite(uv_udp_t *socket, struct reply *head, bool in_call,
                          const struct sockaddr *to)
{
  static const char ringing[] = "SIP/2.0 180 Ringing\r\n";
  static const char ok[] = "SIP/2.0 200 OK\r\n";
  struct reply r;
  char length[64];

  if (!in_call) {
    r.len = 0;
    add(&r, ringing, sizeof ringing - 1);
    add(&r, head->at, head->len);
    add_text(&r, contact);
    add_text(&r, "Content-Length: 0\r\n\r\n");
    send_reply(socket, &r, to);
  }
  r.len = 0;
  add(&r, ok, sizeof ok - 1);
  add(&r, head->at, head->len);
  add_text(&r, contact);
  snprintf(length, sizeof length,
           "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n",
           sizeof sdp - 1);
  add_text(&r, length);
  add(&r, sdp, sizeof sdp - 1);
  send_reply(socket, &r, to);
}

static void answer(uv_udp_t *socket, const char *at, size_t len,
                   const struct sockaddr *from)
{
  const char *end = at + len;
  const char *headers = memchr(at, '\n', len);
  struct reply head;
  struct reply r;
  bool in_call;

  if (!headers || starts(at, len, "ACK "))
    return;
  head.len = 0;
  in_call = repeat(&head, headers + 1, end);
  if (starts(at, len, "INVITE ")) {
    answer_invite(socket, &head, in_call, from);
    return;
  }
  r.len = 0;
  add_text(&r, "SIP/2.0 200 OK\r\n");
  add(&r, head.at, head.len);
  add_text(&r, "Content-Length: 0\r\n\r\n");
  send_reply(socket, &r, from);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
  (void)handle;
  (void)suggested;
  *buf = uv_buf_init(slots, sizeof slots);
}

static void on_datagram(uv_udp_t *socket, ssize_t len, const uv_buf_t *buf,
                        const struct sockaddr *from, unsigned flags)
{
  if (len > 0 && from && !(flags & UV_UDP_PARTIAL))
    answer(socket, buf->base, (size_t)len, from);
}

int main(int argc, char **argv)
{
  int port = argc == 2 ? (int)strtol(argv[1], NULL, 10) : 0;
  struct sockaddr_in local;
  uv_loop_t loop;
  uv_udp_t socket;

  if (port <= 0 || uv_ip4_addr("127.0.0.1", port, &local) != 0) {
    fprintf(stderr, "usage: bench_floor PORT\n");
    return 2;
  }
  snprintf(contact, sizeof contact, "Contact: <sip:floor@127.0.0.1:%d>\r\n",
           port);
  uv_loop_init(&loop);
  uv_udp_init_ex(&loop, &socket, AF_INET | UV_UDP_RECVMMSG);
  if (uv_udp_bind(&socket, (struct sockaddr *)&local, 0) != 0 ||
      uv_udp_recv_start(&socket, on_alloc, on_datagram) != 0) {
    fprintf(stderr, "bench_floor: cannot listen on port %d\n", port);
    return 1;
  }
  fprintf(stderr, "listening on udp:127.0.0.1:%d\n", port);
  return uv_run(&loop, UV_RUN_DEFAULT);
}
