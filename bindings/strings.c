/* bindings/strings.c -- string.find, match, gmatch and gsub as Lua 5.4 has
 * them, on patterns that cannot run for ever.
 *
 * Strings share one metatable per state, so the four replace the stock ones in
 * the whole state: only then ("x"):find is covered too.
 */
#include "mlua.h"
#include "pattern.h"

#include <ctype.h>

struct subject {
  const char *at;
  size_t len;
  const char *pattern;
  size_t pattern_len;
};

static struct subject subject_args(lua_State *L)
{
  struct subject x;

  x.at = luaL_checklstring(L, 1, &x.len);
  x.pattern = luaL_checklstring(L, 2, &x.pattern_len);
  return x;
}

/* The offset that an `init` argument means. */
static size_t init_arg(lua_State *L, int arg, size_t len)
{
  lua_Integer init = luaL_optinteger(L, arg, 1);

  if (init > 0)
    return (size_t)init - 1;
  if (init == 0 || init < -(lua_Integer)len)
    return 0;
  return len - (size_t)-init;
}

static bool is_plain(const struct subject *x)
{
  for (size_t i = 0; i < x->pattern_len; i++)
    if (x->pattern[i] != '\0' && strchr("^$*+?.([%-", x->pattern[i]))
      return false;
  return true;
}

static int find_plain(lua_State *L, const struct subject *x, size_t init)
{
  const char *hit =
      memmem(x->at + init, x->len - init, x->pattern, x->pattern_len);

  if (!hit) {
    luaL_pushfail(L);
    return 1;
  }
  lua_pushinteger(L, hit - x->at + 1);
  lua_pushinteger(L, hit - x->at + (lua_Integer)x->pattern_len);
  return 2;
}

/* Tries every place from `s` on; `*at` is where the match begins. */
static const char *seek(struct mlua_pattern *m, const char *s, const char *p,
                        bool anchored, const char **at)
{
  do {
    const char *end = mlua_pattern_match(m, s, p);
    if (end) {
      *at = s;
      return end;
    }
  } while (s++ < m->subject_end && !anchored);
  return NULL;
}

static int search(lua_State *L, bool find)
{
  struct subject x = subject_args(L);
  size_t init = init_arg(L, 3, x.len);
  struct mlua_pattern m;
  const char *at;

  if (init > x.len) {
    luaL_pushfail(L);
    return 1;
  }
  if (find && (lua_toboolean(L, 4) || is_plain(&x)))
    return find_plain(L, &x, init);
  bool anchored = x.pattern_len > 0 && x.pattern[0] == '^';
  mlua_pattern_init(&m, L, x.at, x.len, x.pattern, x.pattern_len);
  const char *end = seek(&m, x.at + init, x.pattern + anchored, anchored, &at);
  if (!end) {
    luaL_pushfail(L);
    return 1;
  }
  if (!find)
    return mlua_pattern_push_all(&m, at, end);
  lua_pushinteger(L, at - x.at + 1);
  lua_pushinteger(L, end - x.at);
  return 2 + mlua_pattern_push_all(&m, NULL, NULL);
}

static int string_find(lua_State *L)
{
  return search(L, true);
}

static int string_match(lua_State *L)
{
  return search(L, false);
}

/* Upvalues: subject, pattern, offset to go on from, end of the last match + 1
 * or 0. */
static int gmatch_next(lua_State *L)
{
  struct subject x;
  struct mlua_pattern m;

  x.at = lua_tolstring(L, lua_upvalueindex(1), &x.len);
  x.pattern = lua_tolstring(L, lua_upvalueindex(2), &x.pattern_len);
  lua_Integer from = lua_tointeger(L, lua_upvalueindex(3));
  lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
  mlua_pattern_init(&m, L, x.at, x.len, x.pattern, x.pattern_len);
  for (const char *s = x.at + from; s <= m.subject_end; s++) {
    const char *end = mlua_pattern_match(&m, s, x.pattern);
    if (!end || end - x.at + 1 == last)
      continue;
    lua_pushinteger(L, end - x.at);
    lua_replace(L, lua_upvalueindex(3));
    lua_pushinteger(L, end - x.at + 1);
    lua_replace(L, lua_upvalueindex(4));
    return mlua_pattern_push_all(&m, s, end);
  }
  return 0;
}

