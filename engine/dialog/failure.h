/* dialog/failure.h -- what a refused request means for its call (RFC 3261
 * 12.2.1.2 as RFC 5057 section 5 details it).  Pure. */
#pragma once

#include "message/method.h"

#include <stdbool.h>

/* True when this final response to a request of ours in the dialog of a call
 * shows that the call cannot go on.  408 stands for no response too. */
bool msip_failure_ends_call(enum msip_method method, unsigned status);
