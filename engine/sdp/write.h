/* sdp/write.h -- pieces of text that answers, offers and edits share; for this
 * folder only. */
#pragma once

#include "sdp/sdp.h"

struct msip_sdp_terms;

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