static int string_gmatch(lua_State *L)
{
  struct subject x = subject_args(L);
  size_t init = init_arg(L, 3, x.len);

  lua_settop(L, 2);
  lua_pushinteger(L, (lua_Integer)(init > x.len ? x.len + 1 : init));
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, gmatch_next, 4);
  return 1;
}

/* The replacement text of one match, "%1" and its kin filled in. */
static void add_text(struct mlua_pattern *m, luaL_Buffer *out, const char *from,
                     const char *to)
{
  size_t len;
  const char *text = lua_tolstring(m->L, 3, &len);
  const char *end = text + len;

  while (text < end) {
    const char *mark = memchr(text, '%', (size_t)(end - text));
    luaL_addlstring(out, text, (size_t)((mark ? mark : end) - text));
    if (!mark)
      break;
    char kind = mark[1]; /* a Lua string ends in NUL */
    if (kind == '%') {
      luaL_addchar(out, '%');
    } else if (kind == '0') {
      luaL_addlstring(out, from, (size_t)(to - from));
    } else if (isdigit((unsigned char)kind)) {
      mlua_pattern_push(m, kind - '1', from, to);
      luaL_tolstring(m->L, -1, NULL);
      lua_remove(m->L, -2);
      luaL_addvalue(out);
    } else {
      luaL_error(m->L, "invalid use of '%%' in replacement string");
    }
    text = mark + 2;
  }
}

/* Adds what stands for the match from..to; false: the match itself. */
static bool add_value(struct mlua_pattern *m, luaL_Buffer *out,
                      const char *from, const char *to)
{
  lua_State *L = m->L;

  switch (lua_type(L, 3)) {
  case LUA_TFUNCTION:
    lua_pushvalue(L, 3);
    lua_call(L, mlua_pattern_push_all(m, from, to), 1);
    break;
  case LUA_TTABLE:
    mlua_pattern_push(m, 0, from, to);
    lua_gettable(L, 3);
    break;
  default:
    add_text(m, out, from, to);
    return true;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(out, from, (size_t)(to - from));
    return false;
  }
  if (!lua_isstring(L, -1))
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  luaL_addvalue(out);
  return true;
}

static void check_replacement(lua_State *L)
{
  int type = lua_type(L, 3);

  if (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TFUNCTION &&
      type != LUA_TTABLE)
    luaL_typeerror(L, 3, "string/function/table");
}

static int string_gsub(lua_State *L)
{
  struct subject x = subject_args(L);
  struct mlua_pattern m;
  luaL_Buffer out;
  const char *s = x.at, *last = NULL;
  lua_Integer count = 0;
  bool changed = false;

  check_replacement(L);
  lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)x.len + 1);
  bool anchored = x.pattern_len > 0 && x.pattern[0] == '^';
  luaL_buffinit(L, &out);
  mlua_pattern_init(&m, L, x.at, x.len, x.pattern, x.pattern_len);
  while (count < most) {
    const char *end = mlua_pattern_match(&m, s, x.pattern + anchored);
    if (end && end != last) {
      count++;
      changed = add_value(&m, &out, s, end) || changed;
      s = last = end;
    } else if (s < m.subject_end) {
      luaL_addchar(&out, *s++);
    } else {
      break;
    }
    if (anchored)
      break;
  }
  luaL_addlstring(&out, s, (size_t)(m.subject_end - s));
  luaL_pushresult(&out);
  if (!changed)
    lua_pushvalue(L, 1);
  lua_pushinteger(L, count);
  return 2;
}

static const luaL_Reg functions[] = {
    {"find", string_find},
    {"match", string_match},
    {"gmatch", string_gmatch},
    {"gsub", string_gsub},
    {NULL, NULL},
};

int mlua_open_strings(lua_State *L)
{
  if (lua_getglobal(L, "string") == LUA_TTABLE)
    luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
  return 0;
}
