#include "sdp/answer.h"

#include "base/rand.h"
#include "sdp/write.h"

void msip_sdp_terms_init(struct msip_sdp_terms *terms)
{
  *terms = (struct msip_sdp_terms){.username = MSIP_STR(""),
                                   .session_name = MSIP_STR(""),
                                   .address = MSIP_STR(""),
                                   .port = 9,
                                   .direction = MSIP_SENDRECV};
}

/* Without keys and relays only these can be agreed to (RFC 3551, RFC 4585). */
static bool is_plain_rtp(struct msip_str proto)
{
  return msip_str_eq(proto, MSIP_STR("RTP/AVP")) ||
         msip_str_eq(proto, MSIP_STR("RTP/AVPF"));
}

static bool wants_media(const struct msip_sdp_terms *terms,
                        struct msip_str type)
{
  if (!terms->media)
    return true;
  for (uint32_t i = 0; i < terms->media_count; i++)
    if (msip_str_ieq(terms->media[i], type))
      return true;
  return false;
}

static bool wants_codec(const struct msip_sdp_terms *terms,
                        const struct msip_codec *offered)
{
  for (uint32_t i = 0; i < terms->codec_count; i++) {
    struct msip_codec ours;

    if (msip_codec_parse(&ours, terms->codecs[i]) == 0 &&
        msip_str_ieq(ours.name, offered->name) &&
        (ours.rate == 0 || ours.rate == offered->rate))
      return true;
  }
  return false;
}

/* Tones and noise alone are no conversation, unless they are all there is. */
static void choose_payloads(struct msip_payloads *out,
                            const struct msip_sdp *offer,
                            const struct msip_sdp_media *media,
                            const struct msip_sdp_terms *terms)
{
  struct msip_str rest = media->formats, format;
  bool talk_offered = false, talk = false;

  while (msip_sdp_next_format(&rest, &format)) {
    int payload = msip_sdp_payload(format);
    struct msip_codec codec;

    if (payload < 0)
      continue;
    if (!terms->codecs) {
      if (payload < 96 || msip_payloads_has(&media->mapped, (unsigned)payload))
        msip_payloads_add(out, (unsigned)payload);
      continue;
    }
    if (!msip_sdp_codec(&codec, offer, media, (unsigned)payload))
      continue;

    bool is_talk = !msip_codec_is_auxiliary(codec.name);

    talk_offered = talk_offered || is_talk;
    if (wants_codec(terms, &codec)) {
      talk = talk || is_talk;
      msip_payloads_add(out, (unsigned)payload);
    }
  }
  if (talk_offered && !talk)
    *out = (struct msip_payloads){{0, 0}};
}

void msip_sdp_choose(struct msip_sdp_choice *out, const struct msip_sdp *offer,
                     uint32_t index, const struct msip_sdp_terms *terms)
{
  const struct msip_sdp_media *media = &offer->media[index];

  *out = (struct msip_sdp_choice){.direction = terms->direction};
  if (media->port == 0 || !is_plain_rtp(media->proto) ||
      !wants_media(terms, media->type))
    return;
  out->port = terms->port;
  choose_payloads(&out->payloads, offer, media, terms);
}

/* There is one view of a multicast stream, not two (RFC 3264 6.2). */
static bool is_multicast(struct msip_str address)
{
  uint32_t first;

  if (address.len > 2 && msip_lower(address.at[0]) == 'f' &&
      msip_lower(address.at[1]) == 'f' &&
      msip_str_find(address, ':') < address.len)
    return true;
  return address.len > 4 && address.at[0] == '2' && address.at[3] == '.' &&
         msip_str_u32(msip_str_of(address.at, 3), 239, &first) == 0 &&
         first >= 224;
}

static void write_refusal(struct msip_buf *buf,
                          const struct msip_sdp_media *media)
{
  msip_sdp_put_lit(buf, "m=");
  msip_sdp_put(buf, media->type);
  msip_sdp_put_lit(buf, " 0 ");
  msip_sdp_put(buf, media->proto);
  msip_sdp_put_lit(buf, " ");
  msip_sdp_put(buf, media->formats);
  msip_sdp_put_lit(buf, "\r\n");
}

/* The formats we take, in the offer's order. */
static void write_formats(struct msip_buf *buf, struct msip_str offered,
                          struct msip_payloads left)
{
  struct msip_str format;

  while (msip_sdp_next_format(&offered, &format)) {
    int payload = msip_sdp_payload(format);

    if (payload < 0 || !msip_payloads_has(&left, (unsigned)payload))
      continue;
    msip_payloads_drop(&left, (unsigned)payload);
    msip_sdp_put_lit(buf, " ");
    msip_sdp_put(buf, format);
  }
}

static void write_media(struct msip_buf *buf,
                        const struct msip_sdp_media *media, uint16_t port,
                        const struct msip_payloads *payloads)
{
  msip_sdp_put_lit(buf, "m=");
  msip_sdp_put(buf, media->type);
  msip_sdp_put_lit(buf, " ");
  msip_buf_u64(buf, port);
  msip_sdp_put_lit(buf, " ");
  msip_sdp_put(buf, media->proto);
  write_formats(buf, media->formats, *payloads);
  msip_sdp_put_lit(buf, "\r\n");
}

