/* bindings/enter.c -- the one door into Lua. */
#include "engine.h"

struct msip_str mlua_check_str(lua_State *L, int arg)
{
  struct msip_str s;

  luaL_checktype(L, arg, LUA_TSTRING);
  s.at = lua_tolstring(L, arg, &s.len);
  return s;
}

/* "cause\nstack traceback:\n\t..." */
static int add_traceback(lua_State *L)
{
  const char *text = lua_tostring(L, 1);

  if (text)
    luaL_traceback(L, L, text, 1);
  return 1;
}

static void report(struct mlua_engine *engine, const char *text)
{
  mlua_log_script_error(engine, MSIP_STR(""), text ? text : "(not a text)", "");
}

int mlua_enter(struct mlua_engine *engine, lua_CFunction body, void *arg)
{
  lua_State *L = engine->L;
  int top = lua_gettop(L);

  if (!lua_checkstack(L, LUA_MINSTACK)) {
    report(engine, "stack overflow");
    return MSIP_ESCRIPT;
  }
  lua_pushcfunction(L, add_traceback); /* none of these three allocates */
  lua_pushcfunction(L, body);
  lua_pushlightuserdata(L, arg);
  if (lua_pcall(L, 1, 0, top + 1) != LUA_OK) {
    report(engine, lua_tostring(L, -1));
    lua_settop(L, top);
    return MSIP_ESCRIPT;
  }
  lua_settop(L, top);
  return 0;
}
