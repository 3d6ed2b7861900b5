#include "generation.h"

#include <stdio.h>
#include <stdlib.h>

#include "delegate.h"
#include "engine.h"
#include "error.h"
#include "script_env.h"
#include "shape.h"
#include "state.h"
#include "task.h"

#define GENERATION_CLASS "moonsip.Generation"

/* User values. */
enum { SCRIPT = 1, ENV };

/* --- the record --------------------------------------------------------- */

static int free_generation(lua_State *L)
{
  struct mlua_generation *g = lua_touserdata(L, 1);

  msip_list_del(&g->node);
  for (unsigned i = 0; i < g->file_count; i++)
    free(g->files[i]);
  free(g->files);
  g->files = NULL;
  g->file_count = 0;
  return 0;
}

static struct mlua_generation *new_generation(lua_State *L,
                                              struct mlua_engine *engine)
{
  struct mlua_generation *g = lua_newuserdatauv(L, sizeof *g, ENV);

  memset(g, 0, sizeof *g);
  g->engine = engine;
  g->load = ++engine->loads;
  msip_list_init(&g->node);
  if (luaL_newmetatable(L, GENERATION_CLASS)) {
    lua_pushcfunction(L, free_generation);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return g;
}

void mlua_generation_add_file(lua_State *L, struct mlua_generation *g,
                              const char *path)
{
  char **more;
  char *copy;

  if (g->file_count >= MLUA_GENERATION_FILES)
    luaL_error(L, "a script of more than %d files", MLUA_GENERATION_FILES);
  more = realloc(g->files, (g->file_count + 1) * sizeof *more);
  if (more)
    g->files = more;
  copy = more ? strdup(path) : NULL;
  if (!copy)
    mlua_raise_nomem(L);
  g->files[g->file_count++] = copy;
}

/* --- loading ------------------------------------------------------------ */

static struct msip_str folder_of(const char *path)
{
  const char *slash = strrchr(path, '/');

  if (!slash)
    return MSIP_STR(".");
  return slash == path ? MSIP_STR("/") : msip_str_span(path, slash);
}

/* Pushes a fresh environment for the generation at `index`. */
static void push_env(lua_State *L, int index, const char *path)
{
  lua_newtable(L);
  int env = lua_gettop(L);
  lua_pushvalue(L, env);
  lua_setfield(L, env, "_G");
  mlua_push_coroutine(L);
  lua_setfield(L, env, "coroutine");
  lua_pushvalue(L, index);
  mlua_push_require(L, env, folder_of(path));
  lua_setfield(L, env, "require");
  lua_createtable(L, 0, 2);
  lua_pushglobaltable(L);
  lua_setfield(L, -2, "__index");
  lua_pushvalue(L, index);
  lua_setfield(L, -2, "generation");
  lua_setmetatable(L, env);
}

static int refuse_yield(lua_State *L, struct mlua_engine *engine, lua_State *co)
{
  struct mlua_watchdog *dog = &engine->state->watchdog;
  bool overran = mlua_watchdog_overran(dog);

  mlua_watchdog_forgive(dog, co);
  lua_resetthread(co);
  if (overran)
    return luaL_error(L, "%s: loading took longer than limits.script_time",
                      engine->script);
  return luaL_error(L, "%s: a script cannot wait while it is loaded",
                    engine->script);
}

/* Runs the chunk on top in a coroutine, so that it can be stopped; leaves its
 * first result. */
static void run_chunk(lua_State *L, struct mlua_engine *engine)
{
  struct mlua_task *outer = engine->running;
  lua_State *co = lua_newthread(L);
  int count;

  lua_insert(L, -2);
  lua_xmove(L, co, 1);
  struct mlua_running before = mlua_script_enter(engine, co);
  engine->running = NULL;
  int status = lua_resume(co, L, 0, &count);
  engine->running = outer;
  mlua_script_leave(engine, before);
  if (status == LUA_YIELD || mlua_watchdog_overran(&engine->state->watchdog))
    refuse_yield(L, engine, co);
  if (status == LUA_OK)
    lua_settop(co, 1 + lua_gettop(co) - count);
  lua_xmove(co, L, 1);
  lua_remove(L, -2);
  if (status != LUA_OK)
    lua_error(L);
}

struct attempt {
  struct mlua_engine *engine;
  struct msip_settings settings; /* read when err is 0 */
  int err;
  char why[sizeof((struct mlua_engine *)0)->last_error];
};

/* Index 1: attempt, 2: generation's userdata, 3: core delegate or nil. */
static int build(lua_State *L)
{
  struct attempt *attempt = lua_touserdata(L, 1);
  struct mlua_engine *engine = attempt->engine;
  struct mlua_generation *g = lua_touserdata(L, 2);

  if (lua_isnil(L, 3)) {
    push_env(L, 2, engine->script);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 2, ENV);
    mlua_load_file(L, g, -1, engine->script);
    run_chunk(L, engine);
    lua_replace(L, 3);
    lua_settop(L, 3);
  }
  mlua_check_script(L, 3);
  lua_pushvalue(L, 3);
  lua_setiuservalue(L, 2, SCRIPT);
  lua_getfield(L, 3, "settings");
  if (!mlua_engine_push_value(L, engine, MLUA_ENGINE_SETTINGS))
    lua_pushnil(L);
  mlua_read_settings(L, &attempt->settings, 4, 5);
  return 0;
}

