/* host/admin_routes.h -- what each path of the admin endpoint does. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct msip_host;

struct msip_admin_reply {
  unsigned status;
  json_t *body;      /* the caller drops it */
  const char *allow; /* with 405 */
  bool stops;        /* stop the host once the reply is out */
};

/* Acts at once; `body` may come back NULL when memory is out. */
struct msip_admin_reply msip_admin_route(struct msip_host *host,
                                         const char *method, const char *path);
struct msip_admin_reply msip_admin_refuse(unsigned status, const char *why);
