#include "transaction/txn.h"

#include <assert.h>

/* No state runs two timers of one row. */
static int place_of(char letter)
{
  switch (letter) {
  case 'A':
  case 'E':
  case 'G':
  case 'P':
  case 'T':
  case MSIP_TIMER_FAILED:
    return 0;
  default: /* B D F H I J K L M */
    return 1;
  }
}

static void arm(struct msip_txn *t, char letter, msip_time due)
{
  int i = place_of(letter);

  t->letter[i] = letter;
  msip_timer_arm(t->txns->config.wheel, &t->timer[i], due);
}

/* A transport error that waits has taken the place of the timer it stands for,
 * so it is stopped with it. */
static void stop(struct msip_txn *t, char letter)
{
  int i = place_of(letter);

  if (t->letter[i] == letter || t->letter[i] == MSIP_TIMER_FAILED)
    msip_timer_stop(t->txns->config.wheel, &t->timer[i]);
}

static bool send(struct msip_txn *t, const struct msip_bytes *bytes)
{
  const struct msip_link *link = &t->txns->config.link;

  return link->send(link->arg, &t->flow, msip_bytes_str(bytes)) == 0;
}

static bool send_kept(struct msip_txn *t, struct msip_bytes *bytes)
{
  if (bytes && bytes != t->kept) {
    msip_bytes_hold(bytes);
    msip_bytes_drop(t->kept);
    t->kept = bytes;
  }
  return !t->kept || send(t, t->kept);
}

static bool send_ack(struct msip_txn *t, const struct msip_msg *response)
{
  struct msip_bytes *ack;
  bool sent;

  assert(t->kept); /* an INVITE stays to the end */
  ack = msip_txn_build_ack(t->txns->config.pool, msip_bytes_str(t->kept),
                           response);
  sent = ack && send(t, ack);
  msip_bytes_drop(ack);
  return sent;
}

static void to_user(struct msip_txn *t, const struct msip_msg *message)
{
  const struct msip_txn_user *user = &t->txns->config.user;

  if (t->kind == MSIP_IST)
    user->on_ack(user->arg, t, message);
  else
    user->on_response(user->arg, t, message);
}

static void failed(struct msip_txn *t, int err)
{
  const struct msip_txn_user *user = &t->txns->config.user;

  user->on_failure(user->arg, t, err);
}

static void gone(struct msip_txn *t)
{
  const struct msip_txn_user *user = &t->txns->config.user;

  user->on_gone(user->arg, t);
  msip_txn_free(t);
}

/* False when the link refused the bytes. */
static bool carry_out(struct msip_txn *t, const struct msip_fx *fx,
                      const struct msip_msg *message, struct msip_bytes *bytes,
                      msip_time now)
{
  switch (fx->kind) {
  case MSIP_FX_SEND:
    return send_kept(t, bytes);
  case MSIP_FX_ARM:
    arm(t, fx->timer, now + fx->ms);
    break;
  case MSIP_FX_STOP:
    stop(t, fx->timer);
    break;
  case MSIP_FX_TO_USER:
    to_user(t, message);
    break;
  case MSIP_FX_ACK:
    return send_ack(t, message);
  case MSIP_FX_TIMEOUT:
    failed(t, MSIP_ETIMEOUT);
    break;
  case MSIP_FX_FAILED:
    failed(t, MSIP_ETRANSPORT);
    break;
  case MSIP_FX_FORGET:
    msip_bytes_drop(t->kept);
    t->kept = NULL;
    break;
  case MSIP_FX_GONE:
    gone(t);
    break;
  }
  return true;
}

/* Told from the wheel: whoever answers or sends right now must not be called
 * back before that call has returned. */
void msip_txn_fail_later(struct msip_txn *t)
{
  arm(t, MSIP_TIMER_FAILED, t->txns->config.wheel->now);
}

bool msip_txn_drive(struct msip_txn *t, const struct msip_fx_list *fx,
                    const struct msip_msg *message, struct msip_bytes *bytes,
                    msip_time now)
{
  bool sent = true;

  for (int i = 0; i < fx->count; i++) {
    enum msip_fx_kind kind = fx->fx[i].kind;

    sent &= carry_out(t, &fx->fx[i], message, bytes, now);
    if (kind == MSIP_FX_GONE)
      return false;
  }
  if (!sent)
    msip_txn_fail_later(t);
  return true;
}

static bool fired(struct msip_txn *t, char letter, msip_time now)
{
  struct msip_fx_list fx = {.count = 0};

  if (msip_txn_is_client(t))
    msip_txn_client_timer(t, letter, &fx);
  else
    msip_txn_server_timer(t, letter, &fx);
  return msip_txn_drive(t, &fx, NULL, NULL, now);
}

void msip_txn_first_fired(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_txn *t = MSIP_CONTAINER(timer, struct msip_txn, timer[0]);

  (void)arg;
  fired(t, t->letter[0], now);
}

void msip_txn_second_fired(struct msip_timer *timer, void *arg, msip_time now)
{
  struct msip_txn *t = MSIP_CONTAINER(timer, struct msip_txn, timer[1]);

  (void)arg;
  /* A transport error of the same moment must not be lost: J and D may be 0. */
  if (t->letter[0] == MSIP_TIMER_FAILED && msip_timer_is_armed(&t->timer[0])) {
    msip_timer_stop(t->txns->config.wheel, &t->timer[0]);
    if (!fired(t, MSIP_TIMER_FAILED, now))
      return;
  }
  fired(t, t->letter[1], now);
}