/* The cause in one line that names the script. */
static void keep_cause(lua_State *L, struct attempt *attempt)
{
  const char *script = attempt->engine->script;
  const char *text = luaL_tolstring(L, -1, NULL);
  bool named = !script || strncmp(text, script, strlen(script)) == 0 ||
               strstr(text, ".lua:");

  snprintf(attempt->why, sizeof attempt->why, "%s%s%s", named ? "" : script,
           named ? "" : ": ", text);
  for (char *at = attempt->why; *at; at++)
    if (*at == '\n' || *at == '\t')
      *at = ' ';
}

/* Builds the generation whose record is on top below the delegate or nil that
 * is on top; leaves the record. */
static void try_build(lua_State *L, struct attempt *attempt)
{
  lua_pushcfunction(L, build);
  lua_insert(L, -2);
  lua_pushlightuserdata(L, attempt);
  lua_insert(L, -2);
  lua_pushvalue(L, -4);
  lua_insert(L, -2);
  attempt->err = 0;
  attempt->engine->loading = attempt->engine->loads;
  int status = lua_pcall(L, 3, 0, 0);
  attempt->engine->loading = 0;
  if (status == LUA_OK)
    return;
  attempt->err = MSIP_ESCRIPT;
  keep_cause(L, attempt);
  lua_pop(L, 2);
}

/* --- taking over -------------------------------------------------------- */

/* The host watches the files of the generation that runs, and of an attempt
 * that failed: mending it is a change, too. */
static void watch(struct mlua_engine *engine, const struct mlua_generation *g)
{
  const char *files[2 * MLUA_GENERATION_FILES];
  const struct mlua_generation *both[] = {engine->generation, g};
  unsigned count = 0;

  if (!engine->host || !engine->script)
    return;
  for (unsigned n = 0; n < 2; n++)
    for (unsigned i = 0; both[n] && i < both[n]->file_count; i++)
      files[count++] = both[n]->files[i];
  if (!engine->settings.reload_watch)
    count = 0;
  if (msip_host_watch(engine->host, files, count) != 0)
    msip_log(&engine->log, MSIP_LOG_WARN, MSIP_STR(""),
             "cannot watch the script's files: reload by hand");
}

void mlua_generation_watch(struct mlua_engine *engine)
{
  watch(engine, NULL);
}

