/* Calls against a whole user agent core: bytes choose what the peer sends, what
 * the script answers and asks for, how much time passes and when memory is out.
 * Whatever happens, memory stays sound, every INVITE gets an end, and
 * everything is gone 64*T1 later. */
#include "ua/ua.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HELD = 8, BOXES = 64, HORIZON_MS = 400000 };

#define SDP "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\n"

struct world {
  const uint8_t *data;
  size_t left;
  struct msip_pool pool;
  struct msip_settings settings;
  struct msip_ua *ua;
  msip_time now;
  char tag[128];    /* our latest To tag */
  char branch[128]; /* of our latest request */
  char method[16];
  char seq[16];
  char rseq[16];
  unsigned cseq, via;
  struct msip_request *held[HELD]; /* unanswered, in the script's hands */
  struct msip_session *session;
  struct msip_outgoing *change;     /* our latest re-INVITE or UPDATE */
  bool acks;                        /* the script acknowledges its 2xx itself */
  struct msip_request **box[BOXES]; /* where a request's pointer is kept */
};

static unsigned next(struct world *w)
{
  if (w->left == 0)
    return 0;
  w->left--;
  return *w->data++;
}

/* Keeps what a real peer would remember of a message. */
static void remember(struct msip_str bytes, const char *key, char end,
                     char *out, size_t room)
{
  char text[4096];
  const char *hit;
  size_t n = 0;

  snprintf(text, sizeof text, "%.*s", (int)bytes.len, bytes.at);
  hit = strstr(text, key);
  if (!hit)
    return;
  for (hit += strlen(key); *hit && *hit != '\r' && *hit != end; hit++)
    if (n + 1 < room)
      out[n++] = *hit;
  out[n] = '\0';
}

/* Of an ACK nobody remembers anything: it gets no response. */
static void remember_request(struct world *w, struct msip_str bytes)
{
  size_t n = 0;

  if (msip_str_starts(bytes, MSIP_STR("ACK ")))
    return;
  remember(bytes, ";branch=", ';', w->branch, sizeof w->branch);
  remember(bytes, "\r\nCSeq: ", ' ', w->seq, sizeof w->seq);
  while (n + 1 < sizeof w->method && bytes.at[n] != ' ')
    n++;
  memcpy(w->method, bytes.at, n);
  w->method[n] = '\0';
}

static int on_send(void *arg, const struct msip_flow *to, struct msip_str bytes)
{
  struct world *w = arg;

  assert(to->remote.port != 0);
  assert(bytes.len > 20 && bytes.len <= 65535);
  if (bytes.at[0] == 'S') {
    remember(bytes, "\r\nRSeq: ", '\r', w->rseq, sizeof w->rseq);
    if (!msip_str_starts(bytes, MSIP_STR("SIP/2.0 100")))
      remember(bytes, ";tag=b", ';', w->tag, sizeof w->tag);
  } else {
    remember_request(w, bytes);
  }
  return (w->left & 63) == 63 ? MSIP_ETRANSPORT : 0;
}

static void on_release(void *arg, void *box)
{
  struct world *w = arg;
  struct msip_request **slot = box;

  if (box == &w->session)
    w->session = NULL;
  else if (box == &w->change)
    w->change = NULL;
  else
    *slot = NULL;
}

static void receive(struct world *w, const char *text)
{
  struct msip_flow flow = {MSIP_UDP,
                           0,
                           {.family = 4, .port = 5080, .ip = {192, 0, 2, 9}},
                           {.family = 4, .port = 5060, .ip = {192, 0, 2, 1}}};

  msip_ua_receive(w->ua, &flow, msip_str_c(text), w->now);
}

