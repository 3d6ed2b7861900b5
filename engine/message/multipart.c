#include "message/multipart.h"

#include "base/err.h"
#include "message/header.h"
#include "uri/param.h"

#define BOUNDARY_MAX 70

/* The next delimiter line: where it begins (with the line end before it, which
 * belongs to it), where the next line begins, and whether it closes. */
struct delimiter {
  const char *begin, *end;
  bool closes;
};

/* `line` begins a line.  True when it is "--boundary", perhaps with "--", and
 * nothing but blanks behind. */
static bool is_delimiter(const char *line, const char *stop,
                         struct msip_str boundary, bool *closes)
{
  const char *at = line + 2 + boundary.len;

  if (stop - line < (ptrdiff_t)boundary.len + 2 || line[0] != '-' ||
      line[1] != '-' || memcmp(line + 2, boundary.at, boundary.len) != 0)
    return false;
  *closes = stop - at >= 2 && at[0] == '-' && at[1] == '-';
  if (*closes)
    at += 2;
  while (at < stop && msip_is_lws(*at))
    at++;
  return at == stop;
}

static bool find_delimiter(struct msip_str text, struct msip_str boundary,
                           struct delimiter *out)
{
  const char *end = text.at + text.len, *line = text.at;

  while (line < end) {
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    const char *next = stop ? stop + 1 : end;

    if (is_delimiter(line, stop ? stop : end, boundary, &out->closes)) {
      out->end = next;
      out->begin = line;
      if (out->begin > text.at)
        out->begin--;
      if (out->begin > text.at && out->begin[-1] == '\r')
        out->begin--;
      return true;
    }
    line = next;
  }
  return false;
}

int msip_multipart_init(struct msip_multipart *mp,
                        const struct msip_ctype *type, struct msip_str body)
{
  struct msip_str boundary =
      msip_param_value(type->params, MSIP_STR("boundary"));
  struct delimiter first;

  if (boundary.len == 0 || boundary.len > BOUNDARY_MAX ||
      !find_delimiter(body, boundary, &first))
    return MSIP_ESYNTAX;
  *mp = (struct msip_multipart){
      .rest = msip_str_span(first.end, body.at + body.len),
      .boundary = boundary,
      .done = first.closes};
  return 0;
}

/* One header line with its folds, cut off `*text`; the line ends stay out.
 * False at the empty line, which is cut off too, and at the end. */
static bool take_header(struct msip_str *text, struct msip_str *line)
{
  const char *end = text->at + text->len, *stop = text->at;

  do {
    stop = memchr(stop, '\n', (size_t)(end - stop));
    stop = stop ? stop + 1 : end;
  } while (stop < end && (*stop == ' ' || *stop == '\t'));
  *line = msip_str_trim(msip_str_span(text->at, stop));
  *text = msip_str_span(stop, end);
  return line->len > 0;
}

static int read_header(struct msip_part *part, struct msip_str line)
{
  size_t colon = msip_str_find(line, ':');
  struct msip_str name = msip_str_trim(msip_str_of(line.at, colon)), value;
  enum msip_header_id id = msip_header_of(name);

  if (colon == line.len || !msip_str_is_token(name))
    return MSIP_ESYNTAX;
  value = msip_str_trim(msip_str_of(line.at + colon + 1, line.len - colon - 1));
  if (id == MSIP_H_CONTENT_TYPE)
    part->content_type = value;
  else if (id == MSIP_H_CONTENT_DISPOSITION)
    part->disposition = value;
  else if (id == MSIP_H_CONTENT_ENCODING)
    part->encoding = value;
  return 0;
}

static int read_part(struct msip_part *out, struct msip_str text)
{
  const struct msip_str none = MSIP_STR("");
  struct msip_part part = {.headers = none,
                           .content_type = none,
                           .disposition = none,
                           .encoding = none};
  struct msip_str rest = text, line;

  while (rest.len && take_header(&rest, &line)) {
    if (read_header(&part, line) != 0)
      return MSIP_ESYNTAX;
    part.headers = msip_str_span(text.at, rest.at);
  }
  part.body = rest;
  *out = part;
  return 0;
}

int msip_multipart_next(struct msip_multipart *mp, struct msip_part *part)
{
  const char *end = mp->rest.at + mp->rest.len;
  struct delimiter next = {end, end, true};

  if (mp->done)
    return 0;
  if (mp->count == MSIP_PARTS_MAX)
    return MSIP_ESYNTAX;
  find_delimiter(mp->rest, mp->boundary, &next);
  if (read_part(part, msip_str_span(mp->rest.at, next.begin)) != 0)
    return MSIP_ESYNTAX;
  mp->count++;
  mp->rest = msip_str_span(next.end, end);
  mp->done = next.closes;
  return 1;
}
