#include "sdp/codec.h"

struct known {
  struct msip_str name;
  struct msip_str channels;
  uint32_t rate;
  int payload; /* -1: dynamic */
};

/* RFC 3551 tables 4 and 5, then names in common use whose rate is not the
 * usual one. */
static const struct known known[] = {
#define KNOWN(payload, name, rate, channels)                                   \
  {                                                                            \
    MSIP_STR_INIT(name), MSIP_STR_INIT(channels), rate, payload                \
  }
    KNOWN(0, "PCMU", 8000, ""),    KNOWN(3, "GSM", 8000, ""),
    KNOWN(4, "G723", 8000, ""),    KNOWN(5, "DVI4", 8000, ""),
    KNOWN(6, "DVI4", 16000, ""),   KNOWN(7, "LPC", 8000, ""),
    KNOWN(8, "PCMA", 8000, ""),    KNOWN(9, "G722", 8000, ""),
    KNOWN(10, "L16", 44100, "2"),  KNOWN(11, "L16", 44100, ""),
    KNOWN(12, "QCELP", 8000, ""),  KNOWN(13, "CN", 8000, ""),
    KNOWN(14, "MPA", 90000, ""),   KNOWN(15, "G728", 8000, ""),
    KNOWN(16, "DVI4", 11025, ""),  KNOWN(17, "DVI4", 22050, ""),
    KNOWN(18, "G729", 8000, ""),   KNOWN(25, "CelB", 90000, ""),
    KNOWN(26, "JPEG", 90000, ""),  KNOWN(28, "nv", 90000, ""),
    KNOWN(31, "H261", 90000, ""),  KNOWN(32, "MPV", 90000, ""),
    KNOWN(33, "MP2T", 90000, ""),  KNOWN(34, "H263", 90000, ""),
    KNOWN(-1, "opus", 48000, "2"), KNOWN(-1, "AMR-WB", 16000, ""),
    KNOWN(-1, "G7221", 16000, ""), KNOWN(-1, "SILK", 16000, ""),
#undef KNOWN
};

enum { KNOWN_COUNT = sizeof known / sizeof *known };

bool msip_sdp_next_format(struct msip_str *rest, struct msip_str *format)
{
  while (rest->len > 0) {
    size_t n = msip_str_find(*rest, ' ');
    size_t used = n < rest->len ? n + 1 : n;

    *format = msip_str_of(rest->at, n);
    rest->at += used;
    rest->len -= used;
    if (n > 0)
      return true;
  }
  return false;
}

int msip_sdp_payload(struct msip_str format)
{
  int payload = 0;

  if (format.len == 0 || format.len > 3)
    return -1;
  for (size_t i = 0; i < format.len; i++) {
    if (!msip_is_digit(format.at[i]))
      return -1;
    payload = payload * 10 + (format.at[i] - '0');
  }
  return payload < 128 ? payload : -1;
}

int msip_codec_parse(struct msip_codec *out, struct msip_str text)
{
  size_t slash = msip_str_find(text, '/');
  struct msip_codec codec = {.name = {text.at, slash},
                             .channels = MSIP_STR("")};

  if (!msip_str_is_token(codec.name))
    return MSIP_ESYNTAX;
  if (slash < text.len) {
    struct msip_str rest =
        msip_str_of(text.at + slash + 1, text.len - slash - 1);
    size_t end = msip_str_find(rest, '/');

    if (msip_str_u32(msip_str_of(rest.at, end), UINT32_MAX, &codec.rate) != 0 ||
        codec.rate == 0)
      return MSIP_ESYNTAX;
    if (end < rest.len)
      codec.channels = msip_str_of(rest.at + end + 1, rest.len - end - 1);
  }
  *out = codec;
  return 0;
}

static void fill(struct msip_codec *out, const struct known *k)
{
  *out = (struct msip_codec){k->name, k->channels, k->rate};
}

bool msip_sdp_codec(struct msip_codec *out, const struct msip_sdp *sdp,
                    const struct msip_sdp_media *media, unsigned payload)
{
  if (msip_payloads_has(&media->mapped, payload)) {
    for (uint32_t i = media->first; i < media->end; i++) {
      const struct msip_sdp_line *line = &sdp->lines[i];

      if (line->kind != MSIP_SDP_RTPMAP || line->payload != payload)
        continue;

      struct msip_str map = line->value;
      size_t gap = msip_str_find(map, ' ');

      map.at += gap;
      map.len -= gap;
      return msip_codec_parse(out, msip_str_trim(map)) == 0;
    }
  }
  for (unsigned i = 0; i < KNOWN_COUNT; i++) {
    if (known[i].payload == (int)payload) {
      fill(out, &known[i]);
      return true;
    }
  }
  return false;
}

/* One channel is what no channels means. */
static bool same_channels(struct msip_str a, struct msip_str b)
{
  if (msip_str_eq(a, MSIP_STR("1")))
    a.len = 0;
  if (msip_str_eq(b, MSIP_STR("1")))
    b.len = 0;
  return msip_str_eq(a, b);
}

int msip_codec_payload(const struct msip_codec *codec)
{
  for (unsigned i = 0; i < KNOWN_COUNT; i++)
    if (known[i].payload >= 0 && known[i].rate == codec->rate &&
        msip_str_ieq(known[i].name, codec->name) &&
        same_channels(known[i].channels, codec->channels))
      return known[i].payload;
  return -1;
}

void msip_codec_complete(struct msip_codec *codec, struct msip_str media_type)
{
  if (codec->rate != 0)
    return;
  for (unsigned i = 0; i < KNOWN_COUNT; i++) {
    if (msip_str_ieq(known[i].name, codec->name)) {
      codec->rate = known[i].rate;
      codec->channels = known[i].channels;
      return;
    }
  }
  codec->rate = msip_str_ieq(media_type, MSIP_STR("video")) ? 90000 : 8000;
}

bool msip_codec_is_auxiliary(struct msip_str name)
{
  return msip_str_ieq(name, MSIP_STR("telephone-event")) ||
         msip_str_ieq(name, MSIP_STR("CN")) ||
         msip_str_ieq(name, MSIP_STR("RED"));
}
