/* Subscriptions against a whole user agent core: bytes choose what the peer
 * subscribes to, notifies, refers and answers, what the script does about it,
 * how much time passes and when memory is out.  Whatever happens, memory stays
 * sound, and everything is gone when all is let go of. */
#include "ua/ua.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SUBS = 4, HORIZON_MS = 400000 };

struct world {
  const uint8_t *data;
  size_t left;
  struct msip_pool pool;
  struct msip_settings settings;
  struct msip_ua *ua;
  msip_time now;
  char their_tag[64]; /* ours in the dialogs that they began */
  char our_tag[64];   /* ours in the one we asked for last */
  char our_call[64];
  char branch[128]; /* of our latest request */
  char method[16];
  char seq[16];
  unsigned cseq, via;
  struct msip_subscription *sub[SUBS];
  struct msip_session *session;
};

static unsigned next(struct world *w)
{
  if (w->left == 0)
    return 0;
  w->left--;
  return *w->data++;
}

/* What follows `key` up to `end` in a message of ours. */
static void remember(const char *text, const char *key, char end, char *out,
                     size_t room)
{
  const char *hit = strstr(text, key);
  size_t n = 0;

  if (!hit)
    return;
  for (hit += strlen(key); *hit && *hit != '\r' && *hit != end; hit++)
    if (n + 1 < room)
      out[n++] = *hit;
  out[n] = '\0';
}

static int on_send(void *arg, const struct msip_flow *to, struct msip_str bytes)
{
  struct world *w = arg;
  char text[4096];

  assert(to->remote.port != 0);
  snprintf(text, sizeof text, "%.*s", (int)bytes.len, bytes.at);
  if (msip_str_starts(bytes, MSIP_STR("SIP/2.0 "))) {
    remember(text, ">;tag=b", ';', w->their_tag, sizeof w->their_tag);
  } else if (!msip_str_starts(bytes, MSIP_STR("ACK "))) {
    remember(text, ";branch=", ';', w->branch, sizeof w->branch);
    remember(text, "\r\nCSeq: ", ' ', w->seq, sizeof w->seq);
    snprintf(w->method, sizeof w->method, "%.*s",
             (int)msip_str_find(bytes, ' '), bytes.at);
    if (!strstr(text, "\r\nCall-ID: c\r\n")) {
      remember(text, "\r\nCall-ID: ", '\r', w->our_call, sizeof w->our_call);
      remember(text, "@ours>;tag=", '\r', w->our_tag, sizeof w->our_tag);
    }
  }
  return (w->left & 63) == 63 ? MSIP_ETRANSPORT : 0;
}

static void on_release(void *arg, void *box)
{
  struct world *w = arg;

  if (box == &w->session)
    w->session = NULL;
  else
    *(struct msip_subscription **)box = NULL;
}

static void receive(struct world *w, const char *text)
{
  struct msip_flow flow = {MSIP_UDP,
                           0,
                           {.family = 4, .port = 5080, .ip = {192, 0, 2, 9}},
                           {.family = 4, .port = 5060, .ip = {192, 0, 2, 1}}};

  msip_ua_receive(w->ua, &flow, msip_str_c(text), w->now);
}

