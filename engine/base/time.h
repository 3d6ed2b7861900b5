/* base/time.h -- time in the engine: milliseconds on a monotonic clock that
 * the caller reads once per tick and hands down. */
#pragma once

#include <stdint.h>

typedef uint64_t msip_time;

/* No deadline. */
#define MSIP_NEVER UINT64_MAX
