#include "option.h"

#include <lauxlib.h>

enum { NAME_MAX_LEN = 32 };

/* Letters to change, add or leave out to get from one name to the other. */
static unsigned distance(const char *a, const char *b)
{
  unsigned row[NAME_MAX_LEN + 1];
  size_t b_len = strlen(b);

  if (b_len > NAME_MAX_LEN)
    return UINT32_MAX;
  for (unsigned j = 0; j <= b_len; j++)
    row[j] = j;
  for (unsigned i = 1; *a; a++, i++) {
    unsigned corner = row[0];

    row[0] = i;
    for (size_t j = 1; j <= b_len; j++) {
      unsigned best = corner + (*a != b[j - 1]);

      if (row[j] + 1 < best)
        best = row[j] + 1;
      if (row[j - 1] + 1 < best)
        best = row[j - 1] + 1;
      corner = row[j];
      row[j] = best;
    }
  }
  return row[b_len];
}

static bool is_one_of(const char *key, const char *const names[])
{
  for (; *names; names++)
    if (strcmp(key, *names) == 0)
      return true;
  return false;
}

static const char *nearest(const char *key, const char *const names[])
{
  const char *best = *names;
  unsigned least = UINT32_MAX;

  for (; *names; names++) {
    unsigned d = distance(key, *names);

    if (d < least) {
      least = d;
      best = *names;
    }
  }
  return best;
}

void mlua_option_names(lua_State *L, int arg, const char *const names[])
{
  luaL_checktype(L, arg, LUA_TTABLE);
  lua_pushnil(L);
  while (lua_next(L, arg)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "option names are strings, got a %s", luaL_typename(L, -1));

    const char *key = lua_tostring(L, -1);

    if (!is_one_of(key, names))
      luaL_error(L, "unknown option '%s', did you mean '%s'?", key,
                 nearest(key, names));
  }
}

int mlua_option_error(lua_State *L, const char *name, const char *why)
{
  return luaL_error(L, "option '%s': %s", name, why);
}

int mlua_option_type_error(lua_State *L, const char *name, const char *wanted)
{
  return luaL_error(L, "option '%s': %s expected, got %s", name, wanted,
                    luaL_typename(L, -1));
}

bool mlua_option_text(lua_State *L, int arg, const char *name,
                      struct msip_str *out)
{
  size_t len;

  if (lua_getfield(L, arg, name) == LUA_TNIL)
    return false;
  if (lua_type(L, -1) != LUA_TSTRING)
    mlua_option_type_error(L, name, "string");
  out->at = lua_tolstring(L, -1, &len);
  out->len = len;
  return true;
}

bool mlua_option_integer(lua_State *L, int arg, const char *name,
                         lua_Integer min, lua_Integer max, lua_Integer *out)
{
  int is_integer;

  if (lua_getfield(L, arg, name) == LUA_TNIL)
    return false;
  if (lua_type(L, -1) != LUA_TNUMBER)
    mlua_option_type_error(L, name, "integer");
  *out = lua_tointegerx(L, -1, &is_integer);
  if (!is_integer || *out < min || *out > max)
    mlua_option_error(L, name, "out of range");
  return true;
}
