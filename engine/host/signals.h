/* host/signals.h -- SIGHUP reloads, SIGTERM drains and a second one stops,
 * SIGINT stops. */
#pragma once

struct msip_host;
struct msip_signals;

/* MSIP_ENOMEM, MSIP_ESYSTEM. */
int msip_signals_new(struct msip_signals **out, struct msip_host *host);
/* The memory goes when the loop has run once more.  NULL is fine. */
void msip_signals_free(struct msip_signals *signals);
