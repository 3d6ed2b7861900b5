#include "sdp/write.h"

void msip_sdp_write_line(struct msip_buf *buf, const struct msip_sdp_line *line)
{
  size_t len = line->value.len;

  if (len + 4 > buf->room - buf->len && msip_buf_reserve(buf, len + 4) != 0)
    return;

  char *at = buf->at + buf->len;

  at[0] = line->type;
  at[1] = '=';
  memcpy(at + 2, line->value.at, len);
  at[len + 2] = '\r';
  at[len + 3] = '\n';
  buf->len += len + 4;
}

void msip_sdp_write_direction(struct msip_buf *buf,
                              enum msip_direction direction)
{
  msip_sdp_put_lit(buf, "a=");
  msip_sdp_put(buf, msip_direction_name(direction));
  msip_sdp_put_lit(buf, "\r\n");
}

void msip_sdp_format(struct msip_buf *buf, const struct msip_sdp *sdp)
{
  for (uint32_t i = 0; i < sdp->line_count; i++)
    msip_sdp_write_line(buf, &sdp->lines[i]);
}

void msip_sdp_write_stream(struct msip_buf *buf, const struct msip_sdp *sdp,
                           const struct msip_sdp_media *media,
                           enum msip_direction direction)
{
  for (uint32_t i = media->first; i < media->end; i++)
    if (sdp->lines[i].kind != MSIP_SDP_DIRECTION)
      msip_sdp_write_line(buf, &sdp->lines[i]);
  msip_sdp_write_direction(buf, direction);
}

/* A direction of the whole session would govern streams that said nothing, so
 * it stays only where no stream changes. */
void msip_sdp_redirect(struct msip_buf *buf, const struct msip_sdp *sdp,
                       int index, enum msip_direction direction)
{
  for (uint32_t i = 0; i < sdp->session_end; i++)
    if (index >= 0 || sdp->lines[i].kind != MSIP_SDP_DIRECTION)
      msip_sdp_write_line(buf, &sdp->lines[i]);
  for (uint32_t i = 0; i < sdp->media_count; i++) {
    const struct msip_sdp_media *media = &sdp->media[i];

    if (index < 0 || (uint32_t)index == i) {
      msip_sdp_write_stream(buf, sdp, media, direction);
      continue;
    }
    for (uint32_t n = media->first; n < media->end; n++)
      msip_sdp_write_line(buf, &sdp->lines[n]);
  }
}

static bool same_origin(const struct msip_sdp *a, const struct msip_sdp *b)
{
  return msip_str_eq(a->origin.username, b->origin.username) &&
         msip_str_eq(a->origin.id, b->origin.id) &&
         msip_str_eq(a->origin.place, b->origin.place);
}

bool msip_sdp_same(const struct msip_sdp *a, const struct msip_sdp *b)
{
  if (a->line_count != b->line_count || a->session_end != b->session_end ||
      !same_origin(a, b))
    return false;
  for (uint32_t i = 0; i < a->line_count; i++) {
    if (a->lines[i].type != b->lines[i].type)
      return false;
    if (a->lines[i].type == 'o' && i < a->session_end)
      continue;
    if (!msip_str_eq(a->lines[i].value, b->lines[i].value))
      return false;
  }
  return true;
}

bool msip_sdp_is_text(const struct msip_sdp *sdp, struct msip_str text)
{
  const char *at = text.at, *end = text.at + text.len;

  for (uint32_t i = 0; i < sdp->line_count; i++) {
    const struct msip_sdp_line *line = &sdp->lines[i];
    size_t len = line->value.len;

    if ((size_t)(end - at) < len + 4 || at[0] != line->type ||
        memcmp(at + 2, line->value.at, len) != 0 || at[len + 2] != '\r')
      return false;
    at += len + 4;
  }
  return at == end;
}
