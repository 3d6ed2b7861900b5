/* sdp/codec.h -- payload types and the codecs behind them (RFC 3551). */
#pragma once

#include "sdp/sdp.h"

struct msip_codec {
  struct msip_str name;     /* "PCMU" */
  struct msip_str channels; /* "2", or empty */
  uint32_t rate;            /* 0 when unknown */
};

static inline bool msip_payloads_has(const struct msip_payloads *set,
                                     unsigned payload)
{
  return set->bits[payload >> 6] >> (payload & 63) & 1;
}

static inline void msip_payloads_add(struct msip_payloads *set,
                                     unsigned payload)
{
  set->bits[payload >> 6] |= (uint64_t)1 << (payload & 63);
}

static inline void msip_payloads_drop(struct msip_payloads *set,
                                      unsigned payload)
{
  set->bits[payload >> 6] &= ~((uint64_t)1 << (payload & 63));
}

static inline bool msip_payloads_empty(const struct msip_payloads *set)
{
  return (set->bits[0] | set->bits[1]) == 0;
}

/* Cuts the next format off an m= line's list.  False at its end. */
bool msip_sdp_next_format(struct msip_str *rest, struct msip_str *format);
/* The payload type a format or the head of an attribute value names, or -1. */
int msip_sdp_payload(struct msip_str format);

/* Reads "PCMU/8000" or "opus/48000/2".  MSIP_ESYNTAX. */
int msip_codec_parse(struct msip_codec *out, struct msip_str text);
/* The codec of a payload type in this stream: by its rtpmap, else as RFC 3551
 * assigns it.  False when neither says. */
bool msip_sdp_codec(struct msip_codec *out, const struct msip_sdp *sdp,
                    const struct msip_sdp_media *media, unsigned payload);
/* The fixed payload type of a codec in RFC 3551, or -1. */
int msip_codec_payload(const struct msip_codec *codec);
/* Rate and channels that a bare name implies: from RFC 3551, and for the names
 * in common use; else 90000 for video and 8000 for the rest. */
void msip_codec_complete(struct msip_codec *codec, struct msip_str media_type);
/* Goes along with a codec and is none itself: telephone-event, CN, RED. */
bool msip_codec_is_auxiliary(struct msip_str name);
