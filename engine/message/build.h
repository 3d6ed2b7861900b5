/* message/build.h -- the only writer of CRLF.
 *
 * Messages are written front to back into a msip_buf: a head, header lines,
 * then msip_build_body, which also ends the header section.  Errors stick in
 * the buffer.  Values must satisfy msip_str_is_line; a value that does not is
 * refused with MSIP_EINVALID in the buffer's error.
 */
#pragma once

#include "base/bytes.h"
#include "message/msg.h"

/* Status line, all Via (the top one with received and rport filled in from
 * request->flow, RFC 3261 18.2.1 and RFC 3581 section 4), From, To with
 * `to_tag` added when the request has none and `to_tag` is not empty, Call-ID,
 * CSeq; on a 100 also Timestamp (8.2.6.1) with the delay since received_at.
 * An empty `reason` means the standard phrase.  What a broken request lacks is
 * left out. */
void msip_build_response(struct msip_buf *buf, const struct msip_msg *request,
                         unsigned status, struct msip_str reason,
                         struct msip_str to_tag, msip_time now);

/* Status line, as a message/sipfrag begins too. */
void msip_build_status_line(struct msip_buf *buf, unsigned status,
                            struct msip_str reason);
/* Request line. */
void msip_build_request_line(struct msip_buf *buf, struct msip_str method,
                             struct msip_str ruri);
/* "Via: SIP/2.0/UDP host:port;branch=...;rport" */
void msip_build_via(struct msip_buf *buf, enum msip_transport transport,
                    struct msip_str sent_by, struct msip_str branch);

void msip_build_header(struct msip_buf *buf, enum msip_header_id id,
                       struct msip_str value);
void msip_build_number(struct msip_buf *buf, enum msip_header_id id,
                       uint64_t value);
/* "CSeq: 4711 BYE" */
void msip_build_cseq(struct msip_buf *buf, uint32_t number,
                     struct msip_str method);
void msip_build_named(struct msip_buf *buf, struct msip_str name,
                      struct msip_str value);
/* Copies every row of a header, folds written as spaces. */
void msip_build_copy(struct msip_buf *buf, const struct msip_msg *from,
                     enum msip_header_id id);

/* Content-Type and Content-Disposition when not empty, Content-Length, the
 * empty line and the body.  Always the last call. */
void msip_build_body(struct msip_buf *buf, struct msip_str content_type,
                     struct msip_str disposition, struct msip_str body);

/* The standard phrase of a status, "Busy Here"; "Unknown" for others. */
struct msip_str msip_reason_phrase(unsigned status);
