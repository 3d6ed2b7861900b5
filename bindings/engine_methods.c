/* bindings/engine_methods.c -- what scripts and programs ask an engine. */
#include "engine.h"
#include "error.h"
#include "generation.h"
#include "start.h"
#include "state.h"

/* NULL after pushing nil and an error: it was closed. */
static struct mlua_engine *live(lua_State *L)
{
  struct mlua_engine *engine = mlua_engine_check(L, 1);

  if (engine->ua)
    return engine;
  mlua_fail(L, MSIP_EGONE, "the engine is closed");
  return NULL;
}

/* The same for methods that turn the loop. */
static struct mlua_engine *at_rest(lua_State *L)
{
  struct mlua_engine *engine = live(L);

  if (engine && !engine->host)
    luaL_error(L, "in a simulation the network runs the engine");
  if (engine && engine->running)
    luaL_error(L, "a callback cannot run the engine it runs in");
  if (engine)
    mlua_engine_begin(engine);
  return engine;
}

static int engine_run(lua_State *L)
{
  struct mlua_engine *engine = at_rest(L);

  if (!engine)
    return 2;
  msip_host_run(engine->host);
  mlua_engine_close(engine);
  lua_pushboolean(L, 1);
  return 1;
}

static int engine_step(lua_State *L)
{
  struct mlua_engine *engine = at_rest(L);

  if (!engine)
    return 2;
  bool more = msip_host_step(engine->host);
  if (!more)
    mlua_engine_close(engine);
  lua_pushboolean(L, more);
  return 1;
}

static int engine_stop(lua_State *L)
{
  struct mlua_engine *engine = live(L);

  if (!engine)
    return 2;
  if (engine->host)
    msip_host_stop(engine->host);
  lua_pushboolean(L, 1);
  return 1;
}

static int engine_drain(lua_State *L)
{
  struct mlua_engine *engine = live(L);

  if (!engine)
    return 2;
  if (engine->host)
    msip_host_drain(engine->host);
  else
    msip_ua_set_draining(engine->ua, true);
  lua_pushboolean(L, 1);
  return 1;
}

static int engine_close(lua_State *L)
{
  struct mlua_engine *engine = mlua_engine_check(L, 1);

  if (engine->running)
    return luaL_error(L, "a callback cannot close the engine it runs in");
  mlua_engine_close(engine);
  return 0;
}

static int engine_reload(lua_State *L)
{
  struct mlua_engine *engine = live(L);

  if (!engine)
    return 2;
  if (mlua_generation_reload(engine) != 0)
    return mlua_fail(L, MSIP_ESCRIPT, engine->last_error);
  lua_pushboolean(L, 1);
  return 1;
}

static void set_count(lua_State *L, const char *name, uint64_t value)
{
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

static void push_counters(lua_State *L, const struct msip_counters *counters)
{
  lua_newtable(L);
#define X(name, text) set_count(L, #name, counters->name);
  MSIP_COUNTER_MAP(X)
#undef X
}

static void push_listening(lua_State *L, struct mlua_engine *engine)
{
  const char *uri;

  lua_newtable(L);
  for (unsigned i = 0;
       engine->host && (uri = msip_host_listening(engine->host, i)); i++) {
    lua_pushstring(L, uri);
    lua_seti(L, -2, (lua_Integer)i + 1);
  }
}

void mlua_engine_push_status(lua_State *L, struct mlua_engine *engine)
{
  struct msip_census census = msip_ua_census(engine->ua);

  lua_newtable(L);
  push_counters(L, msip_ua_counters(engine->ua));
  lua_setfield(L, -2, "counters");
  push_listening(L, engine);
  lua_setfield(L, -2, "listening");
  set_count(L, "sessions", census.sessions);
  set_count(L, "ending", census.ending);
  set_count(L, "requests", census.requests);
  set_count(L, "outgoing", census.outgoing);
  set_count(L, "transactions", census.transactions);
  set_count(L, "timers", census.timers);
  set_count(L, "pool_bytes", census.pool_bytes);
  set_count(L, "tasks", engine->task_count);
  set_count(L, "generation", engine->generation_count);
  set_count(L, "generations", mlua_generation_count(engine));
  set_count(L, "lua_bytes",
            engine->state->memory ? engine->state->memory->used : 0);
  lua_pushboolean(L, msip_ua_is_draining(engine->ua));
  lua_setfield(L, -2, "draining");
  if (*engine->last_error) {
    lua_pushstring(L, engine->last_error);
    lua_setfield(L, -2, "last_error");
  }
}

static int engine_status(lua_State *L)
{
  struct mlua_engine *engine = live(L);

  if (!engine)
    return 2;
  mlua_engine_push_status(L, engine);
  return 1;
}

static int engine_listening(lua_State *L)
{
  struct mlua_engine *engine = live(L);

  if (!engine)
    return 2;
  push_listening(L, engine);
  return 1;
}

static int engine_fd(lua_State *L)
{
  struct mlua_engine *engine = at_rest(L);

  if (!engine)
    return 2;
  lua_pushinteger(L, msip_host_fd(engine->host));
  return 1;
}

static int engine_timeout(lua_State *L)
{
  struct mlua_engine *engine = at_rest(L);

  if (!engine)
    return 2;
  int ms = msip_host_timeout(engine->host);
  if (ms < 0)
    lua_pushnil(L);
  else
    lua_pushnumber(L, ms / 1000.0);
  return 1;
}

static int engine_events(lua_State *L)
{
  lua_pushliteral(L, "r");
  return 1;
}

/* engine:session(call_id, local_tag, remote_tag) -> session | nil */
static int engine_session(lua_State *L)
{
  struct mlua_engine *engine = mlua_engine_check(L, 1);
  struct msip_str call_id = mlua_check_str(L, 2);
  struct msip_str local_tag = mlua_check_str(L, 3);
  struct msip_str remote_tag = mlua_check_str(L, 4);
  struct msip_session *session =
      engine->ua ? msip_ua_session(engine->ua, call_id, local_tag, remote_tag)
                 : NULL;

  if (!session)
    return 0;
  mlua_push_session(L, engine, session);
  return 1;
}

static int engine_attach(lua_State *L)
{
  lua_getglobal(L, "require");
  lua_pushliteral(L, "moonsip.attach");
  lua_call(L, 1, 1);
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

void mlua_push_engine_methods(lua_State *L)
{
  static const luaL_Reg methods[] = {
      {"run", engine_run},
      {"step", engine_step},
      {"stop", engine_stop},
      {"drain", engine_drain},
      {"close", engine_close},
      {"reload", engine_reload},
      {"status", engine_status},
      {"listening", engine_listening},
      {"fd", engine_fd},
      {"pollfd", engine_fd},
      {"timeout", engine_timeout},
      {"events", engine_events},
      {"attach", engine_attach},
      {"session", engine_session},
      {NULL, NULL},
  };

  luaL_newlib(L, methods);
  mlua_set_start_methods(L);
}
