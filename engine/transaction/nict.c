#include "transaction/nict.h"

static void end(struct msip_nict *t, struct msip_fx_list *out)
{
  t->state = MSIP_TXN_TERMINATED;
  msip_fx_do(out, MSIP_FX_GONE);
}

static void stop_sending(const struct msip_nict *t, struct msip_fx_list *out)
{
  if (!t->reliable)
    msip_fx_stop(out, 'E');
}

static void enter_completed(struct msip_nict *t,
                            const struct msip_txn_timers *timers,
                            struct msip_fx_list *out)
{
  stop_sending(t, out);
  msip_fx_stop(out, 'F');
  if (t->reliable) {
    msip_fx_do(out, MSIP_FX_TO_USER);
    end(t, out);
    return;
  }
  t->state = MSIP_TXN_COMPLETED;
  msip_fx_do(out, MSIP_FX_FORGET);
  msip_fx_arm(out, 'K', timers->t4);
  msip_fx_do(out, MSIP_FX_TO_USER);
}

static void repeat(struct msip_nict *t, uint32_t next_ms,
                   struct msip_fx_list *out)
{
  t->e_ms = next_ms;
  msip_fx_do(out, MSIP_FX_SEND);
  msip_fx_arm(out, 'E', t->e_ms);
}

/* What ends a request that has no answer yet, in both states before one. */
static void unanswered(struct msip_nict *t, enum msip_nict_event event,
                       struct msip_fx_list *out)
{
  stop_sending(t, out);
  if (event == MSIP_NICT_TIMER_F) {
    msip_fx_do(out, MSIP_FX_TIMEOUT);
  } else {
    msip_fx_stop(out, 'F');
    msip_fx_do(out, MSIP_FX_FAILED);
  }
  end(t, out);
}

/* Nothing was heard: E doubles up to T2 (17.1.2.2). */
static void trying(struct msip_nict *t, const struct msip_txn_timers *timers,
                   enum msip_nict_event event, struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_NICT_1XX:
    t->state = MSIP_TXN_PROCEEDING;
    msip_fx_do(out, MSIP_FX_TO_USER);
    return;

  case MSIP_NICT_FINAL:
    enter_completed(t, timers, out);
    return;

  case MSIP_NICT_TIMER_E:
    repeat(t, t->e_ms < timers->t2 / 2 ? t->e_ms * 2 : timers->t2, out);
    return;

  case MSIP_NICT_TIMER_F:
  case MSIP_NICT_TRANSPORT_ERROR:
    unanswered(t, event, out);
    return;

  case MSIP_NICT_TIMER_K:
    return;
  }
}

/* The server is at work: E goes on, every T2 once it has fired (17.1.2.2). */
static void proceeding(struct msip_nict *t,
                       const struct msip_txn_timers *timers,
                       enum msip_nict_event event, struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_NICT_1XX:
    msip_fx_do(out, MSIP_FX_TO_USER);
    return;

  case MSIP_NICT_FINAL:
    enter_completed(t, timers, out);
    return;

  case MSIP_NICT_TIMER_E:
    repeat(t, timers->t2, out);
    return;

  case MSIP_NICT_TIMER_F:
  case MSIP_NICT_TRANSPORT_ERROR:
    unanswered(t, event, out);
    return;

  case MSIP_NICT_TIMER_K:
    return;
  }
}

/* Answered; what still arrives was sent twice (17.1.2.2). */
static void completed(struct msip_nict *t, enum msip_nict_event event,
                      struct msip_fx_list *out)
{
  switch (event) {
  case MSIP_NICT_TIMER_K:
    end(t, out);
    return;

  case MSIP_NICT_1XX:
  case MSIP_NICT_FINAL:
  case MSIP_NICT_TIMER_E:
  case MSIP_NICT_TIMER_F:
  case MSIP_NICT_TRANSPORT_ERROR:
    return;
  }
}

void msip_nict_start(struct msip_nict *t, const struct msip_txn_timers *timers,
                     bool reliable, struct msip_fx_list *out)
{
  *t = (struct msip_nict){
      .state = MSIP_TXN_TRYING, .reliable = reliable, .e_ms = timers->t1};
  msip_fx_do(out, MSIP_FX_SEND);
  msip_fx_arm(out, 'F', 64 * timers->t1);
  if (!reliable)
    msip_fx_arm(out, 'E', t->e_ms);
}

void msip_nict_step(struct msip_nict *t, const struct msip_txn_timers *timers,
                    enum msip_nict_event event, struct msip_fx_list *out)
{
  switch (t->state) {
  case MSIP_TXN_TRYING:
    trying(t, timers, event, out);
    break;
  case MSIP_TXN_PROCEEDING:
    proceeding(t, timers, event, out);
    break;
  case MSIP_TXN_COMPLETED:
    completed(t, event, out);
    break;
  case MSIP_TXN_CALLING:
  case MSIP_TXN_CONFIRMED:
  case MSIP_TXN_ACCEPTED:
  case MSIP_TXN_TERMINATED:
    break;
  }
}

void msip_nict_describe(const struct msip_nict *t, struct msip_buf *buf)
{
  msip_buf_lit(buf, "nict ");
  msip_buf_add(buf, msip_str_c(msip_txn_state_name(t->state)));
  if (t->state < MSIP_TXN_COMPLETED && !t->reliable) {
    msip_buf_lit(buf, ", E ");
    msip_buf_u64(buf, t->e_ms);
    msip_buf_lit(buf, " ms");
  }
}
