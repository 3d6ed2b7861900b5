/* host/admin.h -- the HTTP endpoint for operators: GET /status and /settings,
 * POST /reload, /drain and /stop, all JSON.
 *
 * libmicrohttpd runs inside the host's loop.  Its users are this machine's:
 * what a web page could make a browser send is refused.
 */
#pragma once

#include <stddef.h>

struct msip_admin;
struct msip_host;

/* MSIP_EINVALID, MSIP_ESYSTEM or MSIP_ENOMEM with a sentence in `why`. */
int msip_admin_new(struct msip_admin **out, struct msip_host *host,
                   const char *address, char *why, size_t room);
/* The memory goes when the loop has run once more.  NULL is fine. */
void msip_admin_free(struct msip_admin *admin);