static void peer(struct world *w)
{
  static const char *const methods[] = {"SUBSCRIBE", "SUBSCRIBE", "NOTIFY",
                                        "NOTIFY",    "REFER",     "INVITE",
                                        "ACK",       "BYE"};
  static const char *const events[] = {
      "Event: presence\r\n", "Event: presence;id=1\r\n", "Event: refer\r\n",
      "Event: refer;id=2\r\n"};
  static const char *const more[] = {
      "Expires: 0\r\nSubscription-State: terminated;reason=timeout\r\n",
      "Expires: 1\r\nSubscription-State: pending;expires=1\r\n",
      "Expires: 600\r\nSubscription-State: active;expires=600\r\n",
      "Refer-To: <sip:c@192.0.2.7>\r\nSubscription-State: active\r\n"};
  unsigned choice = next(w), how = next(w);
  const char *method = methods[choice & 7];
  bool ours = choice & 8, dialog = choice & 16;
  char text[2048];

  w->cseq += !(how & 64);
  w->via += !(how & 128);
  snprintf(text, sizeof text,
           "%s sip:b@192.0.2.1 SIP/2.0\r\n"
           "Via: SIP/2.0/UDP 192.0.2.9:5080;branch=z9hG4bK%u;rport\r\n"
           "From: <sip:a@192.0.2.9>;tag=%s\r\nTo: <sip:b@192.0.2.1>%s%s\r\n"
           "Call-ID: %s\r\nCSeq: %u %s\r\nContact: <sip:a@192.0.2.9:5080>\r\n"
           "%s%s%sContent-Length: 0\r\n\r\n",
           method, w->via, choice & 32 ? "p" : "a",
           ours     ? ";tag="
           : dialog ? ";tag=b"
                    : "",
           ours     ? w->our_tag
           : dialog ? w->their_tag
                    : "",
           ours ? w->our_call : "c", w->cseq, method, events[how & 3],
           more[how >> 2 & 3],
           choice & 4 && how & 16 ? "Refer-Sub: false\r\n"
           : how & 32             ? "Refer-To: <sip:c@192.0.2.7>\r\n"
                                  : "");
  receive(w, text);
}

static void response(struct world *w)
{
  static const unsigned status[] = {100, 200, 200, 202, 408, 423, 481, 500};
  unsigned choice = next(w);
  char text[1024];

  snprintf(text, sizeof text,
           "SIP/2.0 %u X\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=%s\r\n"
           "From: <sip:b@ours>;tag=%s\r\nTo: <sip:a@192.0.2.9>;tag=%s\r\n"
           "Call-ID: %s\r\nCSeq: %s %s\r\nContact: <sip:a@192.0.2.9:5080>\r\n"
           "%s%sContent-Length: 0\r\n\r\n",
           status[choice & 7], w->branch, w->our_tag, choice & 8 ? "p" : "a",
           choice & 16 ? w->our_call : "c", w->seq, w->method,
           choice & 32 ? "Expires: 30\r\nMin-Expires: 900\r\n"
                       : "Expires: 0\r\n",
           choice & 64 ? "Refer-Sub: false\r\n" : "");
  receive(w, text);
}

static void keep(struct world *w, struct msip_subscription *sub)
{
  for (unsigned i = 0; sub && i < SUBS && !msip_subscription_box(sub); i++)
    if (!w->sub[i]) {
      w->sub[i] = sub;
      msip_subscription_set_box(sub, &w->sub[i]);
    }
}

static void answer(struct world *w, struct msip_request *r)
{
  unsigned how = next(w);
  struct msip_reply reply = {.body_kind = MSIP_REPLY_BODY_NONE,
                             .expires = {how & 8, how >> 4}};

  if (how & 4)
    msip_request_default(r);
  else if (how & 2)
    msip_request_reject(r, &reply, NULL);
  else
    msip_request_accept(r, &reply, NULL);
  keep(w, msip_request_subscription(r));
  msip_request_abandon(r);
}

static void drain(struct world *w)
{
  struct msip_event e;

  while (msip_ua_next_event(w->ua, &e)) {
    if (e.session && !w->session && e.kind != MSIP_EV_TERMINATED) {
      w->session = e.session;
      msip_session_set_box(e.session, &w->session);
    }
    if (e.kind == MSIP_EV_REQUEST)
      answer(w, e.request);
    else if (e.kind == MSIP_EV_NOTIFY_DUE)
      msip_subscription_notify_default(e.subscription);
    else if (e.kind == MSIP_EV_RESPONSE) {
      keep(w, msip_outgoing_subscription(e.outgoing, e.message));
      msip_outgoing_settle(e.outgoing, e.session, e.message, false);
    }
    msip_msg_drop(e.message);
  }
  msip_ua_sweep(w->ua);
}

