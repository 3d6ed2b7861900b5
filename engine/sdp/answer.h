/* sdp/answer.h -- writing our side: answers and offers (RFC 3264, RFC 6337).
 *
 * The engine carries no media, so what we accept, and where it is to be sent,
 * are terms that the caller sets; an answer made on the default terms is valid
 * and points nowhere (127.0.0.1, port 9, discard).
 */
#pragma once

#include "sdp/codec.h"
#include "sdp/sdp.h"

/* Per stream of the offer. */
struct msip_sdp_choice {
  uint16_t port;                 /* 0 refuses the stream */
  uint8_t direction;             /* enum msip_direction, what we want */
  struct msip_payloads payloads; /* accepted; none refuses the stream */
};

struct msip_sdp_terms {
  struct msip_str username;     /* empty: "-" */
  struct msip_str session_name; /* empty: "-" */
  struct msip_str address;      /* empty: 127.0.0.1 */
  /* NULL: every type of stream over RTP/AVP or RTP/AVPF. */
  const struct msip_str *media;
  /* NULL: every codec offered; with or without "/rate". */
  const struct msip_str *codecs;
  uint32_t media_count, codec_count;
  uint16_t port;
  uint8_t direction; /* enum msip_direction, what we want */
  /* One per stream, from msip_sdp_choose and then changed; NULL: choose. */
  const struct msip_sdp_choice *choices;
  /* What we sent before in this session: its o= is kept, the version rises by
   * one when the text changes. */
  const struct msip_sdp *previous;
  /* Without `previous`: 0 derives the id from the offer's o= and takes its
   * version, so that repeated answers in one session agree by themselves. */
  uint64_t session_id;
  uint64_t version;
};

/* Direction sendrecv, port 9, the rest empty. */
void msip_sdp_terms_init(struct msip_sdp_terms *terms);

/* What `terms` mean for one stream. */
void msip_sdp_choose(struct msip_sdp_choice *out, const struct msip_sdp *offer,
                     uint32_t index, const struct msip_sdp_terms *terms);

/* Appends an answer to `buf`.  MSIP_ESYNTAX when the offer fails
 * msip_sdp_check, MSIP_EOFFER when it lost streams of `previous`,
 * MSIP_EUNSUPPORTED when it has streams and we take none (RFC 3264 6 and RFC
 * 3261 13.3.1.3: 488); `*fault` says why.  Else what `buf` has to say. */
int msip_sdp_answer(struct msip_buf *buf, const struct msip_sdp *offer,
                    const struct msip_sdp_terms *terms,
                    struct msip_fault *fault);

/* One stream of an offer of ours. */
struct msip_sdp_stream {
  struct msip_str type;
  const struct msip_str *codecs; /* "PCMU", "opus/48000/2" */
  uint32_t codec_count;
  uint16_t port;
  uint8_t direction;
};

/* Appends a fresh offer over RTP/AVP.  Dynamic payload types count from 96;
 * telephone-event has 101.  MSIP_EINVALID for a malformed codec or too many;
 * of `terms` only the first three fields, id and version count. */
int msip_sdp_offer(struct msip_buf *buf, const struct msip_sdp_terms *terms,
                   const struct msip_sdp_stream *streams, uint32_t count);

/* Appends `previous`, a description of ours, as an offer anew: the same but
 * for the direction of streams in use (MSIP_DIRECTION_UNSAID: kept), and behind
 * its streams those of ours that have a higher number (RFC 3264 8.1).  The
 * version rises by one when that changes the text.  Fails as msip_sdp_offer. */
int msip_sdp_reoffer(struct msip_buf *buf, const struct msip_sdp *previous,
                     enum msip_direction direction,
                     const struct msip_sdp_stream *streams, uint32_t count);
