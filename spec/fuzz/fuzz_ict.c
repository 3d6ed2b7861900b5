#include "fuzz_machine.h"
#include "transaction/ict.h"

#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the transport, each other one is an event. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char letter[] = {0, 0, 0, 'A', 'B', 'D', 'M', 0};
  static const struct msip_txn_timers timers = {500, 4000, 5000};
  struct fuzz_watch watch = {.gone = false};
  struct msip_fx_list fx = {.count = 0};
  struct msip_ict t;

  if (size == 0)
    return 0;
  msip_ict_start(&t, &timers, data[0] & 1, &fx);
  fuzz_see(&watch, &fx);
  for (size_t i = 1; i < size; i++) {
    unsigned event = data[i] % sizeof letter;

    fx.count = 0;
    if (!fuzz_may(&watch, letter[event]))
      continue;
    msip_ict_step(&t, &timers, (enum msip_ict_event)event, &fx);
    fuzz_see(&watch, &fx);
    fuzz_must(watch.gone == (t.state == MSIP_TXN_TERMINATED));
  }
  return 0;
}
