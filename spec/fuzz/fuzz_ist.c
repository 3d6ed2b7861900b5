#include "fuzz_machine.h"
#include "transaction/ist.h"

static void start(void *it, bool reliable, struct msip_fx_list *fx)
{
  msip_ist_start(it, reliable, fx);
}

static int step(void *it, unsigned event, struct msip_fx_list *fx)
{
  return msip_ist_step(it, &fuzz_timers, (enum msip_ist_event)event, fx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct msip_ist t;
  static const struct fuzz_machine machine = {
      .letters = "-------TPGHIL-",
      .refusable = MSIP_IST_REPEAT + 1,
      .it = &t,
      .state = &t.state,
      .start = start,
      .step = step,
  };

  return fuzz_run(&machine, data, size);
}
