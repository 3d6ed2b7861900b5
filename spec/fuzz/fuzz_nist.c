#include "fuzz_machine.h"
#include "transaction/nist.h"

#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the transport, each other one is an event. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char letter[] = {0, 0, 0, 0, 0, 'T', 'F', 'J', 0};
  static const struct msip_txn_timers timers = {500, 4000, 5000};
  struct fuzz_watch watch = {.gone = false};
  struct msip_fx_list fx = {.count = 0};
  struct msip_nist t;

  if (size == 0)
    return 0;
  msip_nist_start(&t, &timers, data[0] & 1, &fx);
  fuzz_see(&watch, &fx);
  for (size_t i = 1; i < size; i++) {
    unsigned event = data[i] % sizeof letter;

    struct msip_nist before = t;

    fx.count = 0;
    if (!fuzz_may(&watch, letter[event]))
      continue;
    if (msip_nist_step(&t, &timers, (enum msip_nist_event)event, &fx) != 0) {
      /* Refused: only the user can be, and then nothing changed. */
      fuzz_must(event <= MSIP_NIST_REPEAT && fx.count == 0);
      fuzz_must(t.state == before.state);
    }
    fuzz_see(&watch, &fx);
    fuzz_must(watch.gone == (t.state == MSIP_TXN_TERMINATED));
  }
  return 0;
}
