#include "transaction/txn.h"

#include "transport/reply_route.h"

/* Room for our own response when the To tag is read out of it. */
enum { ROWS = 64 };

/* Whether the To tag of an RFC 2543 ACK is that of our response.  Once the user
 * has let the response go there is nothing to compare with, and the rest of the
 * key has to do. */
static bool has_our_tag(const struct msip_txn *t, const struct msip_msg *ack)
{
  const struct msip_msg_limits limits = {
      .message = 65535, .header_line = 65535, .uri = 65535, .headers = ROWS};
  struct msip_header rows[ROWS];
  struct msip_msg response;
  struct msip_fault fault;

  if (!t->kept)
    return true;
  return msip_msg_parse(&response, rows, msip_bytes_str(t->kept), &limits,
                        &fault) == 0 &&
         msip_str_ieq(response.to_tag, ack->to_tag);
}

static struct msip_txn *find_of_ack(const struct msip_txns *txns,
                                    struct msip_txn_key *key,
                                    const struct msip_msg *ack)
{
  struct msip_txn *t = msip_txn_find(txns, key);

  if (t || !msip_txn_key_untag(key))
    return t;
  msip_txn_key_hash(key, txns->config.rand);
  t = msip_txn_find(txns, key);
  return t && has_our_tag(t, ack) ? t : NULL;
}

static void step_ist(struct msip_txn *t, enum msip_ist_event event,
                     const struct msip_msg *m, msip_time now)
{
  struct msip_fx_list fx = {.count = 0};

  msip_ist_step(&t->ist, &t->txns->config.timers, event, &fx);
  msip_txn_drive(t, &fx, m, NULL, now);
}

static void step_nist(struct msip_txn *t, enum msip_nist_event event,
                      const struct msip_msg *m, msip_time now)
{
  struct msip_fx_list fx = {.count = 0};

  msip_nist_step(&t->nist, &t->txns->config.timers, event, &fx);
  msip_txn_drive(t, &fx, m, NULL, now);
}

enum msip_arrival msip_txns_receive_request(struct msip_txns *txns,
                                            const struct msip_msg *m,
                                            msip_time now)
{
  bool is_ack = m->method == MSIP_ACK;
  struct msip_txn_key key;
  struct msip_txn *t;

  msip_txn_key_request(&key, m, is_ack ? MSIP_INVITE : m->method);
  msip_txn_key_hash(&key, txns->config.rand);
  t = is_ack ? find_of_ack(txns, &key, m) : msip_txn_find(txns, &key);
  txns->fresh = t || is_ack ? NULL : m;
  txns->fresh_hash = key.hash;
  txns->has_fresh_origin = false;
  if (!t)
    return is_ack ? MSIP_ARRIVAL_STRAY : MSIP_ARRIVAL_NEW;
  if (t->kind == MSIP_IST)
    step_ist(t, is_ack ? MSIP_IST_ACK : MSIP_IST_INVITE, m, now);
  else
    step_nist(t, MSIP_NIST_REQUEST, m, now);
  return MSIP_ARRIVAL_ABSORBED;
}

static struct msip_txn *find_origin(const struct msip_txns *txns,
                                    struct msip_txn_origin origin)
{
  struct msip_map_node *node = msip_map_first(&txns->by_origin, origin.hash);

  for (; node; node = msip_map_next(node)) {
    struct msip_txn *t = MSIP_CONTAINER(node, struct msip_txn, origin);

    if (t->origin_check == origin.check)
      return t;
  }
  return NULL;
}

static struct msip_txn_origin origin_of(struct msip_txns *txns,
                                        const struct msip_msg *request)
{
  if (request != txns->fresh)
    return msip_txn_origin_of(txns->config.rand, request);
  if (!txns->has_fresh_origin)
    txns->fresh_origin = msip_txn_origin_of(txns->config.rand, request);
  txns->has_fresh_origin = true;
  return txns->fresh_origin;
}

/* Of requests that arrived twice only the first is listed, so that nobody can
 * make a long chain.  Without memory the second one is not noticed. */
static void list_origin(struct msip_txn *t, const struct msip_msg *request)
{
  struct msip_txns *txns = t->txns;
  struct msip_txn_origin origin;

  if (request->to_tag.len)
    return;
  origin = origin_of(txns, request);
  if (find_origin(txns, origin))
    return;
  t->origin_check = origin.check;
  t->has_origin =
      msip_map_insert(&txns->by_origin, &t->origin, origin.hash) == 0;
}

struct msip_txn *msip_txns_find_merged(struct msip_txns *txns,
                                       const struct msip_msg *request)
{
  return find_origin(txns, origin_of(txns, request));
}

static struct msip_txn *find_of_method(struct msip_txns *txns,
                                       const struct msip_msg *cancel,
                                       enum msip_method method)
{
  struct msip_txn_key key;

  msip_txn_key_request(&key, cancel, method);
  msip_txn_key_hash(&key, txns->config.rand);
  return msip_txn_find(txns, &key);
}

struct msip_txn *msip_txns_find_cancelled(struct msip_txns *txns,
                                          const struct msip_msg *cancel)
{
  struct msip_txn *aim = find_of_method(txns, cancel, MSIP_INVITE);

  for (int i = MSIP_METHOD_OTHER + 1; !aim && i < MSIP_METHOD_COUNT; i++)
    if (i != MSIP_CANCEL)
      aim = find_of_method(txns, cancel, (enum msip_method)i);
  return aim;
}

