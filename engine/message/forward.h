/* message/forward.h -- a message as a proxy sends it on (RFC 3261 16.4, 16.6,
 * 16.7).
 *
 * Bytes in, bytes out.  What those sections name is changed; every other row
 * stays where and as it is, unknown ones and their spelling included.  Only a
 * bare LF behind a row becomes CRLF.
 */
#pragma once

#include "message/msg.h"

struct msip_forward {
  /* 16.4, what the receiver found out: the Request-URI is ours, so the last
   * Route value takes its place; that many first Route values are ours. */
  bool strict;
  unsigned pop;

  struct msip_str target;        /* new Request-URI; empty: as it came */
  const struct msip_str *routes; /* pushed: "<sip:p;lr>" each, or a URI */
  unsigned route_count;
  struct msip_str record_route; /* a value; empty: none */
  struct msip_str path;         /* likewise (RFC 3327) */
  uint32_t max_breadth;         /* 0: left alone */
  struct msip_str realm; /* its Proxy-Authorization ends here; empty: none */
  const struct msip_str *remove; /* names of rows to leave out */
  unsigned remove_count;
  const struct msip_str *headers; /* "Name: value" each */
  unsigned header_count;

  enum msip_transport transport; /* of our Via */
  struct msip_str sent_by, branch;
};

/* The URI that decides where the request goes (16.6.7): a pushed Route, one
 * that is left of those that came, or the Request-URI.  Borrowed.  MSIP_ESYNTAX
 * when the Route that decides is none. */
int msip_forward_next_hop(struct msip_str *uri, const struct msip_forward *f,
                          const struct msip_msg *request);
/* Writes the request.  Errors stick in `buf`; MSIP_EINVALID for text that
 * cannot stand in a header, MSIP_ESYNTAX as above. */
void msip_forward_request(struct msip_buf *buf, const struct msip_forward *f,
                          const struct msip_msg *request);

/* Writes a response without its top Via, with the challenges of `more` behind
 * its own headers (16.7.3, 16.7.7). */
void msip_forward_response(struct msip_buf *buf,
                           const struct msip_msg *response,
                           const struct msip_msg *const *more, unsigned count);

/* Writes the CANCEL of a request as it was sent (9.1), with a Reason unless
 * that is empty (RFC 3326). */
void msip_forward_cancel(struct msip_buf *buf, const struct msip_msg *sent,
                         struct msip_str reason);
