/* host/notify.h -- one line to the service manager (sd_notify's protocol: a
 * datagram to the socket that NOTIFY_SOCKET names).  Nothing happens without
 * one. */
#pragma once

void msip_notify(const char *state);
