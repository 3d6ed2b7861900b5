#include "sdp/answer.h"
#include "sdp/write.h"

enum { FIRST_DYNAMIC = 96, TONES = 101 };

static struct msip_str or_dash(struct msip_str s)
{
  return s.len ? s : MSIP_STR("-");
}

void msip_sdp_write_place(struct msip_buf *buf, struct msip_str address)
{
  if (address.len == 0) {
    msip_sdp_put_lit(buf, "IN IP4 127.0.0.1");
    return;
  }

  bool is_ipv6 = msip_str_find(address, ':') < address.len;

  msip_sdp_put(buf, is_ipv6 ? MSIP_STR("IN IP6 ") : MSIP_STR("IN IP4 "));
  msip_sdp_put(buf, address);
}

void msip_sdp_write_head(struct msip_buf *buf,
                         const struct msip_sdp_terms *terms)
{
  msip_sdp_put_lit(buf, "v=0\r\no=");
  msip_sdp_put(buf, or_dash(terms->username));
  msip_sdp_put_lit(buf, " ");
}

void msip_sdp_write_session(struct msip_buf *buf,
                            const struct msip_sdp_terms *terms)
{
  msip_sdp_put_lit(buf, "s=");
  msip_sdp_put(buf, or_dash(terms->session_name));
  msip_sdp_put_lit(buf, "\r\nc=");
  msip_sdp_write_place(buf, terms->address);
  msip_sdp_put_lit(buf, "\r\n");
}

void msip_sdp_write_next_origin(struct msip_buf *buf,
                                const struct msip_sdp *previous, unsigned more)
{
  struct msip_str version = previous->origin.version;

  msip_sdp_put_lit(buf, "v=0\r\no=");
  msip_sdp_put(buf, previous->origin.username);
  msip_sdp_put_lit(buf, " ");
  msip_sdp_put(buf, previous->origin.id);
  msip_sdp_put_lit(buf, " ");
  if (more == 0) {
    msip_sdp_put(buf, version);
  } else {
    uint64_t number = 0;

    for (size_t i = 0; i < version.len; i++)
      number = number * 10 + (uint64_t)(version.at[i] - '0');
    msip_buf_u64(buf, number + more);
  }
  msip_sdp_put_lit(buf, " ");
  msip_sdp_put(buf, previous->origin.place);
  msip_sdp_put_lit(buf, "\r\n");
}

/* Gives every codec of a stream its payload type. */
static int number_codecs(const struct msip_sdp_stream *stream,
                         struct msip_codec *codecs, uint8_t *payloads)
{
  struct msip_payloads used = {{0, 0}};
  unsigned next = FIRST_DYNAMIC;

  if (stream->codec_count == 0 || stream->codec_count > 32)
    return MSIP_EINVALID;
  for (uint32_t i = 0; i < stream->codec_count; i++) {
    if (msip_codec_parse(&codecs[i], stream->codecs[i]) != 0)
      return MSIP_EINVALID;
    msip_codec_complete(&codecs[i], stream->type);

    int payload = msip_codec_payload(&codecs[i]);

    if (payload < 0 && !msip_payloads_has(&used, TONES) &&
        msip_str_ieq(codecs[i].name, MSIP_STR("telephone-event")))
      payload = TONES;
    if (payload < 0) {
      while (next == TONES || msip_payloads_has(&used, next))
        next++;
      payload = (int)next++;
    }
    if (payload > 127)
      return MSIP_EINVALID;
    msip_payloads_add(&used, (unsigned)payload);
    payloads[i] = (uint8_t)payload;
  }
  return 0;
}

static void write_codec(struct msip_buf *buf, const struct msip_codec *codec,
                        unsigned payload)
{
  msip_sdp_put_lit(buf, "a=rtpmap:");
  msip_buf_u64(buf, payload);
  msip_sdp_put_lit(buf, " ");
  msip_sdp_put(buf, codec->name);
  msip_sdp_put_lit(buf, "/");
  msip_buf_u64(buf, codec->rate);
  if (codec->channels.len) {
    msip_sdp_put_lit(buf, "/");
    msip_sdp_put(buf, codec->channels);
  }
  msip_sdp_put_lit(buf, "\r\n");
  if (msip_str_ieq(codec->name, MSIP_STR("telephone-event"))) {
    msip_sdp_put_lit(buf, "a=fmtp:");
    msip_buf_u64(buf, payload);
    msip_sdp_put_lit(buf, " 0-16\r\n");
  }
}

