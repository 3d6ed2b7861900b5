/* Requests that are sent on: bytes choose what the caller sends, into how many
 * branches the script sends it, what these answer, how much time passes and
 * when memory is out.  Whatever happens, memory stays sound, one final response
 * goes up, and everything is gone when timer C is over. */
#include "ua/relay.h"
#include "ua/ua.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HELD = 4, SENT = 8, TEXT = 2048, HORIZON_MS = 800000 };

struct world {
  const uint8_t *data;
  size_t left;
  struct msip_pool pool;
  struct msip_settings settings;
  struct msip_ua *ua;
  msip_time now;
  unsigned cseq, via, sent_count, finals;
  char sent[SENT][TEXT]; /* requests to targets */
  struct msip_request *held[HELD];
};

static unsigned next(struct world *w)
{
  if (w->left == 0)
    return 0;
  w->left--;
  return *w->data++;
}

static int on_send(void *arg, const struct msip_flow *to, struct msip_str bytes)
{
  struct world *w = arg;

  assert(to->remote.port != 0);
  assert(bytes.len > 20 && bytes.len <= 65535);
  if (bytes.at[0] != 'S' && bytes.len < TEXT &&
      !msip_str_starts(bytes, MSIP_STR("ACK "))) {
    char *text = w->sent[w->sent_count++ % SENT];

    memcpy(text, bytes.at, bytes.len);
    text[bytes.len] = '\0';
  }
  return (w->left & 63) == 63 ? MSIP_ETRANSPORT : 0;
}

static int on_open(void *arg, enum msip_transport transport,
                   const struct msip_addr *remote, struct msip_flow *flow)
{
  (void)arg;
  *flow = (struct msip_flow){
      .transport = transport,
      .remote = *remote,
      .local = {.family = 4, .port = 5060, .ip = {192, 0, 2, 1}}};
  return 0;
}

static void on_release(void *arg, void *box)
{
  struct msip_request **slot = box;

  (void)arg;
  *slot = NULL;
}

static void receive(struct world *w, const char *text, unsigned host)
{
  struct msip_flow flow = {
      MSIP_UDP,
      0,
      {.family = 4, .port = 5080, .ip = {192, 0, 2, (uint8_t)host}},
      {.family = 4, .port = 5060, .ip = {192, 0, 2, 1}}};

  msip_ua_receive(w->ua, &flow, msip_str_c(text), w->now);
}

static void ask(struct world *w)
{
  static const char *const methods[] = {"INVITE", "INVITE",  "INVITE", "CANCEL",
                                        "ACK",    "MESSAGE", "BYE",    "NEW"};
  static const char *const extra[] = {
      "",
      "Route: <sip:192.0.2.1;lr>\r\n",
      "Route: <sip:192.0.2.1;lr>, <sip:192.0.2.8>\r\n",
      "Max-Breadth: 1\r\n",
      "Max-Forwards: 0\r\n",
      "Proxy-Require: x\r\n",
      "Proxy-Authorization: Digest realm=\"r\", a=b\r\nRequire: q\r\n",
      "Route: <sip:192.0.2.8;lr>\r\nMax-Forwards: 1\r\n",
  };
  unsigned m = next(w) & 7, choice = next(w);
  char text[TEXT];

  if (!(choice & 128))
    w->via++;
  snprintf(text, sizeof text,
           "%s sip:b@192.0.2.1 SIP/2.0\r\n"
           "Via: SIP/2.0/UDP 192.0.2.9:5080;branch=z9hG4bK%u%s\r\n"
           "From: <sip:a@192.0.2.9>;tag=a\r\nTo: <sip:b@192.0.2.1>%s\r\n"
           "Call-ID: c\r\nCSeq: %u %s\r\nContact: <sip:a@192.0.2.9>\r\n"
           "%sContent-Length: 0\r\n\r\n",
           methods[m], w->via, choice & 8 ? ";rport" : "",
           choice & 16 ? ";tag=b" : "", choice & 32 ? 1 : ++w->cseq, methods[m],
           extra[choice & 7]);
  receive(w, text, 9);
}

/* The request of ours that was sent as number `which`, to itself or on. */
static void loop_back(struct world *w)
{
  const char *text = w->sent[next(w) % SENT];

  if (text[0])
    receive(w, text, 1);
}

static size_t copy_rows(char *out, size_t at, const char *text,
                        const char *name)
{
  const char *row = text;
  size_t len = strlen(name);

  while ((row = strstr(row, "\r\n")) != NULL) {
    const char *end = strstr(row + 2, "\r\n");

    row += 2;
    if (!end || end == row)
      break;
    if (strncmp(row, name, len) == 0 && at + (size_t)(end - row) + 2 < TEXT) {
      memcpy(out + at, row, (size_t)(end - row) + 2);
      at += (size_t)(end - row) + 2;
    }
  }
  out[at] = '\0';
  return at;
}

static void answer_branch(struct world *w)
{
  static const unsigned status[] = {100, 180, 183, 200, 200, 302, 401, 404,
                                    407, 408, 486, 487, 503, 600, 202, 500};
  const char *text = w->sent[next(w) % SENT];
  unsigned choice = next(w);
  char out[TEXT];
  size_t at;

  if (!text[0])
    return;
  at = (size_t)snprintf(out, sizeof out, "SIP/2.0 %u X\r\n",
                        status[choice & 15]);
  at = copy_rows(out, at, text, "Via:");
  at = copy_rows(out, at, text, "From:");
  at = copy_rows(out, at, text, "Call-ID:");
  at = copy_rows(out, at, text, "CSeq:");
  snprintf(out + at, sizeof out - at,
           "To: <sip:b@192.0.2.1>;tag=b%u\r\nWWW-Authenticate: Digest a=b\r\n"
           "Content-Length: 0\r\n\r\n",
           choice >> 4 & 3);
  receive(w, out, 4);
}