static void write_stream(struct msip_buf *buf, const struct msip_sdp *offer,
                         const struct msip_sdp_media *media,
                         const struct msip_sdp_choice *choice)
{
  struct msip_str connection = msip_sdp_connection(offer, media);
  enum msip_direction direction = msip_direction_answer(
      msip_sdp_offered(offer, media), (enum msip_direction)choice->direction);
  bool multicast = is_multicast(msip_sdp_destination(offer, media));

  write_media(buf, media, multicast ? media->port : choice->port,
              &choice->payloads);
  if (multicast) {
    direction = msip_sdp_direction(offer, media);
    msip_sdp_put_lit(buf, "c=");
    msip_sdp_put(buf, connection);
    msip_sdp_put_lit(buf, "\r\n");
  }
  for (uint32_t i = media->first; i < media->end; i++) {
    const struct msip_sdp_line *line = &offer->lines[i];

    if ((line->kind == MSIP_SDP_RTPMAP || line->kind == MSIP_SDP_FMTP) &&
        msip_payloads_has(&choice->payloads, line->payload))
      msip_sdp_write_line(buf, line);
  }
  if (direction != MSIP_SENDRECV || media->direction != MSIP_DIRECTION_UNSAID ||
      offer->direction != MSIP_DIRECTION_UNSAID)
    msip_sdp_write_direction(buf, direction);
}

/* RFC 3264 6: the times of the offer. */
static void write_times(struct msip_buf *buf, const struct msip_sdp *offer)
{
  bool any = false;

  for (uint32_t i = 0; i < offer->session_end; i++) {
    char type = offer->lines[i].type;

    if (type != 't' && type != 'r' && type != 'z')
      continue;
    any = any || type == 't';
    msip_sdp_write_line(buf, &offer->lines[i]);
  }
  if (!any)
    msip_sdp_put_lit(buf, "t=0 0\r\n");
}

/* One session keeps one id without anybody remembering it: it follows from the
 * peer's, and the version goes with the peer's version. */
static void write_own_origin(struct msip_buf *buf, const struct msip_sdp *offer,
                             const struct msip_sdp_terms *terms)
{
  static const struct msip_rand fixed = {.key = {0x6d6f6f6e, 0x736970}};
  struct msip_str version = offer->origin.version;

  msip_sdp_write_head(buf, terms);
  if (terms->session_id) {
    msip_buf_u64(buf, terms->session_id);
    msip_sdp_put_lit(buf, " ");
    msip_buf_u64(buf, terms->version);
  } else {
    uint64_t hash = msip_hash(&fixed, 0, offer->origin.id);

    hash = msip_hash(&fixed, hash, offer->origin.place);
    msip_buf_u64(buf, (hash >> 32) + 1);
    msip_sdp_put_lit(buf, " ");
    if (version.len > 18) /* stay below 2^62 */
      version = msip_str_of(version.at + version.len - 18, 18);
    msip_sdp_put(buf, version);
  }
  msip_sdp_put_lit(buf, " ");
  msip_sdp_write_place(buf, terms->address);
  msip_sdp_put_lit(buf, "\r\n");
}

/* How many streams were accepted. */
static unsigned write_body(struct msip_buf *buf, const struct msip_sdp *offer,
                           const struct msip_sdp_terms *terms)
{
  unsigned accepted = 0;

  msip_sdp_write_session(buf, terms);
  write_times(buf, offer);
  for (uint32_t i = 0; i < offer->media_count; i++) {
    const struct msip_sdp_media *media = &offer->media[i];
    struct msip_sdp_choice choice;

    if (terms->choices)
      choice = terms->choices[i];
    else
      msip_sdp_choose(&choice, offer, i, terms);
    if (media->port == 0 || choice.port == 0 ||
        msip_payloads_empty(&choice.payloads)) {
      write_refusal(buf, media);
      continue;
    }
    accepted++;
    write_stream(buf, offer, media, &choice);
  }
  return accepted;
}

static bool has_streams(const struct msip_sdp *sdp)
{
  for (uint32_t i = 0; i < sdp->media_count; i++)
    if (sdp->media[i].port != 0)
      return true;
  return false;
}

int msip_sdp_answer(struct msip_buf *buf, const struct msip_sdp *offer,
                    const struct msip_sdp_terms *terms,
                    struct msip_fault *fault)
{
  size_t start = buf->len;
  int err = msip_sdp_check(offer, fault);

  if (err == 0 && terms->previous)
    err = msip_sdp_check_streams(terms->previous, offer, fault);
  if (err)
    return err;
  for (unsigned more = 0;; more++) {
    if (terms->previous)
      msip_sdp_write_next_origin(buf, terms->previous, more);
    else
      write_own_origin(buf, offer, terms);
    if (write_body(buf, offer, terms) == 0 && has_streams(offer)) {
      buf->len = start;
      if (fault)
        *fault = (struct msip_fault){"no stream in common", 0};
      return MSIP_EUNSUPPORTED;
    }
    if (!terms->previous || more > 0 || buf->err ||
        msip_sdp_is_text(terms->previous,
                         msip_str_of(buf->at + start, buf->len - start)))
      return buf->err;
    buf->len = start;
  }
}
