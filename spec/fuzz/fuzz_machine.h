/* spec/fuzz/fuzz_machine.h -- what must hold for every transaction machine,
 * whatever events it is fed: nothing after GONE, GONE last, a timer fires only
 * when it was armed, and none runs on when the machine ends. */
#pragma once

#include "base/err.h"
#include "transaction/fx.h"

#include <stdbool.h>
#include <stdlib.h>

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

/* The clock lets only armed timers fire.  Letter 0 is no timer. */
static inline bool fuzz_may(struct fuzz_watch *w, char letter)
{
  if (!letter)
    return true;
  if (!w->armed[(int)letter])
    return false;
  w->armed[(int)letter] = false;
  return true;
}
