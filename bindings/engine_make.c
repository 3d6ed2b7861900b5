/* bindings/engine_make.c -- sip.engine and sip.check. */
#include <jansson.h>
#include <stdio.h>

#include "engine.h"
#include "error.h"
#include "generation.h"
#include "state.h"

enum { LISTEN_MOST = 32 };

/* --- the host's questions ----------------------------------------------- */

static int reload_hook(void *arg, char *why, size_t room)
{
  struct mlua_engine *engine = arg;
  int err = mlua_generation_reload(engine);

  if (err != 0)
    snprintf(why, room, "%s", engine->last_error);
  return err;
}

static void status_hook(void *arg, json_t *report)
{
  struct mlua_engine *engine = arg;

  if (engine->script)
    json_object_set_new(report, "script", json_string(engine->script));
  json_object_set_new(report, "generation",
                      json_integer((json_int_t)engine->generation_count));
  json_object_set_new(report, "generations",
                      json_integer(mlua_generation_count(engine)));
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
    mlua_raise_nomem(L);
  if (mlua_generation_check(engine) != 0)
    return mlua_fail(L, MSIP_ESCRIPT, engine->last_error);
  lua_pushboolean(L, 1);
  return 1;
}
