/* bench/load.c -- calls a server as fast as it answers, so many at a time.
 *
 * Closed loop: a call that ends makes room for the next.  Prints one line of
 * NAME=VALUE pairs; the exit status says whether any call failed.
 *
 *   bench_load [--calls N] [--in-flight N] [--hold] PORT
 */
#define _GNU_SOURCE /* recvmmsg, sendmmsg */

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "load_call.h"

enum {
  BATCH = 64,
  IN_FLIGHT_MAX = 4096,
  T1_US = 500000,
  REPEATS_MAX = 6, /* then the call has failed: 0.5 + 1 + 2 + 4 + 4 + 4 s */
  TICK_US = 20000,
  LINGER_US = 1800000,
  BUCKET_US = 10,
  BUCKETS = 20000,
};

struct load {
  struct load_run run;
  int fd;
  uint32_t calls;
  uint32_t in_flight;
  uint32_t started;
  uint32_t ended;
  uint32_t failed;
  uint32_t repeated;
  struct load_call *call;
  uint32_t answer_times[BUCKETS];
  uint64_t answers;

  struct load_message out[BATCH + LOAD_OUT];
  unsigned out_count;
};

static uint64_t now_us(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void flush(struct load *l)
{
  struct mmsghdr headers[BATCH + LOAD_OUT];
  struct iovec parts[BATCH + LOAD_OUT];
  unsigned sent = 0;

  memset(headers, 0, sizeof headers);
  for (unsigned i = 0; i < l->out_count; i++) {
    parts[i] = (struct iovec){l->out[i].at, l->out[i].len};
    headers[i].msg_hdr.msg_iov = &parts[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  while (sent < l->out_count) {
    int n = sendmmsg(l->fd, headers + sent, l->out_count - sent, 0);

    if (n <= 0) /* what is lost here is repeated later */
      break;
    sent += (unsigned)n;
  }
  l->out_count = 0;
}

static void add(struct load *l, const struct load_message *message)
{
  struct load_message *slot = &l->out[l->out_count++];

  memcpy(slot->at, message->at, message->len);
  slot->len = message->len;
  if (l->out_count >= BATCH)
    flush(l);
}

static void sent(struct load_call *call, uint64_t now)
{
  call->sent_at = now;
  call->repeat_at = now + T1_US;
  call->repeats = 0;
}

static void start(struct load *l, uint32_t slot, uint64_t now)
{
  struct load_call *call = &l->call[slot];

  if (l->started == l->calls) {
    call->step = LOAD_DONE;
    return;
  }
  load_call_start(call, &l->run, slot, l->started++);
  add(l, &call->request);
  sent(call, now);
}

static void end(struct load *l, struct load_call *call, uint64_t now)
{
  l->ended++;
  if (call->step == LOAD_FAILED)
    l->failed++;
  start(l, call->slot, now);
}

static void note_answer(struct load *l, uint64_t took)
{
  uint64_t bucket = took / BUCKET_US;

  l->answer_times[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
  l->answers++;
}

static void on_datagram(struct load *l, const char *at, size_t len,
                        uint64_t now)
{
  struct load_response response;
  struct load_message out[LOAD_OUT];
  struct load_call *call;
  unsigned count;
  bool answered;

  if (!load_response_read(&response, at, len) || response.slot >= l->in_flight)
    return;
  call = &l->call[response.slot];
  if (call->number != response.number || call->step >= LOAD_HELD) {
    if (load_ack_again(&l->run, &response, &out[0]))
      add(l, &out[0]);
    return;
  }
  count = load_call_step(call, &l->run, &response, out, &answered);
  for (unsigned i = 0; i < count; i++)
    add(l, &out[i]);
  if (!answered)
    return;
  note_answer(l, now - call->sent_at);
  sent(call, now);
  if (call->step >= LOAD_HELD)
    end(l, call, now);
}

static void repeat_late(struct load *l, uint64_t now)
{
  for (uint32_t i = 0; i < l->in_flight; i++) {
    struct load_call *call = &l->call[i];

    if (call->step >= LOAD_HELD || now < call->repeat_at)
      continue;
    if (call->repeats == REPEATS_MAX) {
      call->step = LOAD_FAILED;
      end(l, call, now);
      continue;
    }
    call->repeats++;
    call->repeat_at =
        now + ((uint64_t)T1_US << (call->repeats < 3 ? call->repeats : 3));
    l->repeated++;
    add(l, &call->request);
  }
}

static void receive(struct load *l)
{
  static char bytes[BATCH][4096];
  struct mmsghdr headers[BATCH];
  struct iovec parts[BATCH];
  uint64_t now;
  int n;

  memset(headers, 0, sizeof headers);
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){bytes[i], sizeof bytes[i] - 1};
    headers[i].msg_hdr.msg_iov = &parts[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  n = recvmmsg(l->fd, headers, BATCH, MSG_WAITFORONE, NULL);
  now = now_us();
  for (int i = 0; i < n; i++) {
    bytes[i][headers[i].msg_len] = '\0';
    on_datagram(l, bytes[i], headers[i].msg_len, now);
  }
}

/* Held calls stay up: see to it that no ACK of theirs was lost. */
static void linger(struct load *l)
{
  uint64_t until = now_us() + LINGER_US;

  while (now_us() < until) {
    receive(l);
    flush(l);
  }
}

static void loop(struct load *l)
{
  uint64_t tick = now_us();

  for (uint32_t i = 0; i < l->in_flight; i++)
    start(l, i, tick);
  flush(l);
  while (l->ended < l->calls) {
    receive(l);
    if (now_us() - tick >= TICK_US) {
      tick = now_us();
      repeat_late(l, tick);
    }
    flush(l);
  }
}

static int open_socket(struct load *l)
{
  struct sockaddr_in server = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)l->run.port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_in own = {0};
  socklen_t own_len = sizeof own;
  struct timeval patience = {.tv_usec = TICK_US};
  int room = 4 << 20;

  l->fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (l->fd < 0 ||
      connect(l->fd, (struct sockaddr *)&server, sizeof server) != 0 ||
      getsockname(l->fd, (struct sockaddr *)&own, &own_len) != 0)
    return -1;
  setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  l->run.own_port = ntohs(own.sin_port);
  l->run.id = (unsigned)getpid();
  return 0;
}

static unsigned percentile(const struct load *l, double part)
{
  uint64_t below = (uint64_t)((double)l->answers * part);
  uint64_t seen = 0;
  unsigned bucket = 0;

  while (bucket < BUCKETS - 1 && (seen += l->answer_times[bucket]) <= below)
    bucket++;
  return (bucket + 1) * BUCKET_US;
}

static bool read_options(struct load *l, int argc, char **argv)
{
  static const struct option options[] = {
      {"calls", required_argument, NULL, 'n'},
      {"in-flight", required_argument, NULL, 'l'},
      {"hold", no_argument, NULL, 'h'},
      {0},
  };
  int option;

  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'n')
      l->calls = (uint32_t)strtoul(optarg, NULL, 10);
    else if (option == 'l')
      l->in_flight = (uint32_t)strtoul(optarg, NULL, 10);
    else if (option == 'h')
      l->run.hold = true;
    else
      return false;
  }
  if (optind + 1 != argc)
    return false;
  l->run.port = (unsigned)strtoul(argv[optind], NULL, 10);
  return l->run.port > 0 && l->calls > 0 && l->in_flight > 0 &&
         l->in_flight <= IN_FLIGHT_MAX;
}

int main(int argc, char **argv)
{
  static struct load l = {.calls = 10000, .in_flight = 64};
  uint64_t began;
  double seconds;

  if (!read_options(&l, argc, argv)) {
    fprintf(stderr,
            "usage: bench_load [--calls N] [--in-flight N] [--hold] PORT\n");
    return 2;
  }
  l.call = calloc(l.in_flight, sizeof *l.call);
  if (!l.call || open_socket(&l) != 0) {
    fprintf(stderr, "bench_load: %s\n", strerror(errno));
    return 2;
  }
  began = now_us();
  loop(&l);
  seconds = (double)(now_us() - began) / 1e6;
  if (l.run.hold)
    linger(&l);
  printf("calls=%u failed=%u seconds=%.3f rate=%.0f p50_us=%u p99_us=%u "
         "repeated=%u\n",
         l.calls, l.failed, seconds, (double)l.calls / seconds,
         percentile(&l, 0.5), percentile(&l, 0.99), l.repeated);
  free(l.call);
  return l.failed > 0;
}