static void fresh_key(struct msip_txns *txns, const struct msip_msg *request,
                      struct msip_txn_key *key)
{
  msip_txn_key_request(key, request, request->method);
  if (request == txns->fresh)
    key->hash = txns->fresh_hash;
  else
    msip_txn_key_hash(key, txns->config.rand);
}

struct msip_txn *msip_txns_open(struct msip_txns *txns,
                                const struct msip_msg *request, msip_time now)
{
  bool is_invite = request->method == MSIP_INVITE;
  struct msip_fx_list fx = {.count = 0};
  struct msip_txn_key key;
  struct msip_flow flow;
  struct msip_txn *t;

  if (txns->by_key.count >= txns->config.max ||
      msip_reply_route(request, &flow) != 0)
    return NULL;
  fresh_key(txns, request, &key);
  t = msip_txn_new(txns, is_invite ? MSIP_IST : MSIP_NIST, &key, &flow);
  if (!t)
    return NULL;
  list_origin(t, request);
  txns->fresh = NULL;
  if (is_invite)
    msip_ist_start(&t->ist, msip_flow_is_reliable(&flow), &fx);
  else
    msip_nist_start(&t->nist, &txns->config.timers,
                    msip_flow_is_reliable(&flow), &fx);
  msip_txn_drive(t, &fx, NULL, NULL, now);
  return t;
}

void msip_txn_set_trying(struct msip_txn *t, struct msip_bytes *trying)
{
  if (!t->kept && t->state <= MSIP_TXN_PROCEEDING)
    t->kept = msip_bytes_hold(trying);
}

static enum msip_ist_event ist_event_of(unsigned status)
{
  if (status >= 300)
    return MSIP_IST_SEND_FAILURE;
  if (status >= 200)
    return MSIP_IST_SEND_2XX;
  return status > 100 ? MSIP_IST_SEND_1XX : MSIP_IST_SEND_100;
}

static enum msip_nist_event nist_event_of(unsigned status)
{
  if (status >= 200)
    return MSIP_NIST_SEND_FINAL;
  return status > 100 ? MSIP_NIST_SEND_1XX : MSIP_NIST_SEND_100;
}

static int step_status(struct msip_txn *t, unsigned status,
                       struct msip_fx_list *fx)
{
  const struct msip_txn_timers *timers = &t->txns->config.timers;

  if (t->kind == MSIP_IST)
    return msip_ist_step(&t->ist, timers, ist_event_of(status), fx);
  return msip_nist_step(&t->nist, timers, nist_event_of(status), fx);
}

int msip_txn_respond(struct msip_txns *txns, struct msip_txn *t,
                     unsigned status, struct msip_bytes *response,
                     msip_time now)
{
  struct msip_fx_list fx = {.count = 0};
  int err = step_status(t, status, &fx);

  (void)txns;
  if (err)
    return err;
  msip_txn_drive(t, &fx, NULL, response, now);
  return 0;
}

bool msip_txn_can_respond(const struct msip_txn *t, unsigned status)
{
  struct msip_txn probe = *t; /* steps touch nothing but their machine */
  struct msip_fx_list fx = {.count = 0};

  return step_status(&probe, status, &fx) == 0;
}

int msip_txn_repeat(struct msip_txns *txns, struct msip_txn *t)
{
  const struct msip_txn_timers *timers = &txns->config.timers;
  struct msip_fx_list fx = {.count = 0};
  int err;

  if (!t->kept)
    return MSIP_ESTATE;
  if (t->kind == MSIP_IST)
    err = msip_ist_step(&t->ist, timers, MSIP_IST_REPEAT, &fx);
  else
    err = msip_nist_step(&t->nist, timers, MSIP_NIST_REPEAT, &fx);
  if (err)
    return err;
  msip_txn_drive(t, &fx, NULL, NULL, txns->config.wheel->now);
  return 0;
}

void msip_txn_forget(struct msip_txn *t)
{
  msip_bytes_drop(t->kept);
  t->kept = NULL;
}

static enum msip_ist_event ist_timer(char letter)
{
  switch (letter) {
  case 'T':
    return MSIP_IST_TIMER_T;
  case 'P':
    return MSIP_IST_TIMER_P;
  case 'G':
    return MSIP_IST_TIMER_G;
  case 'H':
    return MSIP_IST_TIMER_H;
  case 'I':
    return MSIP_IST_TIMER_I;
  case 'L':
    return MSIP_IST_TIMER_L;
  default:
    return MSIP_IST_TRANSPORT_ERROR;
  }
}

static enum msip_nist_event nist_timer(char letter)
{
  switch (letter) {
  case 'T':
    return MSIP_NIST_TIMER_T;
  case 'F':
    return MSIP_NIST_TIMER_F;
  case 'J':
    return MSIP_NIST_TIMER_J;
  default:
    return MSIP_NIST_TRANSPORT_ERROR;
  }
}

void msip_txn_server_timer(struct msip_txn *t, char letter,
                           struct msip_fx_list *fx)
{
  const struct msip_txn_timers *timers = &t->txns->config.timers;

  if (t->kind == MSIP_IST)
    msip_ist_step(&t->ist, timers, ist_timer(letter), fx);
  else
    msip_nist_step(&t->nist, timers, nist_timer(letter), fx);
}
