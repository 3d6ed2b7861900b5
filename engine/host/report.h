/* host/report.h -- the host's state as JSON. */
#pragma once

#include <jansson.h>

struct msip_host;

/* A new reference, or NULL when memory is out. */
json_t *msip_report_status(struct msip_host *host);
json_t *msip_report_settings(const struct msip_host *host);