/* A SUBSCRIBE or REFER of ours, in a call or outside. */
static void ask(struct world *w, unsigned what)
{
  static const struct msip_str subscribe[] = {MSIP_STR_INIT("Event: presence"),
                                              MSIP_STR_INIT("Expires: 60")};
  static const struct msip_str refer[] = {
      MSIP_STR_INIT("Refer-To: <sip:c@192.0.2.7>")};
  bool refers = what & 1;
  struct msip_reply options = {.headers = refers ? refer : subscribe,
                               .header_count = refers ? 1 : 2};
  struct msip_start start = {.method = refers ? MSIP_REFER : MSIP_SUBSCRIBE,
                             .name = MSIP_STR(""),
                             .to = MSIP_STR("sip:a@192.0.2.9:5080"),
                             .from = MSIP_STR("sip:b@ours"),
                             .uri = MSIP_STR(""),
                             .routes = MSIP_STR(""),
                             .contact = MSIP_STR(""),
                             .call_id = MSIP_STR(""),
                             .options = &options};
  struct msip_outgoing *out;

  if (w->session && what & 2)
    msip_session_request(w->session, start.method, start.name, &options, &out);
  else
    msip_ua_start(w->ua, &start, &out);
}

static void script(struct world *w)
{
  unsigned what = next(w), how = next(w);
  struct msip_subscription *sub = w->sub[how & 3];
  struct msip_reply options = {.status = what & 64 ? 200 : 0};
  struct msip_notice notice = {.options = &options,
                               .reason = MSIP_STR(""),
                               .state = what & 32 ? MSIP_SUBSCRIPTION_TERMINATED
                                                  : MSIP_SUBSCRIPTION_INIT};
  struct msip_outgoing *out;

  switch (what & 7) {
  case 0:
    w->pool.fail_after = how & 31; /* this allocation will fail */
    break;
  case 1:
    if (w->session)
      msip_session_bye(w->session, NULL, NULL);
    break;
  case 2:
  case 3:
    ask(w, how);
    break;
  case 4:
    if (sub)
      msip_subscription_refresh(sub, NULL,
                                (struct msip_seconds){true, how >> 4}, &out);
    break;
  case 5:
    if (sub)
      msip_subscription_dispose(sub);
    break;
  default:
    if (sub)
      msip_subscription_notify(sub, &notice, what & 16 ? &out : NULL);
    break;
  }
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
  msip_ua_set_served(w->ua, 1u << MSIP_SUBSCRIBE | 1u << MSIP_REFER);
}

/* Subscriptions that no box keeps run out or get no answer. */
static void end(struct world *w)
{
  struct msip_session *s = NULL;
  struct msip_census census;

  w->pool.fail_after = 0;
  drain(w);
  while ((s = msip_ua_next_session(w->ua, s)))
    msip_session_dispose(s);
  for (unsigned i = 0; i < SUBS; i++)
    if (w->sub[i])
      msip_subscription_dispose(w->sub[i]);
  pass_time(w, 3700000 + HORIZON_MS);
  census = msip_ua_census(w->ua);
  assert(census.requests == 0 && census.outgoing == 0);
  assert(census.sessions == 0 && census.transactions == 0);
  assert(census.subscriptions == 0 && census.dialogs == 0);
  msip_ua_free(w->ua);
  assert(w->pool.live_count == 0);
  msip_settings_fini(&w->settings);
  msip_pool_fini(&w->pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct world w = {.data = data, .left = size};

  if (size > 512)
    return 0;
  begin(&w);
  while (w.left > 0) {
    switch (next(&w) & 7) {
    case 0:
    case 1:
    case 2:
      peer(&w);
      break;
    case 3:
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
      pass_time(&w, next(&w) * 2000);
      break;
    }
    drain(&w);
  }
  end(&w);
  return 0;
}
