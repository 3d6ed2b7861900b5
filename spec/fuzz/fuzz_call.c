/* Calls that we begin: bytes choose what the script asks for, what the callee's
 * forks answer and ask, how much time passes and when memory is out.  Whatever
 * happens, memory stays sound, every request comes to one end, and everything
 * is gone when the last ringing is over. */
#include "ua/ua.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SENT = 8, CALLS = 3, SESSIONS = 6, TEXT = 3072, HORIZON_MS = 900000 };

#define SDP "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\n"

struct call {
  struct msip_outgoing *outgoing;
  unsigned results; /* final ones and failures, of the first fork */
};

struct world {
  const uint8_t *data;
  size_t left;
  struct msip_pool pool;
  struct msip_settings settings;
  struct msip_ua *ua;
  msip_time now;
  unsigned sent_count, cseq, via;
  char sent[SENT][TEXT]; /* our requests but ACK */
  struct call call[CALLS];
  struct msip_session *session[SESSIONS];
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
  struct world *w = arg;

  for (unsigned i = 0; i < SESSIONS; i++)
    if (box == &w->session[i])
      w->session[i] = NULL;
  for (unsigned i = 0; i < CALLS; i++)
    if (box == &w->call[i])
      w->call[i].outgoing = NULL;
}

static void receive(struct world *w, const char *text)
{
  struct msip_flow flow = {MSIP_UDP,
                           0,
                           {.family = 4, .port = 5060, .ip = {192, 0, 2, 9}},
                           {.family = 4, .port = 5060, .ip = {192, 0, 2, 1}}};

  msip_ua_receive(w->ua, &flow, msip_str_c(text), w->now);
}

/* --- the callee ---------------------------------------------------------- */

/* The value of a header in a request we sent. */
static void value(const char *text, const char *name, char *out, size_t room)
{
  const char *at = strstr(text, name);
  size_t n = 0;

  for (at = at ? at + strlen(name) : ""; *at && *at != '\r' && n + 1 < room;)
    out[n++] = *at++;
  out[n] = '\0';
}

static const char *const response_headers[] = {
    "",
    "Require: 100rel\r\nRSeq: 1\r\n",
    "Require: 100rel\r\nRSeq: 2\r\n",
    "Session-Expires: 90;refresher=uac\r\nRequire: timer\r\n",
    "Session-Expires: 90;refresher=uas\r\nAllow: INVITE, UPDATE\r\n",
    "Min-SE: 2000\r\nUnsupported: 100rel\r\n",
    "Record-Route: <sip:192.0.2.7;lr>\r\nAllow: INVITE\r\n",
    ("Contact: <sip:c@192.0.2.9>;q=0.2, <sip:d@192.0.2.9?a=b>, "
     "<sip:e@host.invalid>\r\n"),
};

static void answer(struct world *w)
{
  static const unsigned status[] = {100, 180, 183, 199, 200, 200, 200, 302,
                                    408, 420, 422, 481, 487, 491, 500, 603};
  unsigned which = next(w), how = next(w), code = status[next(w) & 15];
  const char *request = w->sent[which % SENT];
  const char *body = how & 8 ? SDP : "";
  char via[400], from[400], to[400], call_id[200], cseq[60], text[TEXT];
  char tag[8] = "";

  if (!*request)
    return;
  value(request, "\r\nVia: ", via, sizeof via);
  value(request, "\r\nFrom: ", from, sizeof from);
  value(request, "\r\nTo: ", to, sizeof to);
  value(request, "\r\nCall-ID: ", call_id, sizeof call_id);
  value(request, "\r\nCSeq: ", cseq, sizeof cseq);
  if (!strstr(to, ";tag=") && !(how & 128))
    snprintf(tag, sizeof tag, ";tag=%c", 'a' + (which >> 4 & 3));
  snprintf(text, sizeof text,
           "SIP/2.0 %u X\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s\r\nCall-ID: %s\r\n"
           "CSeq: %s\r\nContact: <sip:b@192.0.2.9:%u>\r\n%s%s"
           "Content-Length: %zu\r\n\r\n%s",
           code, via, from, to, tag, call_id, cseq, 5060 + (how >> 4 & 1),
           response_headers[how & 7],
           *body ? "Content-Type: application/sdp\r\n" : "", strlen(body),
           body);
  receive(w, text);
}