static void send_request(struct world *w, const char *method, unsigned choice,
                         unsigned cseq, unsigned via)
{
  static const char *const extra[] = {
      "",
      "Supported: 100rel, timer\r\n",
      "Require: 100rel\r\n",
      "Session-Expires: 90\r\nSupported: timer\r\nAllow: UPDATE\r\n",
      ("Session-Expires: 90;refresher=uas\r\nSupported: timer\r\n"
       "Allow: INVITE, UPDATE\r\n"),
      "Expires: 1\r\n",
      "Record-Route: <sip:192.0.2.7;lr>\r\n",
      "Require: nothing\r\n",
  };
  bool sdp = choice & 8;
  bool dialog = (choice & 16) && w->tag[0];
  char text[2048];

  snprintf(text, sizeof text,
           "%s sip:b@192.0.2.1 SIP/2.0\r\n"
           "Via: SIP/2.0/UDP 192.0.2.9:5080;branch=z9hG4bK%u;rport\r\n"
           "From: <sip:a@192.0.2.9>;tag=a\r\n"
           "To: <sip:b@192.0.2.1>%s%s\r\n"
           "Call-ID: c\r\nCSeq: %u %s\r\n"
           "Contact: <sip:a@192.0.2.9:%u>\r\n%s%s%s%s%s"
           "Content-Length: %zu\r\n\r\n%s",
           method, via, dialog ? ";tag=b" : "", dialog ? w->tag : "", cseq,
           method, 5080 + (choice & 3), extra[choice & 7],
           strcmp(method, "PRACK") == 0 ? "RAck: " : "",
           strcmp(method, "PRACK") == 0 ? w->rseq : "",
           strcmp(method, "PRACK") == 0 ? " 1 INVITE\r\n" : "",
           sdp ? "Content-Type: application/sdp\r\n" : "",
           sdp ? strlen(SDP) : 0, sdp ? SDP : "");
  receive(w, text);
}

static void peer(struct world *w)
{
  static const char *const methods[] = {"INVITE",  "INVITE", "ACK",    "BYE",
                                        "CANCEL",  "PRACK",  "UPDATE", "INFO",
                                        "OPTIONS", "MESSAGE"};
  unsigned m = next(w) % 10, choice = next(w);

  if (choice & 128) { /* the same again: retransmission, ACK, CANCEL */
    send_request(w, methods[m], choice, w->cseq, w->via);
    return;
  }
  if (m != 2 && m != 4)
    w->cseq += choice >> 5 & 1 ? 1 : 0;
  w->via++;
  send_request(w, methods[m], choice, w->cseq, w->via);
}

static void response(struct world *w)
{
  static const unsigned status[] = {100, 180, 200, 200, 408, 481, 491, 500};
  static const char *const extra[] = {
      "",
      "Contact: <sip:a@192.0.2.9:5081>\r\n",
      "Session-Expires: 90;refresher=uac\r\nRequire: timer\r\n",
      "Allow: INVITE\r\n",
  };
  unsigned choice = next(w);
  bool sdp = choice & 8;
  char text[1024];

  snprintf(text, sizeof text,
           "SIP/2.0 %u X\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=%s\r\n"
           "From: <sip:b@192.0.2.1>;tag=b%s\r\nTo: <sip:a@192.0.2.9>;tag=a\r\n"
           "Call-ID: c\r\nCSeq: %s %s\r\n%s%sContent-Length: %zu\r\n\r\n%s",
           status[choice & 7], w->branch, w->tag, w->seq,
           choice & 128 ? "BYE" : w->method, extra[choice >> 4 & 3],
           sdp ? "Content-Type: application/sdp\r\n" : "",
           sdp ? strlen(SDP) : 0, sdp ? SDP : "");
  receive(w, text);
}

static void answer(struct world *w, struct msip_request *r)
{
  unsigned how = next(w), more = next(w);
  struct msip_str contact = MSIP_STR("sip:c@192.0.2.3");
  struct msip_reply reply = {
      .body_kind = more & 1   ? MSIP_REPLY_BODY_GIVEN
                   : more & 2 ? MSIP_REPLY_BODY_NONE
                              : MSIP_REPLY_BODY_DEFAULT,
      .body = more & 1 ? MSIP_STR(SDP) : MSIP_STR(""),
      .content_type = MSIP_STR("application/sdp"),
      .reliable = more & 4,
      .contacts = &contact,
      .contact_count = 1,
      .to_tag = MSIP_STR("b0"),
  };
  struct msip_bytes *sent = NULL;

  if (how & 8)
    reply.contact_count = 0;
  switch (how & 7) {
  case 0:
    msip_request_default(r);
    break;
  case 1:
  case 2:
    msip_request_progress(r, &reply, &sent);
    break;
  case 3:
  case 4:
    msip_request_accept(r, &reply, &sent);
    break;
  case 5:
    msip_request_reject(r, &reply, &sent);
    break;
  case 6:
    msip_request_redirect(r, &reply, &sent);
    break;
  default:
    if (more & 1)
      msip_request_script_failed(r);
    else if (more & 2)
      msip_request_abandon(r);
    else
      msip_request_trying(r, &sent);
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
      return;
    }
  msip_request_default(r);
}

