/* message/via.h -- one Via value (RFC 3261 20.42, RFC 3581). */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct msip_via {
  struct msip_str text;      /* the whole value */
  struct msip_str transport; /* "UDP" */
  struct msip_str host;      /* IPv6 with its brackets */
  uint16_t port;             /* 0 when absent */
  bool has_rport;
  uint16_t rport; /* its value, 0 when it has none */
  struct msip_str branch;
  struct msip_str received; /* without brackets */
  struct msip_str maddr;
  struct msip_str params;     /* from the first ';', or empty */
  struct msip_str rport_text; /* its whole parameter, from ';'; or empty */
  bool has_received;
};

/* MSIP_ESYNTAX for another protocol than SIP/2.0, a bad sent-by, or a
 * parameter given twice; `*fault` says what and where. */
int msip_via_parse(struct msip_via *out, struct msip_str value,
                   struct msip_fault *fault);

/* Sent-by ports count as equal when both are the transport's default, written
 * or not (RFC 3261 17.2.3 compares host and port). */
bool msip_via_same_sent_by(const struct msip_via *a, const struct msip_via *b);

/* RFC 3261 8.1.1.7: begins with the cookie and has something behind it. */
bool msip_via_has_cookie(const struct msip_via *via);