static int write_stream(struct msip_buf *buf,
                        const struct msip_sdp_stream *stream)
{
  struct msip_codec codecs[32];
  uint8_t payloads[32];
  int err = number_codecs(stream, codecs, payloads);

  if (err)
    return err;
  msip_sdp_put_lit(buf, "m=");
  msip_sdp_put(buf, stream->type);
  msip_sdp_put_lit(buf, " ");
  msip_buf_u64(buf, stream->port);
  msip_sdp_put_lit(buf, " RTP/AVP");
  for (uint32_t i = 0; i < stream->codec_count; i++) {
    msip_sdp_put_lit(buf, " ");
    msip_buf_u64(buf, payloads[i]);
  }
  msip_sdp_put_lit(buf, "\r\n");
  for (uint32_t i = 0; i < stream->codec_count; i++)
    write_codec(buf, &codecs[i], payloads[i]);
  msip_sdp_write_direction(buf, (enum msip_direction)stream->direction);
  return 0;
}

/* What `buf` has to say, or MSIP_EINVALID and all from `start` on is gone. */
static int write_streams(struct msip_buf *buf, size_t start,
                         const struct msip_sdp_stream *streams, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++) {
    int err = write_stream(buf, &streams[i]);

    if (err) {
      buf->len = start;
      return err;
    }
  }
  return buf->err;
}

int msip_sdp_offer(struct msip_buf *buf, const struct msip_sdp_terms *terms,
                   const struct msip_sdp_stream *streams, uint32_t count)
{
  size_t start = buf->len;

  msip_sdp_write_head(buf, terms);
  msip_buf_u64(buf, terms->session_id);
  msip_sdp_put_lit(buf, " ");
  msip_buf_u64(buf, terms->version);
  msip_sdp_put_lit(buf, " ");
  msip_sdp_write_place(buf, terms->address);
  msip_sdp_put_lit(buf, "\r\n");
  msip_sdp_write_session(buf, terms);
  msip_sdp_put_lit(buf, "t=0 0\r\n");
  return write_streams(buf, start, streams, count);
}

static void write_again(struct msip_buf *buf, const struct msip_sdp *previous,
                        enum msip_direction direction)
{
  for (uint32_t i = 0; i < previous->session_end; i++) {
    const struct msip_sdp_line *line = &previous->lines[i];

    if (line->type == 'v' || line->type == 'o')
      continue;
    if (line->kind == MSIP_SDP_DIRECTION && direction != MSIP_DIRECTION_UNSAID)
      continue;
    msip_sdp_write_line(buf, line);
  }
  for (uint32_t i = 0; i < previous->media_count; i++) {
    const struct msip_sdp_media *media = &previous->media[i];

    if (media->port != 0 && direction != MSIP_DIRECTION_UNSAID) {
      msip_sdp_write_stream(buf, previous, media, direction);
      continue;
    }
    for (uint32_t n = media->first; n < media->end; n++)
      msip_sdp_write_line(buf, &previous->lines[n]);
  }
}

int msip_sdp_reoffer(struct msip_buf *buf, const struct msip_sdp *previous,
                     enum msip_direction direction,
                     const struct msip_sdp_stream *streams, uint32_t count)
{
  size_t start = buf->len;
  uint32_t there = previous->media_count;

  for (unsigned more = 0;; more++) {
    msip_sdp_write_next_origin(buf, previous, more);
    write_again(buf, previous, direction);
    if (count > there) {
      int err = write_streams(buf, start, streams + there, count - there);

      if (err)
        return err;
    }
    if (more > 0 || buf->err ||
        msip_sdp_is_text(previous,
                         msip_str_of(buf->at + start, buf->len - start)))
      return buf->err;
    buf->len = start;
  }
}