static void relay(struct world *w, struct msip_request *r)
{
  static const struct msip_str targets[] = {
      MSIP_STR_INIT(""), MSIP_STR_INIT("sip:b@192.0.2.4"),
      MSIP_STR_INIT("sip:c@192.0.2.5;lr"), MSIP_STR_INIT("sip:name.example")};
  unsigned how = next(w), count = how & 3;
  struct msip_str route = MSIP_STR("<sip:192.0.2.6;lr>");
  struct msip_relay_rules rules = {.preloaded = how & 4, .tells = how & 8};
  struct msip_relay_options options = {.routes = &route,
                                       .route_count = how & 16 ? 1 : 0,
                                       .realm = MSIP_STR("r"),
                                       .record_route = how & 32,
                                       .path = how & 64,
                                       .max_breadth = 60,
                                       .timeout_ms = how & 128 ? 3000 : 0};

  if (msip_request_relay_begin(r, &rules) != 0)
    return;
  for (unsigned i = 0; i <= count; i++) {
    struct msip_outgoing *out = NULL;

    options.target = targets[next(w) & 3];
    msip_request_relay(r, &options, &out);
  }
}

static void decide(struct world *w, struct msip_request *r,
                   const struct msip_msg *response)
{
  struct msip_reply reply = {.status = 480};
  const struct msip_msg *more[1] = {response};
  struct msip_bytes *sent = NULL;

  switch (next(w) & 7) {
  case 0:
    msip_request_reject(r, &reply, &sent);
    break;
  case 1:
    msip_request_script_failed(r);
    break;
  case 2:
    msip_request_abandon(r);
    break;
  case 3:
    msip_request_relay_silence(r);
    break;
  case 4:
    if (response)
      msip_request_relay_response(r, response, more, 1, &sent);
    break;
  default:
    relay(w, r);
    break;
  }
  msip_bytes_drop(sent);
}

static void hold(struct world *w, struct msip_request *r)
{
  for (unsigned i = 0; i < HELD; i++)
    if (!w->held[i]) {
      w->held[i] = r;
      msip_request_set_box(r, &w->held[i]);
      break;
    }
  relay(w, r);
}

static void drain(struct world *w)
{
  struct msip_event e;

  while (msip_ua_next_event(w->ua, &e)) {
    struct msip_request *r =
        e.outgoing ? msip_outgoing_relayed(e.outgoing) : NULL;

    if (e.kind == MSIP_EV_REQUEST)
      hold(w, e.request);
    else if (r && next(w) & 1)
      msip_outgoing_relay_cancel(e.outgoing);
    else if (r && (!e.message || e.message->status >= 200))
      decide(w, r, e.message);
    msip_msg_drop(e.message);
  }
  msip_ua_sweep(w->ua);
}

static void pass_time(struct world *w, msip_time ms)
{
  msip_time end = w->now + ms;

  while (w->now < end) {
    msip_time due = msip_ua_deadline(w->ua);

    w->now = due < w->now + 1 ? w->now + 1 : due < end ? due : end;
    msip_ua_advance(w->ua, w->now);
    drain(w);
  }
}

static void begin(struct world *w)
{
  struct msip_ua_config config = {
      .pool = &w->pool,
      .settings = &w->settings,
      .link = {.send = on_send, .open = on_open, .arg = w},
      .key = {1, 2},
      .now = 1000,
      .arg = w,
      .on_release = on_release};

  msip_pool_init(&w->pool);
  msip_settings_init(&w->settings);
  w->settings.proxy = 1;
  w->now = 1000;
  w->ua = msip_ua_new(&config);
  msip_ua_set_served(w->ua, ~0u);
}

static void step(struct world *w)
{
  switch (next(w) & 7) {
  case 0:
  case 1:
    ask(w);
    break;
  case 2:
  case 3:
    answer_branch(w);
    break;
  case 4:
    loop_back(w);
    break;
  case 5:
    w->pool.fail_after = next(w) & 31;
    break;
  case 6:
    pass_time(w, next(w) * 4);
    break;
  default:
    pass_time(w, next(w) * 800);
    break;
  }
  drain(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct world w = {.data = data, .left = size};
  struct msip_census census;

  if (size > 512)
    return 0;
  begin(&w);
  while (w.left > 0)
    step(&w);
  w.pool.fail_after = 0;
  for (unsigned i = 0; i < HELD; i++)
    if (w.held[i])
      msip_request_abandon(w.held[i]);
  drain(&w);
  pass_time(&w, HORIZON_MS);
  census = msip_ua_census(w.ua);
  assert(census.requests == 0 && census.outgoing == 0);
  assert(census.transactions == 0 && census.sessions == 0);
  assert(census.timers == 0);
  msip_ua_free(w.ua);
  assert(w.pool.live_bytes == 0);
  msip_settings_fini(&w.settings);
  msip_pool_fini(&w.pool);
  return 0;
}
