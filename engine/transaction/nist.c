#include "transaction/nist.h"

static void end(struct msip_nist *t, struct msip_fx_list *out)
{
  t->state = MSIP_TXN_TERMINATED;
  msip_fx_do(out, MSIP_FX_GONE);
}

/* How long a client's timer E takes to be reset to T2 (RFC 4320 4.1): 3.5 s
 * with the default timers. */
static uint32_t trying_ms(const struct msip_txn_timers *timers)
{
  uint64_t sum = timers->t1;

  for (uint64_t e = timers->t1; e && e * 2 < timers->t2; e *= 2)
    sum += e * 2;
  return (uint32_t)sum;
}

/* J is 0 on streams, but a timer all the same: the user's own call must not
 * free the transaction. */
static void enter_completed(struct msip_nist *t,
                            const struct msip_txn_timers *timers,
                            struct msip_fx_list *out)
{
  t->state = MSIP_TXN_COMPLETED;
  msip_fx_stop(out, 'F');
  msip_fx_arm(out, 'J', t->reliable ? 0 : 64 * timers->t1);
}

static void fail(struct msip_nist *t, enum msip_fx_kind why,
                 struct msip_fx_list *out)
{
  if (!t->late)
    msip_fx_stop(out, 'T');
  if (why == MSIP_FX_FAILED)
    msip_fx_stop(out, 'F');
  msip_fx_do(out, why);
  end(t, out);
}

/* Nothing was said yet, so retransmissions get nothing (17.2.2). */
static int trying(struct msip_nist *t, const struct msip_txn_timers *timers,
                  enum msip_nist_event event, struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_NIST_SEND_100:
    if (!t->reliable) /* RFC 4320 4.1: not before timer T */
      return MSIP_ESTATE;
    t->state = MSIP_TXN_PROCEEDING;
    t->late = true;
    msip_fx_do(out, MSIP_FX_SEND);
    msip_fx_stop(out, 'T');
    return 0;

  case MSIP_NIST_SEND_FINAL:
    msip_fx_do(out, MSIP_FX_SEND);
    msip_fx_stop(out, 'T');
    enter_completed(t, timers, out);
    return 0;

  case MSIP_NIST_TIMER_T:
    t->state = MSIP_TXN_PROCEEDING;
    t->late = true;
    msip_fx_do(out, MSIP_FX_SEND);
    return 0;

  case MSIP_NIST_TIMER_F:
    fail(t, MSIP_FX_TIMEOUT, out);
    return 0;

  case MSIP_NIST_TRANSPORT_ERROR:
    fail(t, MSIP_FX_FAILED, out);
    return 0;

  case MSIP_NIST_SEND_1XX:
  case MSIP_NIST_REPEAT:
    return MSIP_ESTATE;

  case MSIP_NIST_REQUEST:
  case MSIP_NIST_TIMER_J:
    return 0;
  }
  return 0;
}

/* The 100 is out; retransmissions get it again (17.2.2). */
static int proceeding(struct msip_nist *t, const struct msip_txn_timers *timers,
                      enum msip_nist_event event, struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_NIST_SEND_100:
  case MSIP_NIST_REPEAT:
  case MSIP_NIST_REQUEST:
    msip_fx_do(out, MSIP_FX_SEND);
    return 0;

  case MSIP_NIST_SEND_FINAL:
    msip_fx_do(out, MSIP_FX_SEND);
    enter_completed(t, timers, out);
    return 0;

  case MSIP_NIST_TIMER_F:
    fail(t, MSIP_FX_TIMEOUT, out);
    return 0;

  case MSIP_NIST_TRANSPORT_ERROR:
    fail(t, MSIP_FX_FAILED, out);
    return 0;

  case MSIP_NIST_SEND_1XX:
    return MSIP_ESTATE;

  case MSIP_NIST_TIMER_T:
  case MSIP_NIST_TIMER_J:
    return 0;
  }
  return 0;
}

/* The final response stands; retransmissions get it again (17.2.2). */
static int completed(struct msip_nist *t, enum msip_nist_event event,
                     struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_NIST_REPEAT:
  case MSIP_NIST_REQUEST:
    msip_fx_do(out, MSIP_FX_SEND);
    return 0;

  case MSIP_NIST_TIMER_J:
    end(t, out);
    return 0;

  case MSIP_NIST_TRANSPORT_ERROR:
    msip_fx_stop(out, 'J');
    msip_fx_do(out, MSIP_FX_FAILED);
    end(t, out);
    return 0;

  case MSIP_NIST_SEND_100:
  case MSIP_NIST_SEND_1XX:
  case MSIP_NIST_SEND_FINAL:
    return MSIP_ESTATE;

  case MSIP_NIST_TIMER_T:
  case MSIP_NIST_TIMER_F:
    return 0;
  }
  return 0;
}

void msip_nist_start(struct msip_nist *t, const struct msip_txn_timers *timers,
                     bool reliable, struct msip_fx_list *out)
{
  *t = (struct msip_nist){.state = MSIP_TXN_TRYING, .reliable = reliable};
  msip_fx_arm(out, 'T', trying_ms(timers));
  msip_fx_arm(out, 'F', 64 * timers->t1);
}

int msip_nist_step(struct msip_nist *t, const struct msip_txn_timers *timers,
                   enum msip_nist_event event, struct msip_fx_list *out)
{
  switch (t->state) {
  case MSIP_TXN_TRYING:
    return trying(t, timers, event, out);
  case MSIP_TXN_PROCEEDING:
    return proceeding(t, timers, event, out);
  case MSIP_TXN_COMPLETED:
    return completed(t, event, out);
  case MSIP_TXN_CALLING:
  case MSIP_TXN_CONFIRMED:
  case MSIP_TXN_ACCEPTED:
  case MSIP_TXN_TERMINATED:
    break;
  }
  return event <= MSIP_NIST_REPEAT ? MSIP_ESTATE : 0;
}

void msip_nist_describe(const struct msip_nist *t, struct msip_buf *buf)
{
  msip_buf_lit(buf, "nist ");
  msip_buf_add(buf, msip_str_c(msip_txn_state_name(t->state)));
}
