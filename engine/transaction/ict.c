#include "transaction/ict.h"

/* RFC 6026 8.4: the server's T1 is unknown, so D is never shorter. */
enum { D_MIN_MS = 32000 };

static void end(struct msip_ict *t, struct msip_fx_list *out)
{
  t->state = MSIP_TXN_TERMINATED;
  msip_fx_do(out, MSIP_FX_GONE);
}

static void enter_accepted(struct msip_ict *t,
                           const struct msip_txn_timers *timers,
                           struct msip_fx_list *out)
{
  t->state = MSIP_TXN_ACCEPTED;
  msip_fx_arm(out, 'M', 64 * timers->t1);
  msip_fx_do(out, MSIP_FX_TO_USER);
}

static void enter_completed(struct msip_ict *t,
                            const struct msip_txn_timers *timers,
                            struct msip_fx_list *out)
{
  uint32_t d_ms = 64 * timers->t1;

  msip_fx_do(out, MSIP_FX_ACK);
  if (t->reliable) {
    msip_fx_do(out, MSIP_FX_TO_USER);
    end(t, out);
    return;
  }
  t->state = MSIP_TXN_COMPLETED;
  msip_fx_arm(out, 'D', d_ms > D_MIN_MS ? d_ms : D_MIN_MS);
  msip_fx_do(out, MSIP_FX_TO_USER);
}

static void stop_sending(const struct msip_ict *t, struct msip_fx_list *out)
{
  if (!t->reliable)
    msip_fx_stop(out, 'A');
}

/* Nothing was heard: the INVITE is repeated ever more slowly, until timer B
 * (17.1.1.2). */
static void calling(struct msip_ict *t, const struct msip_txn_timers *timers,
                    enum msip_ict_event event, struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_ICT_1XX:
    t->state = MSIP_TXN_PROCEEDING;
    stop_sending(t, out);
    msip_fx_stop(out, 'B');
    msip_fx_do(out, MSIP_FX_TO_USER);
    return;

  case MSIP_ICT_2XX:
    stop_sending(t, out);
    msip_fx_stop(out, 'B');
    enter_accepted(t, timers, out);
    return;

  case MSIP_ICT_FAILURE:
    stop_sending(t, out);
    msip_fx_stop(out, 'B');
    enter_completed(t, timers, out);
    return;

  case MSIP_ICT_TIMER_A:
    t->a_ms *= 2; /* without a cap, unlike timer E */
    msip_fx_do(out, MSIP_FX_SEND);
    msip_fx_arm(out, 'A', t->a_ms);
    return;

  case MSIP_ICT_TIMER_B:
    stop_sending(t, out);
    msip_fx_do(out, MSIP_FX_TIMEOUT);
    end(t, out);
    return;

  case MSIP_ICT_TRANSPORT_ERROR:
    stop_sending(t, out);
    msip_fx_stop(out, 'B');
    msip_fx_do(out, MSIP_FX_FAILED);
    end(t, out);
    return;

  case MSIP_ICT_TIMER_D:
  case MSIP_ICT_TIMER_M:
    return;
  }
}

/* The callee's side is at work and may take its time: no timer runs here; the
 * user decides how long a call may ring (17.1.1.2). */
static void proceeding(struct msip_ict *t, const struct msip_txn_timers *timers,
                       enum msip_ict_event event, struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_ICT_1XX:
    msip_fx_do(out, MSIP_FX_TO_USER);
    return;

  case MSIP_ICT_2XX:
    enter_accepted(t, timers, out);
    return;

  case MSIP_ICT_FAILURE:
    enter_completed(t, timers, out);
    return;

  case MSIP_ICT_TRANSPORT_ERROR:
    msip_fx_do(out, MSIP_FX_FAILED);
    end(t, out);
    return;

  case MSIP_ICT_TIMER_A:
  case MSIP_ICT_TIMER_B:
  case MSIP_ICT_TIMER_D:
  case MSIP_ICT_TIMER_M:
    return;
  }
}

/* Refused and acknowledged; the refusal may come again because an ACK was lost
 * (17.1.1.2). */
static void completed(struct msip_ict *t, enum msip_ict_event event,
                      struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_ICT_FAILURE:
    msip_fx_do(out, MSIP_FX_ACK);
    return;

  case MSIP_ICT_TIMER_D:
    end(t, out);
    return;

  case MSIP_ICT_TRANSPORT_ERROR:
    msip_fx_stop(out, 'D');
    msip_fx_do(out, MSIP_FX_FAILED);
    end(t, out);
    return;

  case MSIP_ICT_1XX:
  case MSIP_ICT_2XX:
  case MSIP_ICT_TIMER_A:
  case MSIP_ICT_TIMER_B:
  case MSIP_ICT_TIMER_M:
    return;
  }
}

/* Answered: every 2xx goes up, other branches of a fork included, and all else
 * is late (RFC 6026 7.2, 8.4). */
static void accepted(struct msip_ict *t, enum msip_ict_event event,
                     struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_ICT_2XX:
    msip_fx_do(out, MSIP_FX_TO_USER);
    return;

  case MSIP_ICT_TIMER_M:
    end(t, out);
    return;

  case MSIP_ICT_1XX:
  case MSIP_ICT_FAILURE:
  case MSIP_ICT_TIMER_A:
  case MSIP_ICT_TIMER_B:
  case MSIP_ICT_TIMER_D:
  case MSIP_ICT_TRANSPORT_ERROR:
    return;
  }
}

void msip_ict_start(struct msip_ict *t, const struct msip_txn_timers *timers,
                    bool reliable, struct msip_fx_list *out)
{
  *t = (struct msip_ict){
      .state = MSIP_TXN_CALLING, .reliable = reliable, .a_ms = timers->t1};
  msip_fx_do(out, MSIP_FX_SEND);
  msip_fx_arm(out, 'B', 64 * timers->t1);
  if (!reliable)
    msip_fx_arm(out, 'A', t->a_ms);
}

void msip_ict_step(struct msip_ict *t, const struct msip_txn_timers *timers,
                   enum msip_ict_event event, struct msip_fx_list *out)
{
  switch (t->state) {
  case MSIP_TXN_CALLING:
    calling(t, timers, event, out);
    break;
  case MSIP_TXN_PROCEEDING:
    proceeding(t, timers, event, out);
    break;
  case MSIP_TXN_COMPLETED:
    completed(t, event, out);
    break;
  case MSIP_TXN_ACCEPTED:
    accepted(t, event, out);
    break;
  case MSIP_TXN_TRYING:
  case MSIP_TXN_CONFIRMED:
  case MSIP_TXN_TERMINATED:
    break;
  }
}

void msip_ict_describe(const struct msip_ict *t, struct msip_buf *buf)
{
  msip_buf_lit(buf, "ict ");
  msip_buf_add(buf, msip_str_c(msip_txn_state_name(t->state)));
  if (t->state == MSIP_TXN_CALLING && !t->reliable) {
    msip_buf_lit(buf, ", A ");
    msip_buf_u64(buf, t->a_ms);
    msip_buf_lit(buf, " ms");
  }
}
