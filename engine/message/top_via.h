/* message/top_via.h -- the top Via of a request as its receiver knows it. */
#pragma once

#include "message/msg.h"

/* What msip_put_top_via may write beyond the value as it came. */
enum { MSIP_TOP_VIA_MARKS = 88 };

/* Writes the top Via value with received and rport as the request really came
 * (RFC 3261 18.2.1, RFC 3581 section 4), and returns the place behind it. */
char *msip_put_top_via(char *to, const struct msip_msg *m);
