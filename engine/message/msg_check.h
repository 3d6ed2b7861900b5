/* message/msg_check.h -- the one place where a message's mandatory headers are
 * read and judged (RFC 3261 8.1.1, 8.2, 16.3, 18.3).  Used by msip_msg_parse
 * only. */
#pragma once

#include "message/msg.h"

/* Records the first thing that is wrong; later ones do not count. */
void msip_msg_fault(struct msip_msg *m, uint16_t status, const char *reason);
/* The same for a limit. */
void msip_msg_exceeds(struct msip_msg *m, enum msip_msg_excess what);

/* Fills the decoded fields of an indexed message and judges it.  m->body is
 * all that came behind the header section and is cut here.  `twice` is a
 * single-value header that has two rows, or MSIP_HEADER_OTHER; `most` is the
 * limit of a message's bytes.
 * MSIP_ESYNTAX: without Via, so nobody can be answered. */
int msip_msg_check(struct msip_msg *m, enum msip_header_id twice,
                   uint32_t most);
