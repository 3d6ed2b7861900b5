/* bindings/mlua.h -- the engine as one lua_State sees it.
 *
 * One mlua_engine is one worker: a user agent core, the script generation that
 * decides, the pool of coroutines.  It is the payload of the userdata
 * moonsip.Engine.  In a process `host` drives it; in a simulation `host` is
 * NULL and sim.c does.
 */
#pragma once

#include <lauxlib.h>
#include <lua.h>

#include "base/list.h"
#include "host/host.h"
#include "ua/ua.h"

struct mlua_box;
struct mlua_generation;
struct mlua_state;
struct mlua_task;

struct mlua_engine {
  lua_State *L; /* the main thread: never a coroutine that may die */
  struct msip_ua *ua;
  struct msip_host *host; /* NULL in a simulation */
  struct msip_settings settings;
  struct mlua_generation *generation; /* the current one */
  struct msip_link_node generations;  /* all that something still holds */
  struct mlua_task *running;          /* the task that runs right now */
  struct msip_link_node tasks;        /* live ones */
  struct msip_link_node idle;         /* tasks that wait for work */
  unsigned idle_count;
  unsigned task_count;
  uint64_t task_serial;
  struct mlua_state *state;      /* what engines of one lua_State share */
  struct msip_link_node orphans; /* requests to abandon */
  struct msip_log log;
  /* Lua values that hold memory of the engine (value.h); unset until the first
   * one. */
  struct msip_link_node values;
  char *script; /* path, or NULL with inline delegates */
  uint64_t generation_count;
  uint64_t loads;       /* tries to load the script */
  uint64_t loading;     /* the one that is under way, or 0 */
  char last_error[512]; /* of the latest failed reload, or empty */
  bool log_function;    /* lines go to the options' log function */
  bool log_json;
  bool started; /* on_start was called */
};

/* The engine of this state's caller: inside a task its own, else the last one
 * made; NULL when there is none. */
struct mlua_engine *mlua_engine_of(lua_State *L);

/* Argument `arg` as borrowed text; raises otherwise.  Numbers are refused. */
struct msip_str mlua_check_str(lua_State *L, int arg);
static inline void mlua_push_str(lua_State *L, struct msip_str s)
{
  lua_pushlstring(L, s.at, s.len);
}

/* Runs `body(arg)` protected: the one lua_pcall engine code can reach.  0, or
 * MSIP_ESCRIPT after logging the traceback. */
int mlua_enter(struct mlua_engine *engine, lua_CFunction body, void *arg);

/* Delivers everything in the outbox to delegates; the host's `turn`. */
void mlua_dispatch(void *engine);
/* The ua frees the object behind this box. */
void mlua_on_release(void *engine, void *box);
/* The box of an unanswered request was collected: calls msip_request_abandon
 * when the engine is at rest, unless the request ends before.  Its box pointer
 * is no longer the collected one when this returns. */
void mlua_abandon_later(struct mlua_engine *engine,
                        struct msip_request *request);

/* Each pushes its table or registers its classes; called once per state. */
int mlua_open_sdp(lua_State *L);
int mlua_open_uri(lua_State *L);
void mlua_open_classes(lua_State *L); /* request, session, message, ... */
int mlua_open_engine(lua_State *L);   /* class moonsip.Engine */
int mlua_open_strings(lua_State *L);  /* string.find family with a budget */
int mlua_open_sim(lua_State *L);      /* moonsip.sim.core */
int mlua_open_held(lua_State *L);     /* moonsip.delegates */
int mlua_open_latch(lua_State *L);    /* moonsip.latch */
int mlua_open_across(lua_State *L);   /* moonsip.across */
int mlua_open_library(lua_State *L);  /* moonsip.library */
int mlua_open_auth(lua_State *L);     /* moonsip.auth.core */
