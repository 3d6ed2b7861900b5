/* moonsip.library: what modules of the library need from the engine and
 * scripts do not. */
#include "base/nearest.h"
#include "engine.h"
#include "generation.h"
#include "timers.h"

enum { WORDS = 64 };

/* nearest(word, list) -> the one of the list that was meant, or nil */
static int nearest(lua_State *L)
{
  const char *words[WORDS];
  unsigned count = 0;
  size_t len;
  const char *word = luaL_checklstring(L, 1, &len);

  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  luaL_checkstack(L, WORDS, NULL);
  while (count < WORDS && lua_geti(L, 2, count + 1) == LUA_TSTRING)
    words[count++] = lua_tostring(L, -1);

  const char *meant =
      msip_nearest((struct msip_str){.at = word, .len = len}, words, count);
  lua_pushstring(L, meant);
  return 1;
}

/* version() -> made, current: numbers of the script's version that this code
 * is made for (the one that is just being loaded, or else the current one),
 * and of the current one. */
static int version(lua_State *L)
{
  const struct mlua_engine *engine = mlua_engine_of(L);
  uint64_t current =
      engine && engine->generation ? engine->generation->load : 0;
  uint64_t loading = engine ? engine->loading : 0;

  lua_pushinteger(L, (lua_Integer)(loading ? loading : current));
  lua_pushinteger(L, (lua_Integer)current);
  return 2;
}

int mlua_open_library(lua_State *L)
{
  static const luaL_Reg functions[] = {{"nearest", nearest},
                                       {"after", mlua_timer_after},
                                       {"version", version},
                                       {NULL, NULL}};

  luaL_newlib(L, functions);
  return 1;
}
