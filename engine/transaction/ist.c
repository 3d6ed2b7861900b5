#include "transaction/ist.h"

enum {
  TRYING_MS = 200,   /* 17.2.1: a 100 unless the user answers within 200 ms */
  REPEAT_MS = 60000, /* 13.3.1.1: a proxy forgets a silent call after 3 min */
};

static void end(struct msip_ist *t, struct msip_fx_list *out)
{
  t->state = MSIP_TXN_TERMINATED;
  msip_fx_do(out, MSIP_FX_GONE);
}

static void enter_accepted(struct msip_ist *t,
                           const struct msip_txn_timers *timers,
                           struct msip_fx_list *out)
{
  t->state = MSIP_TXN_ACCEPTED;
  msip_fx_arm(out, 'L', 64 * timers->t1);
}

static void enter_completed(struct msip_ist *t,
                            const struct msip_txn_timers *timers,
                            struct msip_fx_list *out)
{
  t->state = MSIP_TXN_COMPLETED;
  msip_fx_arm(out, 'H', 64 * timers->t1);
  if (t->reliable)
    return;
  t->g_ms = timers->t1;
  msip_fx_arm(out, 'G', t->g_ms);
}

/* Whichever of T and P runs; they never run together. */
static void stop_provisional(const struct msip_ist *t, struct msip_fx_list *out)
{
  if (t->ringing)
    msip_fx_stop(out, 'P');
  else if (!t->sent)
    msip_fx_stop(out, 'T');
}

static void send_new(const struct msip_ist *t, struct msip_fx_list *out)
{
  msip_fx_do(out, MSIP_FX_SEND);
  stop_provisional(t, out);
}

/* The user is thinking: retransmissions get what it said last (17.2.1). */
static int proceeding(struct msip_ist *t, const struct msip_txn_timers *timers,
                      enum msip_ist_event event, struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_IST_SEND_100:
    if (t->ringing) /* the client knows more than a 100 could tell */
      return 0;
    send_new(t, out);
    t->sent = true;
    return 0;

  case MSIP_IST_SEND_1XX:
    send_new(t, out);
    t->sent = t->ringing = true;
    msip_fx_arm(out, 'P', REPEAT_MS);
    return 0;

  case MSIP_IST_SEND_2XX:
    send_new(t, out);
    enter_accepted(t, timers, out);
    return 0;

  case MSIP_IST_SEND_FAILURE:
    send_new(t, out);
    enter_completed(t, timers, out);
    return 0;

  case MSIP_IST_REPEAT:
  case MSIP_IST_INVITE:
    if (t->sent)
      msip_fx_do(out, MSIP_FX_SEND);
    return t->sent || event == MSIP_IST_INVITE ? 0 : MSIP_ESTATE;

  case MSIP_IST_TIMER_T:
    t->sent = true;
    msip_fx_do(out, MSIP_FX_SEND);
    return 0;

  case MSIP_IST_TIMER_P:
    msip_fx_do(out, MSIP_FX_SEND);
    msip_fx_arm(out, 'P', REPEAT_MS);
    return 0;

  case MSIP_IST_TRANSPORT_ERROR:
    if (t->ringing)
      msip_fx_arm(out, 'P', REPEAT_MS);
    msip_fx_do(out, MSIP_FX_FAILED);
    return 0;

  case MSIP_IST_ACK:
  case MSIP_IST_TIMER_G:
  case MSIP_IST_TIMER_H:
  case MSIP_IST_TIMER_I:
  case MSIP_IST_TIMER_L:
    return 0;
  }
  return 0;
}

static void confirm(struct msip_ist *t, const struct msip_txn_timers *timers,
                    struct msip_fx_list *out)
{
  msip_fx_stop(out, 'H');
  if (t->reliable) {
    end(t, out);
    return;
  }
  t->state = MSIP_TXN_CONFIRMED;
  msip_fx_stop(out, 'G');
  msip_fx_do(out, MSIP_FX_FORGET);
  msip_fx_arm(out, 'I', timers->t4);
}

/* A refusal is ours to repeat until the ACK arrives or timer H gives up
 * (17.2.1).  Unlike there, a transport error ends nothing (RFC 6026 7.1). */
