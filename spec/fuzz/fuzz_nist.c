#include "fuzz_machine.h"
#include "transaction/nist.h"

static void start(void *it, bool reliable, struct msip_fx_list *fx)
{
  msip_nist_start(it, &fuzz_timers, reliable, fx);
}

static int step(void *it, unsigned event, struct msip_fx_list *fx)
{
  return msip_nist_step(it, &fuzz_timers, (enum msip_nist_event)event, fx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct msip_nist t;
  static const struct fuzz_machine machine = {
      .letters = "-----TFJ-",
      .refusable = MSIP_NIST_REPEAT + 1,
      .it = &t,
      .state = &t.state,
      .start = start,
      .step = step,
  };

  return fuzz_run(&machine, data, size);
}
