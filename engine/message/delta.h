/* message/delta.h -- seconds, as in Expires and Min-SE. */
#pragma once

#include "base/str.h"

/* Reads all of `text`.  A number of 2**32 or more becomes UINT32_MAX: a peer
 * that says "for ever" means it, and nothing may wrap.  MSIP_ESYNTAX for
 * anything but digits. */
int msip_delta_parse(uint32_t *out, struct msip_str text);
