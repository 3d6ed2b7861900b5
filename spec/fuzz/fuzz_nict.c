#include "fuzz_machine.h"
#include "transaction/nict.h"

static void start(void *it, bool reliable, struct msip_fx_list *fx)
{
  msip_nict_start(it, &fuzz_timers, reliable, fx);
}

static int step(void *it, unsigned event, struct msip_fx_list *fx)
{
  msip_nict_step(it, &fuzz_timers, (enum msip_nict_event)event, fx);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct msip_nict t;
  static const struct fuzz_machine machine = {
      .letters = "--EFK-",
      .it = &t,
      .state = &t.state,
      .start = start,
      .step = step,
  };

  return fuzz_run(&machine, data, size);
}
