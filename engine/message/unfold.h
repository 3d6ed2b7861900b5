/* message/unfold.h -- writing a header value on one line. */
#pragma once

#include "base/str.h"

/* Copies `s` to `to`, which has room for s.len bytes, each fold as one space.
 * Nothing a peer sent can start a line of ours this way.  Returns the end. */
char *msip_put_unfolded(char *to, struct msip_str s);
