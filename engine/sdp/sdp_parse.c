#include "sdp/codec.h"
#include "sdp/sdp.h"

enum { FIRST_LINES = 32, FIRST_MEDIA = 8 };

struct reader {
  struct msip_sdp *sdp;
  struct msip_str rest;
  const char *start;
  struct msip_fault *fault;
  bool has_version, has_origin;
};

static int broken(struct reader *r, const char *at, const char *what, int err)
{
  if (r->fault)
    *r->fault = (struct msip_fault){what, (unsigned)(at - r->start)};
  return err;
}

/* Cuts a word off at runs of SP. */
static struct msip_str word(struct msip_str *rest)
{
  size_t from = 0, to;

  while (from < rest->len && rest->at[from] == ' ')
    from++;
  for (to = from; to < rest->len && rest->at[to] != ' ';)
    to++;

  struct msip_str piece = msip_str_of(rest->at + from, to - from);

  rest->at += to;
  rest->len -= to;
  return piece;
}

static struct msip_str without_spaces(struct msip_str s)
{
  while (s.len > 0 && s.at[0] == ' ') {
    s.at++;
    s.len--;
  }
  while (s.len > 0 && s.at[s.len - 1] == ' ')
    s.len--;
  return s;
}

static bool is_number(struct msip_str s)
{
  for (size_t i = 0; i < s.len; i++)
    if (!msip_is_digit(s.at[i]))
      return false;
  return s.len > 0;
}

/* Room for one more element; the block doubles. */
static int grow(struct msip_pool *pool, void **block, uint32_t *room,
                uint32_t count, size_t each, uint32_t first)
{
  uint32_t more = *room ? *room * 2 : first;
  void *grown = msip_pool_take(pool, more * each);

  if (!grown)
    return MSIP_ENOMEM;
  if (count > 0)
    memcpy(grown, *block, count * each);
  msip_pool_give(pool, *block, *room * each);
  *block = grown;
  *room = more;
  return 0;
}

/* v=0, once: a body holds exactly one description (RFC 3264 5). */
static int read_version(struct reader *r, struct msip_str value)
{
  if (r->has_version)
    return broken(r, value.at, "second v= line", MSIP_ESYNTAX);
  if (value.len != 1 || value.at[0] != '0')
    return broken(r, value.at, "version 0 expected", MSIP_ESYNTAX);
  r->has_version = true;
  return 0;
}

static int read_origin(struct reader *r, struct msip_str value)
{
  struct msip_str rest = value;
  struct msip_str username = word(&rest), id = word(&rest);
  struct msip_str version = word(&rest);
  struct msip_str place = without_spaces(rest);

  if (r->has_origin)
    return broken(r, value.at, "second o= line", MSIP_ESYNTAX);
  if (!is_number(id) || !is_number(version))
    return broken(r, value.at, "o= needs an id and a version", MSIP_ESYNTAX);
  if (msip_sdp_address(place).len == 0)
    return broken(r, value.at, "o= needs an address", MSIP_ESYNTAX);
  r->has_origin = true;
  r->sdp->origin.username = username;
  r->sdp->origin.id = id;
  r->sdp->origin.version = version;
  r->sdp->origin.place = place;
  return 0;
}

/* "49170" or "49170/2" */
static int read_port(struct msip_sdp_media *m, struct msip_str text)
{
  size_t slash = msip_str_find(text, '/');
  uint32_t port, count = 1;

  if (msip_str_u32(msip_str_of(text.at, slash), 65535, &port) != 0)
    return MSIP_ESYNTAX;
  if (slash < text.len) {
    struct msip_str ports =
        msip_str_span(text.at + slash + 1, text.at + text.len);

    if (msip_str_u32(ports, 65535, &count) != 0 || count == 0)
      return MSIP_ESYNTAX;
  }
  m->port = (uint16_t)port;
  m->port_count = (uint16_t)count;
  return 0;
}

static int read_media(struct reader *r, struct msip_str value)
{
  struct msip_sdp *sdp = r->sdp;
  struct msip_str rest = value, port;
  struct msip_sdp_media m = {.direction = MSIP_DIRECTION_UNSAID,
                             .connection = MSIP_STR(""),
                             .address = MSIP_STR("")};

  if (sdp->media_count == MSIP_SDP_MEDIA_MAX)
    return broken(r, value.at, "too many m= lines", MSIP_ETOOBIG);
  m.type = word(&rest);
  port = word(&rest);
  m.proto = word(&rest);
  m.formats = without_spaces(rest);
  if (!msip_str_is_token(m.type))
    return broken(r, value.at, "media type expected", MSIP_ESYNTAX);
  if (read_port(&m, port) != 0)
    return broken(r, port.at, "port expected", MSIP_ESYNTAX);
  if (m.formats.len == 0)
    return broken(r, rest.at, "protocol and format expected", MSIP_ESYNTAX);
  if (sdp->media_count == sdp->media_room) {
    void *block = sdp->media;
    int err = grow(sdp->pool, &block, &sdp->media_room, sdp->media_count,
                   sizeof m, FIRST_MEDIA);

    if (err)
      return err;
    sdp->media = block;
  }
  m.first = sdp->line_count;
  sdp->media[sdp->media_count++] = m;
  return 0;
}