/* A request in one of the dialogs. */
static void ask(struct world *w)
{
  static const char *const methods[] = {"INVITE", "UPDATE", "BYE",
                                        "INFO",   "ACK",    "PRACK"};
  unsigned which = next(w), how = next(w);
  const char *method = methods[how % 6];
  const char *request = w->sent[which % SENT];
  const char *body = how & 128 ? SDP : "";
  char ours[400], call_id[200], text[TEXT];

  if (!*request)
    return;
  value(request, "\r\nFrom: ", ours, sizeof ours);
  value(request, "\r\nCall-ID: ", call_id, sizeof call_id);
  w->cseq += how >> 5 & 1;
  snprintf(
      text, sizeof text,
      "%s sip:a@192.0.2.1 SIP/2.0\r\n"
      "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK%u\r\n"
      "From: <sip:b@192.0.2.9>;tag=%c\r\nTo: %s\r\nCall-ID: %s\r\n"
      "CSeq: %u %s\r\nContact: <sip:b@192.0.2.9>\r\nMax-Forwards: 70\r\n"
      "%s%sContent-Length: %zu\r\n\r\n%s",
      method, w->via += !(how & 64), 'a' + (which >> 4 & 3), ours, call_id,
      w->cseq, method,
      which & 128 ? "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n"
                  : "",
      *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
  receive(w, text);
}

/* --- the script ---------------------------------------------------------- */

static struct msip_reply reply(unsigned how)
{
  return (struct msip_reply){.body_kind = how & 1 ? MSIP_REPLY_BODY_GIVEN
                                                  : MSIP_REPLY_BODY_DEFAULT,
                             .body = how & 1 ? MSIP_STR(SDP) : MSIP_STR("")};
}

static void begin_call(struct world *w)
{
  unsigned how = next(w), more = next(w), i = more % CALLS;
  struct msip_reply options = reply(how);
  struct msip_str none = MSIP_STR("");
  struct msip_start start = {
      .method = MSIP_INVITE,
      .name = none,
      .to = MSIP_STR("sip:b@192.0.2.9"),
      .from = none,
      .uri = none,
      .routes = none,
      .contact = none,
      .call_id = none,
      .options = &options,
      .session_expires = 90,
      .rel100 = (enum msip_rel100_ask)(how >> 1 & 3),
      .has_session_expires = how & 8,
      .follow = how & 16,
      .no_retry = how & 32,
      .manual_ack = how & 64,
      .manual_prack = how & 128,
  };
  struct msip_outgoing *made;

  if (w->call[i].outgoing || msip_ua_start(w->ua, &start, &made) != 0)
    return;
  if (more & 128)
    msip_outgoing_set_timeout(made, 5000);
  w->call[i] = (struct call){.outgoing = made};
  msip_outgoing_set_box(made, &w->call[i]);
}

static void change(struct world *w, struct msip_session *s, unsigned how)
{
  struct msip_reply options = reply(how);
  struct msip_outgoing *made;

  if (msip_session_change(s, how & 2 ? MSIP_UPDATE : MSIP_INVITE, &options,
                          how & 4, how & 8, &made) != 0)
    return;
  if (how & 16)
    msip_outgoing_cancel(made, NULL);
  else if (how & 32)
    msip_outgoing_set_timeout(made, 3000);
  (void)w;
}

static void use_session(struct world *w)
{
  unsigned which = next(w), how = next(w);
  struct msip_session *s = w->session[which % SESSIONS];
  struct msip_reply options = reply(how);
  struct msip_outgoing *made;

  if (!s)
    return;
  switch (which >> 4 & 7) {
  case 0:
    msip_session_bye(s, NULL, NULL);
    break;
  case 1:
    msip_session_prack(s, how & 4 ? &options : NULL, &made);
    break;
  case 2:
    options = reply(0);
    msip_session_request(s, MSIP_INFO, MSIP_STR(""), &options, &made);
    break;
  case 3:
    msip_session_dispose(s);
    break;
  default:
    change(w, s, how);
    break;
  }
}

static void keep(struct world *w, struct msip_session *s)
{
  if (msip_session_box(s))
    return;
  for (unsigned i = 0; i < SESSIONS; i++)
    if (!w->session[i]) {
      w->session[i] = s;
      msip_session_set_box(s, &w->session[i]);
      return;
    }
}

static void result(struct world *w, const struct msip_event *e)
{
  static const struct msip_reply plain;
  struct call *call = msip_outgoing_box(e->outgoing);
  bool first = msip_outgoing_session(e->outgoing) == e->session;

  if (call && (!e->message || e->message->status >= 300 ||
               (e->message->status >= 200 && first)))
    assert(++call->results == 1);
  if (!e->message)
    return;
  if (e->session && (next(w) & 3) == 0) {
    struct msip_reply answered = reply(next(w));

    msip_outgoing_ack(e->outgoing, e->session,
                      e->session && (w->left & 1) ? &answered : &plain);
  }
  msip_outgoing_settle(e->outgoing, e->session, e->message, next(w) & 1);
}

static void decide(struct world *w, struct msip_request *r)
{
  struct msip_reply options = reply(next(w));

  options.status = 0;
  if (next(w) & 1 || msip_request_accept(r, &options, NULL) != 0)
    msip_request_default(r);
}

static void drain(struct world *w)
{
  struct msip_event e;

  while (msip_ua_next_event(w->ua, &e)) {
    if (e.session && e.kind != MSIP_EV_TERMINATED)
      keep(w, e.session);
    if (e.kind == MSIP_EV_REQUEST)
      decide(w, e.request);
    else if (e.kind == MSIP_EV_ACK_TIMEOUT)
      msip_session_ack_timeout_default(e.session);
    else if (e.kind == MSIP_EV_RESPONSE || e.kind == MSIP_EV_OUTGOING_FAILED)
      result(w, &e);
    msip_msg_drop(e.message);
  }
  msip_ua_sweep(w->ua);
}

static void script(struct world *w)
{
  unsigned what = next(w);
  struct call *call = &w->call[what >> 4 & 1];

  switch (what & 3) {
  case 0:
    begin_call(w);
    break;
  case 1:
    if (call->outgoing)
      msip_outgoing_cancel(call->outgoing, NULL);
    break;
  case 2:
    use_session(w);
    break;
  default: /* this allocation will fail */
    w->pool.fail_after = what >> 2 & 31;
    break;
  }
}

/* --- the world ----------------------------------------------------------- */

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
  w->settings.limit_forks = 3;
  w->now = 1000;
  w->ua = msip_ua_new(&config);
}

