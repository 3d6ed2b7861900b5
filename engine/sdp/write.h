/* sdp/write.h -- pieces of text that answers, offers and edits share; for this
 * folder only. */
#pragma once

#include "sdp/sdp.h"

struct msip_sdp_terms;

/* msip_buf_add without a call while there is room: an answer is some forty
 * short pieces. */
static inline void msip_sdp_put(struct msip_buf *buf, struct msip_str s)
{
  if (buf->err || s.len > buf->room - buf->len || buf->room > buf->max) {
    msip_buf_add(buf, s);
    return;
  }
  memcpy(buf->at + buf->len, s.at, s.len);
  buf->len += s.len;
}

#define msip_sdp_put_lit(buf, lit) msip_sdp_put((buf), MSIP_STR(lit))

void msip_sdp_write_line(struct msip_buf *buf,
                         const struct msip_sdp_line *line);
void msip_sdp_write_direction(struct msip_buf *buf,
                              enum msip_direction direction);
/* A stream's lines with its direction replaced. */
void msip_sdp_write_stream(struct msip_buf *buf, const struct msip_sdp *sdp,
                           const struct msip_sdp_media *media,
                           enum msip_direction direction);

/* "o=" as `previous` has it, its version raised by `more`. */
void msip_sdp_write_next_origin(struct msip_buf *buf,
                                const struct msip_sdp *previous, unsigned more);
/* "IN IP4 192.0.2.1"; empty means 127.0.0.1. */
void msip_sdp_write_place(struct msip_buf *buf, struct msip_str address);
/* "v=0", then "o=" up to the space before the session id. */
void msip_sdp_write_head(struct msip_buf *buf,
                         const struct msip_sdp_terms *terms);
/* "s=" and "c=". */
void msip_sdp_write_session(struct msip_buf *buf,
                            const struct msip_sdp_terms *terms);

/* True when `text` is what msip_sdp_format would write. */
bool msip_sdp_is_text(const struct msip_sdp *sdp, struct msip_str text);
