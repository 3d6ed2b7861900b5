#include "error.h"

#include <lauxlib.h>
#include <stdlib.h>

/* "ESTATE: not possible in this state" */
static int error_tostring(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_getfield(L, 1, "code");
  lua_getfield(L, 1, "message");
  lua_pushfstring(L, "%s: %s", luaL_tolstring(L, 2, NULL),
                  luaL_tolstring(L, 3, NULL));
  return 1;
}

/* "cannot hang up: " .. err */
static int error_concat(lua_State *L)
{
  luaL_tolstring(L, 1, NULL);
  luaL_tolstring(L, 2, NULL);
  lua_concat(L, 2);
  return 1;
}

void mlua_push_error(lua_State *L, int err, const char *message)
{
  lua_createtable(L, 0, 2);
  lua_pushstring(L, msip_err_name(err));
  lua_setfield(L, -2, "code");
  lua_pushstring(L, message ? message : msip_err_text(err));
  lua_setfield(L, -2, "message");
  if (luaL_newmetatable(L, "moonsip.Error")) {
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, error_concat);
    lua_setfield(L, -2, "__concat");
  }
  lua_setmetatable(L, -2);
}

int mlua_fail(lua_State *L, int err, const char *message)
{
  lua_pushnil(L);
  mlua_push_error(L, err, message);
  return 2;
}

int mlua_fail_at(lua_State *L, int err, const struct msip_fault *fault)
{
  if (!fault->what)
    return mlua_fail(L, err, NULL);
  if (fault->at == 0)
    return mlua_fail(L, err, fault->what);
  return mlua_fail(
      L, err, lua_pushfstring(L, "%s at byte %d", fault->what, (int)fault->at));
}

void mlua_raise_nomem(lua_State *L)
{
  luaL_error(L, "not enough memory");
  abort(); /* never reached: lua.h cannot say that the line above is the end */
}
