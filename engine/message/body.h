/* message/body.h -- finding the session description in a message (RFC 3261
 * 8.2.3, 13.2.1; RFC 5621). */
#pragma once

#include "message/msg.h"

/* 1: `*sdp` is the application/sdp body that describes the session, alone or
 *    as a part of a multipart body.
 * 0: there is none, and nothing that had to be understood.
 * MSIP_EUNSUPPORTED: something that must be understood is of another type or
 *    encoding (415).
 * MSIP_ESYNTAX: a body without Content-Type, a broken multipart body, or one
 *    nested too deep (400). */
int msip_msg_session_body(const struct msip_msg *m, struct msip_str *sdp);
