#include "engine.h"

#include <stdlib.h>

#include "error.h"
#include "generation.h"
#include "state.h"
#include "task.h"
#include "value.h"

/* Its address names the table that finds userdata by engine: weak. */
static const char engines;

/* --- the userdata and its values ---------------------------------------- */

void mlua_engine_push(lua_State *L, struct mlua_engine *engine)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &engines);
  lua_rawgetp(L, -1, engine);
  lua_remove(L, -2);
}

bool mlua_engine_push_value(lua_State *L, struct mlua_engine *engine, int n)
{
  mlua_engine_push(L, engine);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    return false;
  }
  lua_getiuservalue(L, -1, n);
  lua_remove(L, -2);
  return true;
}

void mlua_engine_set_value(lua_State *L, struct mlua_engine *engine, int n)
{
  mlua_engine_push(L, engine);
  lua_insert(L, -2);
  if (!lua_isnil(L, -2))
    lua_setiuservalue(L, -2, n);
  else
    lua_pop(L, 1);
  lua_pop(L, 1);
}

static void remember(lua_State *L, struct mlua_engine *engine)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &engines);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, engine);
  lua_pop(L, 1);
}

static void push_weak(lua_State *L, const char *mode)
{
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushstring(L, mode);
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
}

static lua_State *main_thread(lua_State *L)
{
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  lua_State *main = lua_tothread(L, -1);
  lua_pop(L, 1);
  return main;
}

struct mlua_engine *mlua_engine_new(lua_State *L)
{
  struct mlua_state *state = mlua_state_of(L);
  struct mlua_engine *engine =
      lua_newuserdatauv(L, sizeof *engine, MLUA_ENGINE_VALUES);

  memset(engine, 0, sizeof *engine);
  engine->L = main_thread(L);
  engine->state = state;
  msip_list_init(&engine->generations);
  msip_list_init(&engine->tasks);
  msip_list_init(&engine->idle);
  msip_list_init(&engine->orphans);
  msip_settings_init(&engine->settings);
  engine->log.level = MSIP_LOG_INFO;
  engine->log.write = mlua_log_write;
  engine->log.arg = engine;
  luaL_setmetatable(L, MLUA_ENGINE_CLASS);
  remember(L, engine);
  push_weak(L, "v");
  lua_setiuservalue(L, -2, MLUA_ENGINE_SLOTS);
  push_weak(L, "k");
  lua_setiuservalue(L, -2, MLUA_ENGINE_NAMES);
  state->latest = engine;
  return engine;
}

struct mlua_engine *mlua_engine_check(lua_State *L, int arg)
{
  struct mlua_engine *engine = lua_touserdata(L, arg);

  lua_rawgetp(L, LUA_REGISTRYINDEX, &engines);
  if (!engine || lua_rawgetp(L, -1, engine) != LUA_TUSERDATA)
    luaL_typeerror(L, arg, MLUA_ENGINE_CLASS);
  lua_pop(L, 2);
  return engine;
}

/* --- its life ----------------------------------------------------------- */

void mlua_engine_attach(struct mlua_engine *engine)
{
  msip_ua_settings_changed(engine->ua);
  mlua_generation_served(engine);
}

struct call {
  struct mlua_engine *engine;
  const char *name;
};

static int call_core(lua_State *L)
{
  struct call *call = lua_touserdata(L, 1);

  if (!mlua_generation_find(L, call->engine, call->name))
    return 0;
  mlua_engine_push(L, call->engine);
  mlua_task_start(call->engine, 1, NULL, NULL);
  return 0;
}

void mlua_engine_begin(struct mlua_engine *engine)
{
  struct call call = {engine, "on_start"};

  if (engine->started)
    return;
  engine->started = true;
  mlua_enter(engine, call_core, &call);
}

void mlua_engine_end(struct mlua_engine *engine)
{
  struct call call = {engine, "on_stop"};

  if (engine->started) {
    engine->started = false;
    mlua_enter(engine, call_core, &call);
  }
  mlua_tasks_fini(engine);
  mlua_values_release(engine);
}

void mlua_engine_detach(struct mlua_engine *engine)
{
  engine->ua = NULL;
  engine->host = NULL;
  mlua_orphans_fini(engine);
  if (engine->state->latest == engine)
    engine->state->latest = NULL;
}

void mlua_engine_close(struct mlua_engine *engine)
{
  struct msip_host *host = engine->host;

  if (!host)
    return;
  mlua_engine_end(engine);
  msip_host_free(host);
  mlua_engine_detach(engine);
}

static int collect_engine(lua_State *L)
{
  struct mlua_engine *engine = lua_touserdata(L, 1);

  lua_settop(L, 1);
  remember(L, engine); /* on_stop may ask for it */
  mlua_engine_close(engine);
  mlua_tasks_fini(engine);
  mlua_generation_fini(engine);
  if (engine->state->latest == engine)
    engine->state->latest = NULL;
  msip_settings_fini(&engine->settings);
  msip_settings_init(&engine->settings);
  free(engine->script);
  engine->script = NULL;
  return 0;
}

static int close_engine(lua_State *L)
{
  struct mlua_engine *engine = mlua_engine_check(L, 1);

  if (engine->running)
    return luaL_error(L, "a callback cannot close the engine it runs in");
  mlua_engine_close(engine);
  return 0;
}

static int show_engine(lua_State *L)
{
  struct mlua_engine *engine = mlua_engine_check(L, 1);

  lua_pushfstring(L, MLUA_ENGINE_CLASS ": %s",
                  engine->ua ? (engine->script ? engine->script : "inline")
                             : "closed");
  return 1;
}

int mlua_open_engine(lua_State *L)
{
  static const luaL_Reg meta[] = {{"__gc", collect_engine},
                                  {"__close", close_engine},
                                  {"__tostring", show_engine},
                                  {NULL, NULL}};

  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &engines) == LUA_TNIL) {
    push_weak(L, "v");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &engines);
  }
  lua_pop(L, 1);
  if (luaL_newmetatable(L, MLUA_ENGINE_CLASS)) {
    luaL_setfuncs(L, meta, 0);
    mlua_push_engine_methods(L);
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
  return 0;
}
