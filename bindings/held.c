/* moonsip.delegates: for modules of the library that keep a script's callbacks.
 * What they hold follows a reload as session.delegate does.  Delegates that are
 * objects of such a module say `__delegate = true` in their metatable. */
#include "delegate.h"
#include "engine.h"

static struct mlua_engine *engine_here(lua_State *L)
{
  struct mlua_engine *engine = mlua_engine_of(L);

  if (!engine)
    luaL_error(L, "no engine runs here");
  return engine;
}

/* hold(table | nil) -> held */
static int hold(lua_State *L)
{
  if (!lua_isnoneornil(L, 1))
    luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  mlua_delegate_pack(L, engine_here(L), 1);
  return 1;
}

/* get(held) -> table | nil */
static int get(lua_State *L)
{
  lua_settop(L, 1);
  mlua_delegate_unpack(L, engine_here(L), 1);
  return 1;
}

/* find(held, name) -> function | nil */
static int find(lua_State *L)
{
  lua_settop(L, 2);
  mlua_delegate_unpack(L, engine_here(L), 1);
  if (!lua_istable(L, -1))
    return 0;
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  return lua_isfunction(L, -1) ? 1 : 0;
}

int mlua_open_held(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"hold", hold}, {"get", get}, {"find", find}, {NULL, NULL}};

  luaL_newlib(L, functions);
  return 1;
}
