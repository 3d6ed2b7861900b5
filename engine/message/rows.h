/* message/rows.h -- copying rows of a message as they came, for whoever sends
 * most of it on. */
#pragma once

#include "message/msg.h"

/* All of row `i`, its name and its line end included. */
struct msip_str msip_row_bytes(const struct msip_msg *m, unsigned i);
/* Copies bytes of the header section; line ends become CRLF. */
void msip_rows_copy(struct msip_buf *buf, struct msip_str rows);
/* Ends the header section behind Content-Length, where that is missing, and
 * copies the body. */
void msip_rows_end(struct msip_buf *buf, const struct msip_msg *m);
