/* spec/fuzz/fuzz_machine.h -- what must hold for every transaction machine,
 * whatever events it is fed: nothing after GONE, GONE last, a timer fires only
 * when it was armed, none runs on when the machine ends, and a step that is
 * refused changes nothing. */
#pragma once

#include "base/err.h"
#include "transaction/fx.h"
#include "transaction/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct msip_txn_timers fuzz_timers = {500, 4000, 5000};

/* One kind of machine; `it` is the target's own. */
struct fuzz_machine {
  const char *letters; /* per event the timer that fires, or '-' */
  unsigned refusable;  /* so many first events are the user's */
  void *it;
  const enum msip_txn_state *state;
  void (*start)(void *it, bool reliable, struct msip_fx_list *fx);
  int (*step)(void *it, unsigned event, struct msip_fx_list *fx);
};

struct fuzz_watch {
  bool armed[128]; /* by letter */
  bool gone;
};

static inline void fuzz_must(bool holds)
{
  if (!holds)
    abort();
}

/* Checks and notes the effects of one step. */
static inline void fuzz_see(struct fuzz_watch *w, const struct msip_fx_list *fx)
{
  fuzz_must(fx->count <= MSIP_FX_MAX);
  fuzz_must(!w->gone || fx->count == 0);
  for (int i = 0; i < fx->count; i++) {
    int letter = fx->fx[i].timer;

    fuzz_must(!w->gone);
    if (fx->fx[i].kind == MSIP_FX_ARM)
      w->armed[letter] = true;
    if (fx->fx[i].kind == MSIP_FX_STOP) {
      fuzz_must(w->armed[letter]);
      w->armed[letter] = false;
    }
    w->gone = fx->fx[i].kind == MSIP_FX_GONE;
  }
  for (int letter = 'A'; w->gone && letter <= 'Z'; letter++)
    fuzz_must(!w->armed[letter]);
}

/* The clock lets only armed timers fire. */
static inline bool fuzz_may(struct fuzz_watch *w, char letter)
{
  if (letter == '-')
    return true;
  if (!w->armed[(int)letter])
    return false;
  w->armed[(int)letter] = false;
  return true;
}

/* The first byte chooses the transport, each other one is an event. */
static inline int fuzz_run(const struct fuzz_machine *m, const uint8_t *data,
                           size_t size)
{
  struct fuzz_watch watch = {.gone = false};
  struct msip_fx_list fx = {.count = 0};
  size_t events = strlen(m->letters);

  if (size == 0)
    return 0;
  m->start(m->it, data[0] & 1, &fx);
  fuzz_see(&watch, &fx);
  for (size_t i = 1; i < size; i++) {
    unsigned event = (unsigned)(data[i] % events);
    enum msip_txn_state before = *m->state;

    fx.count = 0;
    if (!fuzz_may(&watch, m->letters[event]))
      continue;
    if (m->step(m->it, event, &fx) != 0)
      fuzz_must(event < m->refusable && fx.count == 0 && *m->state == before);
    fuzz_see(&watch, &fx);
    fuzz_must(watch.gone == (*m->state == MSIP_TXN_TERMINATED));
  }
  return 0;
}
