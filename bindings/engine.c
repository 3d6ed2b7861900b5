#include "engine.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "error.h"
#include "generation.h"
#include "state.h"
#include "task.h"
#include "value.h"

/* Its address names the table that finds userdata by engine: weak. */
static const char engines;

enum { LISTEN_MOST = 32 };

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
  return luaL_checkudata(L, arg, MLUA_ENGINE_CLASS);
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

static void close_host(struct mlua_engine *engine)
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
  close_host(engine);
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

/* --- the host's questions ----------------------------------------------- */

static int reload_hook(void *arg, char *why, size_t room)
{
  struct mlua_engine *engine = arg;
  int err = mlua_generation_reload(engine);

  if (err != 0)
    snprintf(why, room, "%s", engine->last_error);
  return err;
}

static unsigned generation_count(const struct mlua_engine *engine)
{
  unsigned count = 0;

  for (const struct msip_link_node *n = engine->generations.next;
       n != &engine->generations; n = n->next)
    count++;
  return count;
}

static void status_hook(void *arg, json_t *report)
{
  struct mlua_engine *engine = arg;

  if (engine->script)
    json_object_set_new(report, "script", json_string(engine->script));
  json_object_set_new(report, "generation",
                      json_integer((json_int_t)engine->generation_count));
  json_object_set_new(report, "generations",
                      json_integer(generation_count(engine)));
  json_object_set_new(report, "tasks", json_integer(engine->task_count));
  if (*engine->last_error)
    json_object_set_new(report, "last_error", json_string(engine->last_error));
}

/* --- sip.engine --------------------------------------------------------- */

static const char *const host_options[] = {"listen", "admin", "signals"};

struct listen_list {
  const char *at[LISTEN_MOST];
  unsigned count;
};

/* Texts stay in the options table while it is read. */
static void read_listen(lua_State *L, struct listen_list *list)
{
  list->count = 0;
  if (lua_getfield(L, 1, "listen") == LUA_TNIL) {
    list->at[list->count++] = "udp:0.0.0.0:5060";
    lua_pop(L, 1);
    return;
  }
  if (!lua_istable(L, -1))
    luaL_error(L, "option 'listen' must be a list of URIs");
  lua_Integer len = luaL_len(L, -1);
  luaL_argcheck(L, len >= 1 && len <= LISTEN_MOST, 1,
                "option 'listen' needs 1 to 32 URIs");
  for (lua_Integer i = 1; i <= len; i++) {
    if (lua_geti(L, -1, i) != LUA_TSTRING)
      luaL_error(L, "option 'listen' must be a list of URIs");
    list->at[list->count++] = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

static const char *read_admin(lua_State *L)
{
  const char *admin = NULL;
  int type = lua_getfield(L, 1, "admin");

  if (type == LUA_TSTRING)
    admin = lua_tostring(L, -1);
  else if (type != LUA_TNIL)
    luaL_error(L, "option 'admin' must be a string");
  lua_pop(L, 1);
  return admin;
}

static int open_host(lua_State *L, struct mlua_engine *engine)
{
  struct listen_list list;
  char why[512] = "";

  read_listen(L, &list);
  lua_getfield(L, 1, "signals");
  struct msip_host_config config = {
      .settings = &engine->settings,
      .listen = list.at,
      .listen_count = list.count,
      .admin = read_admin(L),
      .log = engine->log,
      .signals = lua_toboolean(L, -1),
      .hooks = {.arg = engine,
                .turn = mlua_dispatch,
                .reload = reload_hook,
                .status = status_hook,
                .on_release = mlua_on_release},
  };
  int err = msip_host_new(&engine->host, &config, why, sizeof why);
  lua_pop(L, 1);
  if (err != 0)
    return mlua_fail(L, err, *why ? why : NULL);
  engine->ua = msip_host_ua(engine->host);
  return 0;
}

static int new_engine(lua_State *L)
{
  struct listen_list list;

  lua_settop(L, 1);
  struct mlua_engine *engine = mlua_engine_new(L);
  mlua_engine_configure(L, engine, 1, host_options, 3);
  read_listen(L, &list);
  if (mlua_generation_first(engine) != 0)
    return mlua_fail(L, MSIP_ESCRIPT, engine->last_error);
  int results = open_host(L, engine);
  if (results > 0)
    return results;
  mlua_engine_attach(engine);
  mlua_generation_watch(engine);
  lua_settop(L, 2);
  return 1;
}

static int this_engine(lua_State *L)
{
  struct mlua_state *state = mlua_state_of(L);

  if (!state->running)
    return mlua_fail(L, MSIP_ESTATE, "no engine runs this code");
  mlua_engine_push(L, state->running);
  return 1;
}

int mlua_engine_make(lua_State *L)
{
  return lua_isnoneornil(L, 1) ? this_engine(L) : new_engine(L);
}

int mlua_check_file(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1);

  lua_settop(L, 1);
  struct mlua_engine *engine = mlua_engine_new(L);
  engine->script = strdup(path);
  if (!engine->script)
    return luaL_error(L, "not enough memory");
  if (mlua_generation_check(engine) != 0)
    return mlua_fail(L, MSIP_ESCRIPT, engine->last_error);
  lua_pushboolean(L, 1);
  return 1;
}

/* --- methods ------------------------------------------------------------ */

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
  close_host(engine);
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
    close_host(engine);
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
  close_host(engine);
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
  set_count(L, "requests", census.requests);
  set_count(L, "outgoing", census.outgoing);
  set_count(L, "transactions", census.transactions);
  set_count(L, "timers", census.timers);
  set_count(L, "pool_bytes", census.pool_bytes);
  set_count(L, "tasks", engine->task_count);
  set_count(L, "generation", engine->generation_count);
  set_count(L, "generations", generation_count(engine));
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

static int engine_attach(lua_State *L)
{
  lua_getglobal(L, "require");
  lua_pushliteral(L, "moonsip.attach");
  lua_call(L, 1, 1);
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
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
  static const luaL_Reg methods[] = {
      {"run", engine_run},         {"step", engine_step},
      {"stop", engine_stop},       {"drain", engine_drain},
      {"close", engine_close},     {"reload", engine_reload},
      {"status", engine_status},   {"listening", engine_listening},
      {"fd", engine_fd},           {"pollfd", engine_fd},
      {"timeout", engine_timeout}, {"events", engine_events},
      {"attach", engine_attach},   {NULL, NULL},
  };
  static const luaL_Reg meta[] = {{"__gc", collect_engine},
                                  {"__close", engine_close},
                                  {"__tostring", show_engine},
                                  {NULL, NULL}};

  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &engines) == LUA_TNIL) {
    push_weak(L, "v");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &engines);
  }
  lua_pop(L, 1);
  if (luaL_newmetatable(L, MLUA_ENGINE_CLASS)) {
    luaL_setfuncs(L, meta, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
  return 0;
}
