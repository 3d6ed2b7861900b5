/* bindings/require.c -- modules that belong to a generation. */
#include <stdio.h>

#include "generation.h"
#include "script_env.h"

enum { PATH = 4096 };

/* What lies in a module cache while the module runs. */
static const char loading;

static bool is_readable(const char *path)
{
  FILE *file = fopen(path, "r");

  if (file)
    fclose(file);
  return file != NULL;
}

static bool fits(int len)
{
  return len > 0 && len < PATH;
}

/* "a.b" as FOLDER/a/b.lua or FOLDER/a/b/init.lua, into `path`. */
static bool find_module(const char *folder, const char *name, char *path)
{
  char slashed[256];
  size_t len = strlen(name);

  if (len >= sizeof slashed)
    return false;
  for (size_t i = 0; i <= len; i++)
    slashed[i] = name[i] == '.' ? '/' : name[i];
  if (fits(snprintf(path, PATH, "%s/%s.lua", folder, slashed)) &&
      is_readable(path))
    return true;
  return fits(snprintf(path, PATH, "%s/%s/init.lua", folder, slashed)) &&
         is_readable(path);
}

void mlua_load_file(lua_State *L, struct mlua_generation *generation, int env,
                    const char *path)
{
  env = lua_absindex(L, env);
  mlua_generation_add_file(L, generation, path);
  if (luaL_loadfilex(L, path, "t") != LUA_OK)
    lua_error(L);
  lua_pushvalue(L, env);
  if (!lua_setupvalue(L, -2, 1))
    lua_pop(L, 1);
}

/* Upvalues of a script's require. */
enum { GENERATION = 1, CACHE, ENV, FOLDER };

/* The module returned: keeps what it gave, or true. */
static int keep_module(lua_State *L, int status, lua_KContext unused)
{
  (void)status;
  (void)unused;
  if (lua_isnil(L, -1)) {
    lua_pushboolean(L, 1);
    lua_replace(L, -2);
  }
  lua_pushvalue(L, 1);
  lua_pushvalue(L, -2);
  lua_rawset(L, lua_upvalueindex(CACHE));
  return 1;
}

static int require_here(lua_State *L, const char *path)
{
  struct mlua_generation *generation =
      lua_touserdata(L, lua_upvalueindex(GENERATION));

  mlua_load_file(L, generation, lua_upvalueindex(ENV), path);
  lua_pushvalue(L, 1);
  lua_pushlightuserdata(L, (void *)(uintptr_t)&loading);
  lua_rawset(L, lua_upvalueindex(CACHE));
  lua_pushvalue(L, 1);
  lua_pushstring(L, path);
  lua_callk(L, 2, 1, 0, keep_module);
  return keep_module(L, LUA_OK, 0);
}

static int require_module(lua_State *L)
{
  const char *name = luaL_checkstring(L, 1);
  char path[PATH];

  lua_settop(L, 1);
  lua_pushvalue(L, 1);
  lua_rawget(L, lua_upvalueindex(CACHE));
  if (lua_touserdata(L, -1) == &loading)
    return luaL_error(L, "module '%s' requires itself, or raised before", name);
  if (lua_toboolean(L, -1))
    return 1;
  lua_settop(L, 1);
  if (find_module(lua_tostring(L, lua_upvalueindex(FOLDER)), name, path))
    return require_here(L, path);
  lua_getglobal(L, "require");
  lua_pushvalue(L, 1);
  lua_call(L, 1, LUA_MULTRET);
  return lua_gettop(L) - 1;
}

void mlua_push_require(lua_State *L, int env, struct msip_str folder)
{
  env = lua_absindex(L, env);
  lua_newtable(L);
  lua_pushvalue(L, env);
  mlua_push_str(L, folder);
  lua_pushcclosure(L, require_module, 4);
}
