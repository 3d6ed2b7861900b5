#include "host/signals.h"

#include <signal.h>
#include <stdlib.h>

#include "host/inside.h"

static const int wanted[] = {SIGHUP, SIGTERM, SIGINT};

enum { COUNT = sizeof wanted / sizeof *wanted };

struct msip_signals {
  uv_signal_t signal[COUNT];
  unsigned open; /* handles that are not closed */
};

static void on_signal(uv_signal_t *signal, int number)
{
  struct msip_host *host = signal->loop->data;
  char why[512] = "";

  if (number == SIGHUP) {
    msip_host_reload(host, why, sizeof why);
  } else if (number == SIGTERM && !host->draining) {
    msip_host_drain(host);
  } else {
    msip_log(&host->log, MSIP_LOG_INFO, MSIP_STR(""), "stopping at once");
    msip_host_stop(host);
  }
  msip_host_turn(host);
}

int msip_signals_new(struct msip_signals **out, struct msip_host *host)
{
  struct msip_signals *signals = calloc(1, sizeof *signals);
  int err = 0;

  if (!signals)
    return MSIP_ENOMEM;
  for (; signals->open < COUNT && !err; signals->open++) {
    uv_signal_t *signal = &signals->signal[signals->open];

    uv_signal_init(&host->loop, signal);
    signal->data = signals;
    err = uv_signal_start(signal, on_signal, wanted[signals->open]);
  }
  if (err) {
    msip_signals_free(signals);
    return MSIP_ESYSTEM;
  }
  *out = signals;
  return 0;
}

static void on_closed(uv_handle_t *handle)
{
  struct msip_signals *signals = handle->data;

  if (--signals->open == 0)
    free(signals);
}

void msip_signals_free(struct msip_signals *signals)
{
  unsigned count = signals ? signals->open : 0;

  for (unsigned i = 0; i < count; i++)
    uv_close((uv_handle_t *)&signals->signal[i], on_closed);
}