static int completed(struct msip_ist *t, const struct msip_txn_timers *timers,
                     enum msip_ist_event event, struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_IST_INVITE:
  case MSIP_IST_REPEAT:
    msip_fx_do(out, MSIP_FX_SEND);
    return 0;

  case MSIP_IST_ACK:
    confirm(t, timers, out);
    return 0;

  case MSIP_IST_TIMER_G:
    t->g_ms = t->g_ms < timers->t2 / 2 ? t->g_ms * 2 : timers->t2;
    msip_fx_do(out, MSIP_FX_SEND);
    msip_fx_arm(out, 'G', t->g_ms);
    return 0;

  case MSIP_IST_TIMER_H:
    if (!t->reliable)
      msip_fx_stop(out, 'G');
    msip_fx_do(out, MSIP_FX_TIMEOUT);
    end(t, out);
    return 0;

  case MSIP_IST_TRANSPORT_ERROR:
    if (!t->reliable)
      msip_fx_arm(out, 'G', t->g_ms);
    msip_fx_do(out, MSIP_FX_FAILED);
    return 0;

  case MSIP_IST_SEND_100:
  case MSIP_IST_SEND_1XX:
  case MSIP_IST_SEND_2XX:
  case MSIP_IST_SEND_FAILURE:
    return MSIP_ESTATE;

  case MSIP_IST_TIMER_T:
  case MSIP_IST_TIMER_P:
  case MSIP_IST_TIMER_I:
  case MSIP_IST_TIMER_L:
    return 0;
  }
  return 0;
}

/* The refusal was acknowledged; what still arrives is late (17.2.1). */
static int confirmed(struct msip_ist *t, enum msip_ist_event event,
                     struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_IST_TIMER_I:
    end(t, out);
    return 0;

  case MSIP_IST_SEND_100:
  case MSIP_IST_SEND_1XX:
  case MSIP_IST_SEND_2XX:
  case MSIP_IST_SEND_FAILURE:
  case MSIP_IST_REPEAT:
    return MSIP_ESTATE;

  case MSIP_IST_INVITE:
  case MSIP_IST_ACK:
  case MSIP_IST_TIMER_T:
  case MSIP_IST_TIMER_P:
  case MSIP_IST_TIMER_G:
  case MSIP_IST_TIMER_H:
  case MSIP_IST_TIMER_L:
  case MSIP_IST_TRANSPORT_ERROR:
    return 0;
  }
  return 0;
}

/* The user repeats the 2xx and sees every ACK; this state only keeps repeated
 * INVITEs from looking like new calls (RFC 6026 7.1). */
static int accepted(struct msip_ist *t, enum msip_ist_event event,
                    struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_IST_REPEAT:
    msip_fx_do(out, MSIP_FX_SEND);
    return 0;

  case MSIP_IST_ACK:
    msip_fx_do(out, MSIP_FX_TO_USER);
    return 0;

  case MSIP_IST_TIMER_L:
    end(t, out);
    return 0;

  case MSIP_IST_TRANSPORT_ERROR:
    msip_fx_do(out, MSIP_FX_FAILED);
    return 0;

  case MSIP_IST_SEND_100:
  case MSIP_IST_SEND_1XX:
  case MSIP_IST_SEND_2XX:
  case MSIP_IST_SEND_FAILURE:
    return MSIP_ESTATE;

  case MSIP_IST_INVITE:
  case MSIP_IST_TIMER_T:
  case MSIP_IST_TIMER_P:
  case MSIP_IST_TIMER_G:
  case MSIP_IST_TIMER_H:
  case MSIP_IST_TIMER_I:
    return 0;
  }
  return 0;
}

void msip_ist_start(struct msip_ist *t, bool reliable, struct msip_fx_list *out)
{
  *t = (struct msip_ist){.state = MSIP_TXN_PROCEEDING, .reliable = reliable};
  msip_fx_arm(out, 'T', TRYING_MS);
}

int msip_ist_step(struct msip_ist *t, const struct msip_txn_timers *timers,
                  enum msip_ist_event event, struct msip_fx_list *out)
{
  switch (t->state) {
  case MSIP_TXN_PROCEEDING:
    return proceeding(t, timers, event, out);
  case MSIP_TXN_COMPLETED:
    return completed(t, timers, event, out);
  case MSIP_TXN_CONFIRMED:
    return confirmed(t, event, out);
  case MSIP_TXN_ACCEPTED:
    return accepted(t, event, out);
  case MSIP_TXN_CALLING:
  case MSIP_TXN_TRYING:
  case MSIP_TXN_TERMINATED:
    break;
  }
  return event <= MSIP_IST_REPEAT ? MSIP_ESTATE : 0;
}

void msip_ist_describe(const struct msip_ist *t, struct msip_buf *buf)
{
  msip_buf_lit(buf, "ist ");
  msip_buf_add(buf, msip_str_c(msip_txn_state_name(t->state)));
  if (t->state == MSIP_TXN_COMPLETED && !t->reliable) {
    msip_buf_lit(buf, ", G ");
    msip_buf_u64(buf, t->g_ms);
    msip_buf_lit(buf, " ms");
  }
}
