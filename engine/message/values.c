#include "message/msg.h"

#include "uri/scan.h"

void msip_values_init(struct msip_values *v, const struct msip_msg *m,
                      enum msip_header_id id)
{
  v->msg = m;
  v->row = msip_msg_row(m, id);
  v->rest = v->row ? msip_row_value(m, v->row) : MSIP_STR("");
}

/* The next comma outside quotes, angle brackets and comments, or `end`.  What
 * is opened and never closed lasts to the end. */
static const char *comma(const char *at, const char *end)
{
  unsigned comments = 0;

  if (!memchr(at, ',', (size_t)(end - at)))
    return end;
  for (; at < end; at++) {
    switch (*at) {
    case ',':
      if (comments == 0)
        return at;
      break;
    case '"':
      at = msip_skip_quoted(at, end);
      if (!at)
        return end;
      at--;
      break;
    case '<':
      at = memchr(at, '>', (size_t)(end - at));
      if (!at)
        return end;
      break;
    case '(':
      comments++;
      break;
    case ')':
      comments -= comments > 0;
      break;
    default:
      break;
    }
  }
  return end;
}

bool msip_value_cut(struct msip_str *rest, struct msip_str *value)
{
  const char *end = rest->at + rest->len;
  const char *stop;

  if (rest->len == 0)
    return false;
  stop = comma(rest->at, end);
  *value = msip_str_trim(msip_str_span(rest->at, stop));
  *rest = msip_str_span(stop < end ? stop + 1 : end, end);
  return true;
}

/* To the next row when this one is used up; false behind the last. */
static bool advance(struct msip_values *v)
{
  while (v->rest.len == 0) {
    v->row = v->row ? msip_msg_next_row(v->msg, v->row) : NULL;
    if (!v->row)
      return false;
    v->rest = msip_row_value(v->msg, v->row);
  }
  return true;
}

bool msip_values_next(struct msip_values *v, struct msip_str *value)
{
  while (advance(v)) {
    struct msip_str piece = msip_str_trim(v->rest);

    if (msip_header_kind((enum msip_header_id)v->row->id) != MSIP_HEADER_ROWS)
      msip_value_cut(&v->rest, &piece);
    else
      v->rest = MSIP_STR("");
    if (piece.len) {
      *value = piece;
      return true;
    }
  }
  return false;
}

bool msip_msg_lists(const struct msip_msg *m, enum msip_header_id id,
                    struct msip_str token)
{
  struct msip_values v;
  struct msip_str value;

  for (msip_values_init(&v, m, id); msip_values_next(&v, &value);)
    if (msip_str_ieq(value, token))
      return true;
  return false;
}

unsigned msip_msg_count(const struct msip_msg *m, enum msip_header_id id)
{
  struct msip_values v;
  struct msip_str value;
  unsigned n = 0;

  for (msip_values_init(&v, m, id); msip_values_next(&v, &value);)
    n++;
  return n;
}
