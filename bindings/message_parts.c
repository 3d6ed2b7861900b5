#include "error.h"
#include "uri/param.h"
#include "value.h"

/* Walks the lines of a multipart body (RFC 2046 5.1). */
struct cursor {
  struct msip_str rest;
  struct msip_str boundary;
};

/* The next line without its end.  False at the end of the body. */
static bool next_line(struct msip_str *rest, struct msip_str *line)
{
  size_t end = msip_str_find(*rest, '\n');
  size_t skip = end < rest->len ? end + 1 : end;

  if (rest->len == 0)
    return false;
  *line = msip_str_of(rest->at, end);
  if (line->len && line->at[line->len - 1] == '\r')
    line->len--;
  *rest = msip_str_of(rest->at + skip, rest->len - skip);
  return true;
}

enum mark { MARK_NONE, MARK_NEXT, MARK_LAST };

static enum mark mark_of(const struct cursor *c, struct msip_str line)
{
  size_t len = c->boundary.len;
  struct msip_str tail;

  if (line.len < len + 2 || memcmp(line.at, "--", 2) != 0 ||
      memcmp(line.at + 2, c->boundary.at, len) != 0)
    return MARK_NONE;
  tail = msip_str_of(line.at + len + 2, line.len - len - 2);
  if (msip_str_trim(tail).len == 0)
    return MARK_NEXT;
  return msip_str_starts(tail, MSIP_STR("--")) ? MARK_LAST : MARK_NONE;
}

/* Everything up to the next boundary line, without the line end in front of
 * it, which belongs to the boundary. */
static enum mark next_part(struct cursor *c, struct msip_str *part)
{
  const char *begin = c->rest.at;
  struct msip_str line;

  while (next_line(&c->rest, &line)) {
    enum mark mark = mark_of(c, line);
    const char *end = line.at;

    if (mark == MARK_NONE)
      continue;
    if (end > begin && end[-1] == '\n')
      end--;
    if (end > begin && end[-1] == '\r')
      end--;
    *part = msip_str_span(begin, end);
    return mark;
  }
  return MARK_NONE;
}

/* Cuts one header field, its folded lines included, off `*rest`.  False at the
 * empty line, which is taken off too. */
static bool next_field(struct msip_str *rest, struct msip_str *field)
{
  struct msip_str line;

  if (!next_line(rest, field) || field->len == 0)
    return false;
  while (rest->len && (*rest->at == ' ' || *rest->at == '\t')) {
    next_line(rest, &line);
    *field = msip_str_span(field->at, line.at + line.len);
  }
  return true;
}

/* Pushes { name = value } and leaves the part's body in `*rest`. */
static void push_part_headers(lua_State *L, struct msip_str *rest)
{
  struct msip_str field;

  lua_newtable(L);
  while (next_field(rest, &field)) {
    size_t colon = msip_str_find(field, ':');

    if (colon == field.len)
      continue;
    mlua_push_lower(L, msip_str_trim(msip_str_of(field.at, colon)));
    mlua_push_unfolded(L, msip_str_trim(msip_str_of(field.at + colon + 1,
                                                    field.len - colon - 1)));
    lua_rawset(L, -3);
  }
}

/* part[to] = the header `name` up to its parameters, in lower case, or
 * `otherwise` */
static void set_bare(lua_State *L, const char *name, const char *to,
                     const char *otherwise)
{
  struct msip_str value;
  size_t len;

  lua_getfield(L, -1, name);
  value.at = luaL_optlstring(L, -1, otherwise, &len);
  if (value.at) {
    value.len = len;
    mlua_push_lower(
        L, msip_str_trim(msip_str_of(value.at, msip_str_find(value, ';'))));
    lua_setfield(L, -4, to);
  }
  lua_pop(L, 1);
}

static void push_part(lua_State *L, struct msip_str part)
{
  lua_createtable(L, 0, 4);
  push_part_headers(L, &part);
  set_bare(L, "content-type", "content_type", "text/plain");
  set_bare(L, "content-disposition", "disposition", NULL);
  lua_setfield(L, -2, "headers");
  mlua_push_str(L, part);
  lua_setfield(L, -2, "body");
}

/* A body that is not multipart counts as its only part. */
static int push_single(lua_State *L, const struct msip_msg *message)
{
  lua_newtable(L);
  if (message->body.len == 0)
    return 1;
  lua_createtable(L, 0, 4);
  lua_newtable(L);
  lua_setfield(L, -2, "headers");
  mlua_push_content_type(L, message);
  lua_setfield(L, -2, "content_type");
  mlua_push_str(L, message->body);
  lua_setfield(L, -2, "body");
  lua_rawseti(L, -2, 1);
  return 1;
}

int mlua_push_parts(lua_State *L, const struct msip_msg *message)
{
  struct msip_str type = msip_msg_value(message, MSIP_H_CONTENT_TYPE);
  size_t semicolon = msip_str_find(type, ';');
  struct msip_str params =
      msip_str_of(type.at + semicolon, type.len - semicolon);
  struct cursor c = {message->body, MSIP_STR("")};
  struct msip_str part;
  enum mark mark;
  lua_Integer n = 0;

  if (!msip_str_istarts(type, MSIP_STR("multipart/")))
    return push_single(L, message);
  c.boundary = msip_param_value(params, MSIP_STR("boundary"));
  if (c.boundary.len == 0)
    return mlua_fail(L, MSIP_ESYNTAX, "multipart without a boundary");
  lua_newtable(L);
  mark = next_part(&c, &part); /* what stands before the first is no part */
  while (mark == MARK_NEXT) {
    mark = next_part(&c, &part);
    if (mark == MARK_NONE)
      break;
    push_part(L, part);
    lua_rawseti(L, -2, ++n);
  }
  if (mark != MARK_LAST)
    return mlua_fail(L, MSIP_ESYNTAX, "multipart without its last boundary");
  return 1;
}