static int read_connection(struct reader *r, struct msip_sdp_media *m,
                           struct msip_str value)
{
  struct msip_str address = msip_sdp_address(value);

  if (address.len == 0)
    return broken(r, value.at, "connection address expected", MSIP_ESYNTAX);
  if (m && m->connection.len == 0) {
    m->connection = value;
    m->address = address;
  } else if (!m && r->sdp->connection.len == 0) {
    r->sdp->connection = value;
    r->sdp->address = address;
  }
  return 0;
}

/* An rtpmap or fmtp that is malformed stays an attribute like any other. */
static void read_attribute(struct msip_sdp *sdp, struct msip_sdp_media *m,
                           struct msip_sdp_line *line)
{
  struct msip_str value = line->value;
  size_t head = 0;
  enum msip_direction direction;

  if (value.len > 7 && memcmp(value.at, "rtpmap:", 7) == 0)
    head = 7;
  else if (value.len > 5 && memcmp(value.at, "fmtp:", 5) == 0)
    head = 5;
  if (head > 0) {
    struct msip_str rest = msip_str_of(value.at + head, value.len - head);
    int payload = msip_sdp_payload(word(&rest));
    struct msip_codec codec;

    if (!m || payload < 0)
      return;
    if (head == 7 && msip_codec_parse(&codec, without_spaces(rest)) != 0)
      return;
    line->payload = (uint8_t)payload;
    line->kind = head == 7 ? MSIP_SDP_RTPMAP : MSIP_SDP_FMTP;
    if (head == 7)
      msip_payloads_add(&m->mapped, line->payload);
    return;
  }
  direction = msip_direction_of(value);
  if (direction == MSIP_DIRECTION_UNSAID)
    return;
  line->kind = MSIP_SDP_DIRECTION;
  if (m)
    m->direction = (uint8_t)direction;
  else
    sdp->direction = (uint8_t)direction;
}

/* What a line means for the tree; all others only stay in it. */
static int mark(struct reader *r, struct msip_sdp_line *line)
{
  struct msip_sdp *sdp = r->sdp;
  struct msip_sdp_media *m =
      sdp->media_count ? &sdp->media[sdp->media_count - 1] : NULL;

  switch (line->type) {
  case 'v':
    return read_version(r, line->value);
  case 'o':
    return m ? 0 : read_origin(r, line->value);
  case 's':
    if (!m)
      sdp->session_name = line->value;
    return 0;
  case 'c':
    return read_connection(r, m, line->value);
  case 'a':
    read_attribute(sdp, m, line);
    return 0;
  case 'm':
    if (!m)
      sdp->session_end = sdp->line_count;
    else
      m->end = sdp->line_count;
    return read_media(r, line->value);
  default:
    return 0;
  }
}