/* A re-INVITE or UPDATE of ours. */
static void change(struct world *w)
{
  unsigned how = next(w);
  struct msip_reply reply = {.body_kind = how & 1 ? MSIP_REPLY_BODY_GIVEN
                                                  : MSIP_REPLY_BODY_DEFAULT,
                             .body = how & 1 ? MSIP_STR(SDP) : MSIP_STR("")};
  struct msip_outgoing *made = NULL;

  if (msip_session_change(w->session, how & 2 ? MSIP_UPDATE : MSIP_INVITE,
                          &reply, how & 4, false, &made) != 0)
    return;
  w->acks = how & 8;
  if (w->change)
    msip_outgoing_set_box(w->change, NULL);
  w->change = made;
  msip_outgoing_set_box(made, &w->change);
}

static void acknowledge(struct world *w, const struct msip_event *e)
{
  static const struct msip_reply answer = {.body_kind = MSIP_REPLY_BODY_GIVEN,
                                           .body = {SDP, sizeof SDP - 1}};

  if (w->acks && e->session && e->message->status >= 200)
    msip_outgoing_ack(e->outgoing, e->session, next(w) & 1 ? &answer : NULL);
  msip_outgoing_settle(e->outgoing, e->session, e->message, false);
}

static void drain(struct world *w)
{
  struct msip_event e;

  while (msip_ua_next_event(w->ua, &e)) {
    if (e.session && !w->session && e.kind != MSIP_EV_TERMINATED) {
      w->session = e.session;
      msip_session_set_box(e.session, &w->session);
    }
    if (e.kind == MSIP_EV_REQUEST) {
      if (next(w) & 1)
        hold(w, e.request);
      else
        answer(w, e.request);
    } else if (e.kind == MSIP_EV_ACK_TIMEOUT && next(w) & 1) {
      msip_session_ack_timeout_default(e.session);
    }
    if (e.kind == MSIP_EV_RESPONSE)
      acknowledge(w, &e);
    msip_msg_drop(e.message);
  }
  msip_ua_sweep(w->ua);
}

static void script(struct world *w)
{
  unsigned what = next(w);

  if (w->session && (what & 15) == 1)
    msip_session_bye(w->session, NULL, NULL);
  else if (w->session && (what & 15) == 2)
    msip_session_dispose(w->session);
  else if ((what & 15) == 3) /* this allocation will fail */
    w->pool.fail_after = next(w) & 31;
  else if (w->session && (what & 8))
    change(w);
  else if (w->held[what & 7])
    answer(w, w->held[what & 7]);
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

static int on_open(void *arg, enum msip_transport transport,
                   const struct msip_addr *remote, struct msip_flow *flow)
{
  (void)arg;
  *flow = (struct msip_flow){.transport = transport,
                             .remote = *remote,
                             .local = {.family = 4, .port = 5060}};
  return 0;
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
  w->now = 1000;
  w->cseq = 1;
  w->ua = msip_ua_new(&config);
}

/* No call is left to wait for its session timer. */
static void dispose_all(struct world *w)
{
  struct msip_session *s = NULL;

  while ((s = msip_ua_next_session(w->ua, s)))
    msip_session_dispose(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct world w = {.data = data, .left = size};
  struct msip_census census;

  if (size > 512)
    return 0;
  begin(&w);
  while (w.left > 0) {
    switch (next(&w) & 7) {
    case 0:
    case 1:
    case 2:
    case 3:
      peer(&w);
      break;
    case 4:
      script(&w);
      break;
    case 5:
      response(&w);
      break;
    case 6:
      pass_time(&w, next(&w) * 4);
      break;
    default:
      pass_time(&w, next(&w) * 200);
      break;
    }
    drain(&w);
  }
  w.pool.fail_after = 0;
  for (unsigned i = 0; i < HELD; i++)
    if (w.held[i])
      msip_request_abandon(w.held[i]);
  drain(&w);
  dispose_all(&w);
  pass_time(&w, HORIZON_MS);
  census = msip_ua_census(w.ua);
  assert(census.requests == 0 && census.outgoing == 0);
  assert(census.transactions == 0);
  msip_ua_free(w.ua);
  assert(w.pool.live_count == 0);
  msip_settings_fini(&w.settings);
  msip_pool_fini(&w.pool);
  return 0;
}
