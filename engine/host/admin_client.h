/* host/admin_client.h -- one request to a running engine's admin endpoint. */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct msip_admin_answer {
  unsigned status; /* of HTTP */
  json_t *body;    /* an object; the caller drops it */
};

/* Blocks, a minute at most.  MSIP_EINVALID for the address, MSIP_ESYSTEM when
 * nothing sensible answers, with a sentence in `why`. */
int msip_admin_ask(struct msip_admin_answer *out, const char *address,
                   const char *method, const char *path, char *why,
                   size_t room);