/* No call is left to wait for its session timer. */
static void dispose_all(struct world *w)
{
  struct msip_session *s = NULL;

  while ((s = msip_ua_next_session(w->ua, s)))
    msip_session_dispose(s);
}

static void step(struct world *w)
{
  unsigned what = next(w);

  switch (what & 7) {
  case 0:
  case 1:
  case 2:
    answer(w);
    break;
  case 3:
    ask(w);
    break;
  case 4:
  case 5:
    script(w);
    break;
  case 6:
    pass_time(w, next(w) * 4);
    break;
  default:
    pass_time(w, next(w) * 200);
    break;
  }
  drain(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct world w;
  struct msip_census census;

  if (size > 512)
    return 0;
  w = (struct world){.data = data, .left = size};
  begin(&w);
  while (w.left > 0)
    step(&w);
  w.pool.fail_after = 0;
  drain(&w);
  dispose_all(&w);
  pass_time(&w, HORIZON_MS);
  dispose_all(&w); /* what was accepted meanwhile */
  pass_time(&w, HORIZON_MS);
  for (unsigned i = 0; i < CALLS; i++)
    assert(!w.call[i].outgoing);
  census = msip_ua_census(w.ua);
  assert(census.requests == 0 && census.outgoing == 0);
  assert(census.sessions == 0 && census.transactions == 0);
  msip_ua_free(w.ua);
  assert(w.pool.live_count == 0);
  msip_settings_fini(&w.settings);
  msip_pool_fini(&w.pool);
  return 0;
}