static void take_settings(struct mlua_engine *engine,
                          const struct msip_settings *settings)
{
  struct msip_settings old = engine->settings;
  struct mlua_state *state = engine->state;

  engine->settings = *settings;
  msip_settings_fini(&old);
  if (settings->session_min_se < 90)
    msip_log(&engine->log, MSIP_LOG_WARN, MSIP_STR(""),
             "session.min_se is %u: RFC 4028 wants 90 or more",
             settings->session_min_se);
  if (engine->ua)
    msip_ua_settings_changed(engine->ua);
  if (state->memory)
    state->memory->limit = (size_t)engine->settings.limit_script_memory << 20;
  mlua_watchdog_start(&state->watchdog, engine->settings.limit_script_time);
}

/* The record is on top; takes it. */
static void take_over(lua_State *L, struct attempt *attempt)
{
  struct mlua_engine *engine = attempt->engine;
  struct mlua_generation *g = lua_touserdata(L, -1);

  lua_getiuservalue(L, -1, SCRIPT);
  mlua_delegate_name(L, engine, lua_gettop(L));
  mlua_delegate_swap(L, engine, lua_gettop(L));
  lua_pop(L, 1);
  mlua_engine_set_value(L, engine, MLUA_ENGINE_CODE);
  g->number = ++engine->generation_count;
  msip_list_add(&engine->generations, &g->node);
  engine->generation = g;
  take_settings(engine, &attempt->settings);
  mlua_generation_served(engine);
  watch(engine, NULL);
}

static int first(lua_State *L)
{
  struct attempt *attempt = lua_touserdata(L, 1);

  /* index 2: the delegate, or nil */
  new_generation(L, attempt->engine);
  lua_pushvalue(L, 2);
  try_build(L, attempt);
  if (attempt->err == 0)
    take_over(L, attempt);
  return 0;
}

static int settle(struct attempt *attempt, int status)
{
  struct mlua_engine *engine = attempt->engine;

  if (status != LUA_OK) {
    attempt->err = MSIP_ENOMEM;
    snprintf(attempt->why, sizeof attempt->why, "not enough memory");
  }
  memcpy(engine->last_error, attempt->err ? attempt->why : "",
         attempt->err ? sizeof engine->last_error : 1);
  return attempt->err;
}

int mlua_generation_first(struct mlua_engine *engine)
{
  lua_State *L = engine->L;
  struct attempt attempt = {.engine = engine};

  mlua_watchdog_start(&engine->state->watchdog,
                      engine->settings.limit_script_time);
  lua_checkstack(L, LUA_MINSTACK);
  lua_pushcfunction(L, first);
  lua_pushlightuserdata(L, &attempt);
  if (!mlua_engine_push_value(L, engine, MLUA_ENGINE_INLINE))
    lua_pushnil(L);
  return settle(&attempt, lua_pcall(L, 2, 0, 0));
}

static int again(lua_State *L)
{
  struct attempt *attempt = lua_touserdata(L, 1);
  struct mlua_generation *g = new_generation(L, attempt->engine);

  lua_pushnil(L);
  try_build(L, attempt);
  if (attempt->err == 0)
    take_over(L, attempt);
  else
    watch(attempt->engine, g);
  return 0;
}

static int probe(lua_State *L)
{
  struct attempt *attempt = lua_touserdata(L, 1);

  new_generation(L, attempt->engine);
  lua_pushnil(L);
  try_build(L, attempt);
  if (attempt->err == 0)
    msip_settings_fini(&attempt->settings);
  return 0;
}

int mlua_generation_check(struct mlua_engine *engine)
{
  lua_State *L = engine->L;
  struct attempt attempt = {.engine = engine};

  mlua_watchdog_start(&engine->state->watchdog,
                      engine->settings.limit_script_time);
  lua_checkstack(L, LUA_MINSTACK);
  lua_pushcfunction(L, probe);
  lua_pushlightuserdata(L, &attempt);
  return settle(&attempt, lua_pcall(L, 1, 0, 0));
}

