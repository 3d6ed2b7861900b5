/* bindings/module.c -- require "moonsip": the table `sip`. */
#include "embedded.h"
#include "engine.h"
#include "relay.h"
#include "state.h"
#include "timers.h"

/* sip.random(n): n letters and digits nobody can guess, from the engine's
 * generator; sip.random(lowest, highest): an integer. */
static int random_value(lua_State *L)
{
  struct mlua_engine *engine = mlua_engine_of(L);
  lua_Integer low = luaL_checkinteger(L, 1);

  if (!engine || !engine->ua)
    return luaL_error(L, "no engine runs yet: wait for on_start");
  if (!lua_isnoneornil(L, 2)) {
    lua_Integer high = luaL_checkinteger(L, 2);
    luaL_argcheck(L, low <= high, 2, "lowest beyond highest");
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    uint64_t r = msip_ua_random(engine->ua);
    uint64_t value = (uint64_t)low + (span ? r % span : r);
    lua_pushinteger(L, (lua_Integer)value);
    return 1;
  }
  static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
  luaL_Buffer out;
  luaL_argcheck(L, low >= 1 && low <= 1024, 1, "1 to 1024 expected");
  char *at = luaL_buffinitsize(L, &out, (size_t)low);
  for (lua_Integer i = 0; i < low; i++)
    at[i] = digits[msip_ua_random(engine->ua) & 31];
  luaL_pushresultsize(&out, (size_t)low);
  return 1;
}

/* Fields that are modules of their own are loaded on first use. */
static int load_field(lua_State *L)
{
  static const char *const parts[] = {
      "auth",      "b2bua",        "events", "proxy",
      "registrar", "registration", "sim",    NULL,
  };

  for (int i = 0; parts[i]; i++) {
    if (lua_type(L, 2) != LUA_TSTRING ||
        strcmp(lua_tostring(L, 2), parts[i]) != 0)
      continue;
    lua_getglobal(L, "require");
    lua_pushfstring(L, "moonsip.%s", parts[i]);
    lua_call(L, 1, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, 1, parts[i]);
    return 1;
  }
  return 0;
}

/* Upvalue: the record. */
static int load_embedded(lua_State *L)
{
  const struct mlua_embedded *module = lua_touserdata(L, lua_upvalueindex(1));

  if (luaL_loadbufferx(L, module->text, module->len, module->chunk_name, "t") !=
      LUA_OK)
    return lua_error(L);
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

static void preload(lua_State *L)
{
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, mlua_open_sim);
  lua_setfield(L, -2, "moonsip.sim.core");
  lua_pushcfunction(L, mlua_open_relay);
  lua_setfield(L, -2, "moonsip.relay.core");
  lua_pushcfunction(L, mlua_open_held);
  lua_setfield(L, -2, "moonsip.delegates");
  lua_pushcfunction(L, mlua_open_latch);
  lua_setfield(L, -2, "moonsip.latch");
  lua_pushcfunction(L, mlua_open_across);
  lua_setfield(L, -2, "moonsip.across");
  lua_pushcfunction(L, mlua_open_library);
  lua_setfield(L, -2, "moonsip.library");
  lua_pushcfunction(L, mlua_open_auth);
  lua_setfield(L, -2, "moonsip.auth.core");
  for (const struct mlua_embedded *m = mlua_embedded_modules; m->name; m++) {
    lua_pushlightuserdata(L, (void *)(uintptr_t)m);
    lua_pushcclosure(L, load_embedded, 1);
    lua_setfield(L, -2, m->name);
  }
  lua_pop(L, 1);
}

#define EXPORTED __attribute__((visibility("default")))
EXPORTED int luaopen_moonsip(lua_State *L);
EXPORTED int luaopen_moonsip_sim(lua_State *L);
EXPORTED int luaopen_moonsip_sim_core(lua_State *L);

/* require "moonsip.sim" without require "moonsip" before it: Lua looks for
 * these in moonsip.so. */
int luaopen_moonsip_sim(lua_State *L)
{
  luaL_requiref(L, "moonsip", luaopen_moonsip, 0);
  lua_getfield(L, -1, "sim");
  return 1;
}

int luaopen_moonsip_sim_core(lua_State *L)
{
  luaL_requiref(L, "moonsip", luaopen_moonsip, 0);
  return mlua_open_sim(L);
}

int luaopen_moonsip(lua_State *L)
{
  static const luaL_Reg functions[] = {{"engine", mlua_engine_make},
                                       {"check", mlua_check_file},
                                       {"random", random_value},
                                       {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__index", load_field}, {NULL, NULL}};

  luaL_checkversion(L);
  mlua_state_of(L);
  mlua_open_strings(L);
  mlua_open_classes(L);
  mlua_open_engine(L);
  preload(L);
  luaL_newlib(L, functions);
  mlua_set_timers(L);
  mlua_push_log(L);
  lua_setfield(L, -2, "log");
  mlua_open_sdp(L);
  lua_setfield(L, -2, "sdp");
  mlua_open_uri(L);
  lua_setfield(L, -2, "uri");
  lua_pushliteral(L, MOONSIP_VERSION);
  lua_setfield(L, -2, "version");
  luaL_newlib(L, meta);
  lua_setmetatable(L, -2);
  return 1;
}
