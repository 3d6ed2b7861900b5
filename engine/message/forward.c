#include "message/forward.h"

#include "message/build.h"
#include "message/forward_path.h"
#include "message/rows.h"
#include "message/top_via.h"
#include "uri/param.h"

enum { FIRST_HOPS = 70, OWN_ROWS = 512 };

/* One pass over the rows of a request. */
struct pass {
  struct msip_buf *buf;
  const struct msip_forward *f;
  const struct msip_msg *m;
  const struct msip_forward_path *path;
  unsigned routes_seen;
};

static const char *row_end(struct msip_str row)
{
  return row.at + row.len;
}

/* "Digest username=..., realm="biloxi"" */
static bool is_of_realm(struct msip_str credentials, struct msip_str realm)
{
  size_t scheme = msip_str_find(credentials, ' ');
  struct msip_str rest = {credentials.at + scheme, credentials.len - scheme};
  struct msip_str param, name;

  while (msip_value_cut(&rest, &param)) {
    struct msip_str value = param;

    if (msip_str_cut(&value, '=', &name) &&
        msip_str_ieq(name, MSIP_STR("realm")))
      return msip_str_eq(msip_unquote(msip_str_trim(value)), realm);
  }
  return false;
}

static bool is_removed(const struct pass *p, const struct msip_header *row)
{
  for (unsigned i = 0; i < p->f->remove_count; i++) {
    struct msip_str name = p->f->remove[i];
    enum msip_header_id id = msip_header_of(name);

    if (id != MSIP_HEADER_OTHER ? id == row->id
                                : msip_str_ieq(name, msip_row_name(p->m, row)))
      return true;
  }
  return false;
}

static void put_via(struct pass *p, struct msip_str row)
{
  const struct msip_str top = p->m->via.text;
  struct msip_buf *buf = p->buf;
  char *end;

  msip_rows_copy(buf, msip_str_span(row.at, top.at));
  if (msip_buf_reserve(buf, top.len + MSIP_TOP_VIA_MARKS) != 0)
    return;
  end = msip_put_top_via(buf->at + buf->len, p->m);
  buf->len = (size_t)(end - buf->at);
  msip_rows_copy(buf, msip_str_span(top.at + top.len, row_end(row)));
}

static void put_hops(struct pass *p, const struct msip_header *row)
{
  const struct msip_msg *m = p->m;

  msip_rows_copy(p->buf,
                 msip_str_span(m->at + row->name_at, m->at + row->value_at));
  msip_buf_u64(p->buf, m->max_forwards > 0 ? (uint64_t)m->max_forwards - 1 : 0);
  msip_buf_lit(p->buf, "\r\n");
}

/* The values of one Route row that stay lie side by side. */
static void put_route(struct pass *p, const struct msip_header *row,
                      struct msip_str bytes)
{
  struct msip_str rest = msip_row_value(p->m, row), value;
  struct msip_str kept = MSIP_STR("");
  bool all = true;

  while (msip_value_cut(&rest, &value)) {
    unsigned n = p->routes_seen;

    if (value.len == 0)
      continue;
    p->routes_seen++;
    if (n < p->path->first || n >= p->path->end)
      all = false;
    else
      kept = kept.len ? msip_str_span(kept.at, value.at + value.len) : value;
  }
  if (all) {
    msip_rows_copy(p->buf, bytes);
  } else if (kept.len) {
    msip_rows_copy(p->buf, msip_str_span(bytes.at, p->m->at + row->value_at));
    msip_rows_copy(p->buf, kept);
    msip_buf_lit(p->buf, "\r\n");
  }
}

static void put_row(struct pass *p, unsigned i)
{
  const struct msip_header *row = &p->m->header[i];
  struct msip_str bytes = msip_row_bytes(p->m, i);

  switch ((int)row->id) {
  case MSIP_H_VIA:
    if (row == msip_msg_row(p->m, MSIP_H_VIA)) {
      put_via(p, bytes);
      return;
    }
    break;
  case MSIP_H_MAX_FORWARDS:
    put_hops(p, row);
    return;
  case MSIP_H_ROUTE:
    put_route(p, row, bytes);
    return;
  case MSIP_H_MAX_BREADTH:
    if (p->f->max_breadth)
      return;
    break;
  case MSIP_H_PROXY_AUTHORIZATION:
    if (p->f->realm.len && is_of_realm(msip_row_value(p->m, row), p->f->realm))
      return;
    break;
  default:
    break;
  }
  if (p->f->remove_count == 0 || !is_removed(p, row))
    msip_rows_copy(p->buf, bytes);
}

static void put_uri(struct msip_buf *buf, enum msip_header_id id,
                    struct msip_str text)
{
  bool bare = msip_str_find(text, '<') == text.len;
  struct msip_str name = msip_header_name(id);

  if (!msip_str_is_line(text)) {
    if (!buf->err)
      buf->err = MSIP_EINVALID;
    return;
  }
  msip_buf_add(buf, name);
  msip_buf_add(buf, bare ? MSIP_STR(": <") : MSIP_STR(": "));
  msip_buf_add(buf, text);
  msip_buf_add(buf, bare ? MSIP_STR(">\r\n") : MSIP_STR("\r\n"));
}

/* What is ours goes in front of what came: our Via must be the first, our
 * Record-Route, Path and Route values before any other. */
static void put_own(struct pass *p)
{
  const struct msip_forward *f = p->f;
  struct msip_buf *buf = p->buf;

  msip_build_via(buf, f->transport, f->sent_by, f->branch);
  if (f->record_route.len)
    msip_build_header(buf, MSIP_H_RECORD_ROUTE, f->record_route);
  if (f->path.len)
    msip_build_header(buf, MSIP_H_PATH, f->path);
  for (unsigned i = p->path->pushed_first; i < f->route_count; i++)
    put_uri(buf, MSIP_H_ROUTE, f->routes[i]);
  if (!msip_msg_has(p->m, MSIP_H_MAX_FORWARDS))
    msip_build_number(buf, MSIP_H_MAX_FORWARDS, FIRST_HOPS);
  if (f->max_breadth)
    msip_build_number(buf, MSIP_H_MAX_BREADTH, f->max_breadth);
}

static void put_extra(struct msip_buf *buf, struct msip_str line)
{
  size_t colon = msip_str_find(line, ':');
  struct msip_str name = msip_str_of(line.at, colon), value = MSIP_STR("");

  if (colon < line.len)
    value = msip_str_of(line.at + colon + 1, line.len - colon - 1);
  else
    name = value; /* refused below */
  msip_build_named(buf, name, msip_str_trim(value));
}

void msip_forward_request(struct msip_buf *buf, const struct msip_forward *f,
                          const struct msip_msg *request)
{
  struct msip_forward_path path;
  struct pass p = {.buf = buf, .f = f, .m = request, .path = &path};

  if (msip_forward_path(&path, f, request) != 0) {
    if (!buf->err)
      buf->err = MSIP_ESYNTAX;
    return;
  }
  msip_buf_reserve(buf, request->len + OWN_ROWS);
  msip_build_request_line(buf, request->method_text, path.ruri);
  put_own(&p);
  for (unsigned i = 0; i < request->header_count; i++)
    put_row(&p, i);
  if (path.last.len)
    put_uri(buf, MSIP_H_ROUTE, path.last);
  for (unsigned i = 0; i < f->header_count; i++)
    put_extra(buf, f->headers[i]);
  msip_rows_end(buf, request);
}