static int call_on_reload(lua_State *L)
{
  struct mlua_engine *engine = lua_touserdata(L, 1);

  if (mlua_generation_find(L, engine, "on_reload")) {
    mlua_engine_push(L, engine);
    mlua_task_start(engine, 1, NULL, NULL);
  }
  return 0;
}

static int refuse(struct mlua_engine *engine)
{
  msip_ua_counters(engine->ua)->reloads_failed++;
  msip_log(&engine->log, MSIP_LOG_ERROR, MSIP_STR(""),
           "reload failed, nothing changed: %s", engine->last_error);
  return MSIP_ESCRIPT;
}

int mlua_generation_reload(struct mlua_engine *engine)
{
  lua_State *L = engine->L;
  struct attempt attempt = {.engine = engine};

  if (!engine->script) {
    snprintf(engine->last_error, sizeof engine->last_error,
             "the delegate is a table, not a file");
    return refuse(engine);
  }
  lua_checkstack(L, LUA_MINSTACK);
  lua_pushcfunction(L, again);
  lua_pushlightuserdata(L, &attempt);
  if (settle(&attempt, lua_pcall(L, 1, 0, 0)) != 0)
    return refuse(engine);
  msip_ua_counters(engine->ua)->reloads++;
  msip_log(&engine->log, MSIP_LOG_INFO, MSIP_STR(""),
           "reloaded %s: generation %llu", engine->script,
           (unsigned long long)engine->generation->number);
  mlua_enter(engine, call_on_reload, engine);
  return 0;
}

void mlua_generation_fini(struct mlua_engine *engine)
{
  while (!msip_list_empty(&engine->generations)) {
    struct mlua_generation *g =
        MSIP_CONTAINER(engine->generations.next, struct mlua_generation, node);
    g->engine = NULL;
    msip_list_del(&g->node);
  }
  engine->generation = NULL;
}

unsigned mlua_generation_count(const struct mlua_engine *engine)
{
  unsigned count = 0;

  for (const struct msip_link_node *n = engine->generations.next;
       n != &engine->generations; n = n->next)
    count++;
  return count;
}

/* --- asking the current one --------------------------------------------- */

bool mlua_generation_push_script(lua_State *L, struct mlua_engine *engine)
{
  if (!mlua_engine_push_value(L, engine, MLUA_ENGINE_CODE))
    return false;
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    return false;
  }
  lua_getiuservalue(L, -1, SCRIPT);
  lua_remove(L, -2);
  return true;
}

bool mlua_generation_find(lua_State *L, struct mlua_engine *engine,
                          const char *name)
{
  if (!mlua_generation_push_script(L, engine))
    return false;
  int type = lua_getfield(L, -1, name);
  if (type == LUA_TFUNCTION) {
    lua_remove(L, -2);
    return true;
  }
  lua_pop(L, 2);
  return false;
}

void mlua_generation_served(struct mlua_engine *engine)
{
  static const struct {
    enum msip_method method;
    const char *name;
  } callbacks[] = {
      {MSIP_INVITE, "on_invite"},        {MSIP_MESSAGE, "on_message"},
      {MSIP_NOTIFY, "on_notify"},        {MSIP_REFER, "on_refer"},
      {MSIP_REGISTER, "on_register"},    {MSIP_SUBSCRIBE, "on_subscribe"},
      {MSIP_PUBLISH, "on_publish"},      {MSIP_OPTIONS, "on_options"},
      {MSIP_METHOD_OTHER, "on_request"},
  };
  uint32_t served = 0;

  if (!engine->ua)
    return;
  for (size_t i = 0; i < sizeof callbacks / sizeof *callbacks; i++) {
    if (!mlua_generation_find(engine->L, engine, callbacks[i].name))
      continue;
    lua_pop(engine->L, 1);
    served |= 1u << callbacks[i].method;
  }
  msip_ua_set_served(engine->ua, served);
}