/* Offset of the first byte below 14 in eight, or 8. */
static size_t first_control(const char *at)
{
  static const uint64_t each = 0x0101010101010101;
  uint64_t bytes, hits;

  memcpy(&bytes, at, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  bytes = __builtin_bswap64(bytes);
#endif
  hits = (bytes - each * 14) & ~bytes & each * 0x80;
  return hits ? (size_t)__builtin_ctzll(hits) / 8 : 8;
}

/* Offset of the first NUL, LF or CR, or the length. */
static size_t find_end(struct msip_str text)
{
  size_t i = 0;

  while (i < text.len) {
    if (text.len - i >= 8) {
      size_t n = first_control(text.at + i);

      i += n;
      if (n == 8)
        continue;
    }
    if (text.at[i] == '\n' || text.at[i] == '\r' || text.at[i] == '\0')
      break;
    i++;
  }
  return i;
}

/* Cuts a line off, without its CRLF or LF; neither NUL nor a lone CR may stand
 * in one. */
static int next_line(struct reader *r, struct msip_str *line)
{
  struct msip_str rest = r->rest;
  size_t len = find_end(rest), used = len;

  if (used < rest.len && rest.at[used] == '\r')
    used++;
  if (used < rest.len && rest.at[used++] != '\n')
    return broken(r, rest.at + len, "control byte in a line", MSIP_ESYNTAX);
  *line = msip_str_of(rest.at, len);
  r->rest = msip_str_of(rest.at + used, rest.len - used);
  if (len > MSIP_SDP_LINE_MAX)
    return broken(r, line->at, "line too long", MSIP_ETOOBIG);
  if (len < 2 || line->at[1] != '=' || msip_lower(line->at[0]) < 'a' ||
      msip_lower(line->at[0]) > 'z')
    return broken(r, line->at, "\"x=\" expected", MSIP_ESYNTAX);
  return 0;
}

static int read_line(struct reader *r)
{
  struct msip_sdp *sdp = r->sdp;
  struct msip_str text = MSIP_STR("");
  int err = next_line(r, &text);

  if (err)
    return err;
  if (!r->has_version && text.at[0] != 'v')
    return broken(r, text.at, "v= expected", MSIP_ESYNTAX);
  if (sdp->line_count == MSIP_SDP_LINES_MAX)
    return broken(r, text.at, "too many lines", MSIP_ETOOBIG);
  if (sdp->line_count == sdp->line_room) {
    void *block = sdp->lines;

    err = grow(sdp->pool, &block, &sdp->line_room, sdp->line_count,
               sizeof *sdp->lines, FIRST_LINES);
    if (err)
      return err;
    sdp->lines = block;
  }

  struct msip_sdp_line *line = &sdp->lines[sdp->line_count];

  *line = (struct msip_sdp_line){.value = {text.at + 2, text.len - 2},
                                 .type = text.at[0]};
  err = mark(r, line);
  if (err == 0)
    sdp->line_count++;
  return err;
}

static int read_all(struct reader *r)
{
  struct msip_sdp *sdp = r->sdp;
  int err = 0;

  while (r->rest.len > 0 && (r->rest.at[r->rest.len - 1] == '\n' ||
                             r->rest.at[r->rest.len - 1] == '\r'))
    r->rest.len--;
  if (r->rest.len == 0)
    return broken(r, r->start, "v= expected", MSIP_ESYNTAX);
  while (err == 0 && r->rest.len > 0)
    err = read_line(r);
  if (err)
    return err;
  if (!r->has_origin)
    return broken(r, r->rest.at, "o= expected", MSIP_ESYNTAX);
  if (sdp->media_count > 0)
    sdp->media[sdp->media_count - 1].end = sdp->line_count;
  else
    sdp->session_end = sdp->line_count;
  return 0;
}

static int read_text(struct msip_sdp *sdp, struct msip_str text,
                     struct msip_fault *fault)
{
  struct reader r = {
      .sdp = sdp, .rest = text, .start = text.at, .fault = fault};

  if (text.len > MSIP_SDP_TEXT_MAX)
    return broken(&r, text.at, "description too long", MSIP_ETOOBIG);
  return read_all(&r);
}

/* No lines; the memory of `blocks`. */
static struct msip_sdp empty(const struct msip_sdp *blocks)
{
  return (struct msip_sdp){.pool = blocks->pool,
                           .lines = blocks->lines,
                           .media = blocks->media,
                           .line_room = blocks->line_room,
                           .media_room = blocks->media_room,
                           .direction = MSIP_DIRECTION_UNSAID,
                           .session_name = MSIP_STR(""),
                           .connection = MSIP_STR(""),
                           .address = MSIP_STR("")};
}

int msip_sdp_parse(struct msip_sdp *out, struct msip_pool *pool,
                   struct msip_str text, struct msip_fault *fault)
{
  struct msip_sdp sdp = empty(&(struct msip_sdp){.pool = pool});
  int err = read_text(&sdp, text, fault);

  if (err) {
    msip_sdp_fini(&sdp);
    return err;
  }
  *out = sdp;
  return 0;
}

int msip_sdp_reparse(struct msip_sdp *sdp, struct msip_str text,
                     struct msip_fault *fault)
{
  int err;

  *sdp = empty(sdp);
  err = read_text(sdp, text, fault);
  if (err)
    *sdp = empty(sdp);
  return err;
}

void msip_sdp_fini(struct msip_sdp *sdp)
{
  msip_pool_give(sdp->pool, sdp->lines, sdp->line_room * sizeof *sdp->lines);
  msip_pool_give(sdp->pool, sdp->media, sdp->media_room * sizeof *sdp->media);
  *sdp = (struct msip_sdp){.pool = sdp->pool};
}
