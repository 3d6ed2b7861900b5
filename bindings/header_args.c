#include "header_args.h"

#include <stdlib.h>

static struct msip_str text_of(lua_State *L, int index)
{
  size_t len;
  const char *at = lua_tolstring(L, index, &len);

  return msip_str_of(at, len);
}

/* "Name: value" at the top, number `i` of the list. */
static struct msip_str header_line(lua_State *L, lua_Integer i)
{
  struct msip_str line, name;
  size_t colon;

  if (lua_type(L, -1) != LUA_TSTRING)
    luaL_error(L, "extra_headers[%I]: string expected, got %s", (LUAI_UACINT)i,
               luaL_typename(L, -1));
  line = text_of(L, -1);
  if (!msip_str_is_line(line))
    luaL_error(L, "extra_headers[%I]: CR, LF or NUL in it", (LUAI_UACINT)i);
  colon = msip_str_find(line, ':');
  name = msip_str_trim(msip_str_of(line.at, colon));
  if (colon == line.len || !msip_str_is_token(name))
    luaL_error(L, "extra_headers[%I]: \"Name: value\" expected",
               (LUAI_UACINT)i);
  return line;
}

/* The table at `index` has no more keys than its list. */
static void check_pure_list(lua_State *L, int index, size_t count)
{
  size_t keys = 0;

  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
    keys++;
  if (keys > count)
    luaL_error(L, "extra_headers: a list or a map, not both");
}

static void read_list(lua_State *L, int index, struct mlua_reply_args *out)
{
  struct msip_str *list = out->few_headers;
  size_t count = lua_rawlen(L, index);

  if (count > MLUA_FEW_HEADERS)
    list = lua_newuserdatauv(L, count * sizeof *list, 0);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    list[i] = header_line(L, (lua_Integer)i + 1);
    lua_pop(L, 1);
  }
  out->reply.headers = list;
  out->reply.header_count = (unsigned)count;
}

static int by_name(const void *a, const void *b)
{
  const struct msip_str *x = a, *y = b;
  size_t len = x->len < y->len ? x->len : y->len;
  int order = memcmp(x->at, y->at, len);

  if (order)
    return order;
  return (x->len > y->len) - (x->len < y->len);
}

/* Pushes an array of the map's names, sorted, as a userdata. */
static struct msip_str *sorted_names(lua_State *L, int index, size_t *count)
{
  struct msip_str *names;
  size_t n = 0;

  lua_pushnil(L);
  for (; lua_next(L, index); lua_pop(L, 1)) {
    n++;
    if (lua_type(L, -2) != LUA_TSTRING)
      luaL_error(L, "extra_headers: a list or a map, not both");
    if (!msip_str_is_token(text_of(L, -2)))
      luaL_error(L, "extra_headers: '%s' is no header name",
                 lua_tostring(L, -2));
  }
  names = lua_newuserdatauv(L, n * sizeof *names, 0);
  *count = 0;
  lua_pushnil(L);
  for (; lua_next(L, index); lua_pop(L, 1))
    names[(*count)++] = text_of(L, -2);
  qsort(names, n, sizeof *names, by_name);
  return names;
}

/* Appends "name: value" to the list at `lines`; the value is on top. */
static void add_line(lua_State *L, int lines, struct msip_str name)
{
  bool number = lua_type(L, -1) == LUA_TNUMBER;

  if (!number && lua_type(L, -1) != LUA_TSTRING)
    luaL_error(L, "extra_headers.%s: string, number or list expected, got %s",
               name.at, luaL_typename(L, -1));
  lua_pushvalue(L, -1); /* lua_tolstring would turn a number in place */
  if (!msip_str_is_line(text_of(L, -1)))
    luaL_error(L, "extra_headers.%s: CR, LF or NUL in it", name.at);
  lua_pushfstring(L, "%s: %s", name.at, lua_tostring(L, -1));
  lua_rawseti(L, lines, (lua_Integer)lua_rawlen(L, lines) + 1);
  lua_pop(L, 1);
}

/* Pushes the list of "Name: value" strings a map means. */
static void list_of_map(lua_State *L, int index)
{
  size_t count;
  const struct msip_str *names = sorted_names(L, index, &count);
  int lines;

  lua_createtable(L, (int)count, 0);
  lines = lua_gettop(L);
  for (size_t i = 0; i < count; i++) {
    lua_pushlstring(L, names[i].at, names[i].len);
    if (lua_rawget(L, index) == LUA_TTABLE) {
      lua_Integer values = (lua_Integer)lua_rawlen(L, -1);

      for (lua_Integer k = 1; k <= values; k++) {
        lua_rawgeti(L, -1, k);
        add_line(L, lines, names[i]);
        lua_pop(L, 1);
      }
    } else {
      add_line(L, lines, names[i]);
    }
    lua_pop(L, 1);
  }
}

void mlua_header_args(lua_State *L, int index, struct mlua_reply_args *out)
{
  bool empty;

  luaL_checkstack(L, 12, "extra_headers");
  if (lua_rawlen(L, index) > 0) {
    check_pure_list(L, index, lua_rawlen(L, index));
    read_list(L, index, out);
    return;
  }
  lua_pushnil(L);
  empty = !lua_next(L, index);
  if (empty)
    return;
  lua_pop(L, 2);
  list_of_map(L, index);
  read_list(L, lua_gettop(L), out);
}
