/* bindings/coroutine.c -- coroutines of the script's own, inside a task.
 *
 * Waiting passes through them: a wait yields the sentinel, and resume and wrap
 * here hand it outward until the task itself is parked; the results come back
 * the same way.  They also tell the watchdog which coroutine runs.  Scripts get
 * this table; the state's own `coroutine` stays as it is.
 */
#include "box.h"
#include "engine.h"
#include "script_env.h"
#include "state.h"
#include "task.h"

enum step { RESUMED, FAILED, WAITS, OVERRAN };

static bool is_waiting(lua_State *co)
{
  return lua_status(co) == LUA_YIELD && lua_gettop(co) > 0 &&
         lua_touserdata(co, -1) == mlua_task_sentinel();
}

/* Runs `co` with `nargs` values on top of its stack; `*count` results. */
static enum step run(lua_State *L, lua_State *co, int nargs, int *count)
{
  struct mlua_watchdog *dog = &mlua_state_of(L)->watchdog;
  lua_State *outer = atomic_load_explicit(&dog->current, memory_order_relaxed);
  int status;

  if (outer)
    atomic_store_explicit(&dog->current, co, memory_order_relaxed);
  status = lua_resume(co, L, nargs, count);
  atomic_store_explicit(&dog->current, outer, memory_order_relaxed);
  if (status == LUA_YIELD && is_waiting(co))
    return WAITS;
  if (status != LUA_OK && outer && mlua_watchdog_overran(dog))
    return OVERRAN;
  return status == LUA_OK || status == LUA_YIELD ? RESUMED : FAILED;
}

/* The task must give up: whatever this coroutine would have done next. */
static int give_up(lua_State *L)
{
  if (lua_isyieldable(L))
    return lua_yield(L, 0);
  return luaL_error(L, "script took too long");
}

static int cannot_wait(lua_State *L, lua_State *co)
{
  struct mlua_task *task = mlua_state_of(L)->running->running;

  if (task)
    mlua_task_unpark(task);
  lua_resetthread(co);
  return luaL_error(L, "cannot wait here");
}

static void need_stack(lua_State *L, int count)
{
  luaL_checkstack(L, count, "too many values of a coroutine");
}

static const char *why_not(lua_State *L, lua_State *co)
{
  if (is_waiting(co))
    return "cannot resume a coroutine that waits";
  if (lua_status(co) == LUA_OK && lua_gettop(co) == 0)
    return "cannot resume dead coroutine";
  if (co == L)
    return "cannot resume non-suspended coroutine";
  return NULL;
}

/* --- resume: index 1 is the coroutine ----------------------------------- */

static int resume_more(lua_State *L, int status, lua_KContext unused);

static int resume_step(lua_State *L, lua_State *co, int nargs)
{
  int count = 0;

  switch (run(L, co, nargs, &count)) {
  case RESUMED:
    need_stack(L, count + 1);
    lua_pushboolean(L, 1);
    lua_xmove(co, L, count);
    return count + 1;
  case FAILED:
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
  case WAITS:
    if (!lua_isyieldable(L))
      return cannot_wait(L, co);
    lua_pushlightuserdata(L, mlua_task_sentinel());
    return lua_yieldk(L, 1, 0, resume_more);
  case OVERRAN:
    break;
  }
  return give_up(L);
}

/* The wait is over; its results lie above the coroutine. */
static int resume_more(lua_State *L, int status, lua_KContext unused)
{
  lua_State *co = lua_tothread(L, 1);
  int count = lua_gettop(L) - 1;

  (void)status;
  (void)unused;
  lua_pop(co, 1);
  if (!lua_checkstack(co, count))
    return luaL_error(L, "too many arguments to resume");
  lua_xmove(L, co, count);
  return resume_step(L, co, count);
}

static int co_resume(lua_State *L)
{
  lua_State *co = lua_tothread(L, 1);
  int nargs = lua_gettop(L) - 1;

  luaL_argexpected(L, co, 1, "coroutine");
  const char *why = why_not(L, co);
  if (!why && !lua_checkstack(co, nargs))
    why = "too many arguments to resume";
  if (why) {
    lua_pushboolean(L, 0);
    lua_pushstring(L, why);
    return 2;
  }
  lua_xmove(L, co, nargs);
  return resume_step(L, co, nargs);
}

/* --- wrap: upvalue 1 is the coroutine ----------------------------------- */

static int wrap_more(lua_State *L, int status, lua_KContext unused);

/* As coroutine.wrap: closes the coroutine, adds the place to a text. */
static int propagate(lua_State *L, lua_State *co)
{
  lua_resetthread(co);
  lua_xmove(co, L, 1);
  if (lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static int wrap_step(lua_State *L, lua_State *co, int nargs)
{
  int count = 0;

  switch (run(L, co, nargs, &count)) {
  case RESUMED:
    need_stack(L, count);
    lua_xmove(co, L, count);
    return count;
  case FAILED:
    return propagate(L, co);
  case WAITS:
    if (!lua_isyieldable(L))
      return cannot_wait(L, co);
    lua_pushlightuserdata(L, mlua_task_sentinel());
    return lua_yieldk(L, 1, 0, wrap_more);
  case OVERRAN:
    break;
  }
  return give_up(L);
}

static int wrap_more(lua_State *L, int status, lua_KContext unused)
{
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  int count = lua_gettop(L);

  (void)status;
  (void)unused;
  lua_pop(co, 1);
  if (!lua_checkstack(co, count))
    return luaL_error(L, "too many arguments to resume");
  lua_xmove(L, co, count);
  return wrap_step(L, co, count);
}

static int call_wrapped(lua_State *L)
{
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  int nargs = lua_gettop(L);
  const char *why = why_not(L, co);

  if (why)
    return luaL_error(L, "%s", why);
  if (!lua_checkstack(co, nargs))
    return luaL_error(L, "too many arguments to resume");
  lua_xmove(L, co, nargs);
  return wrap_step(L, co, nargs);
}

static int co_wrap(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  lua_pushcclosure(L, call_wrapped, 1);
  return 1;
}

/* Upvalue 1: the state's coroutine.close. */
static int co_close(lua_State *L)
{
  lua_State *co = lua_tothread(L, 1);

  luaL_argexpected(L, co, 1, "coroutine");
  if (is_waiting(co))
    return luaL_error(L, "cannot close a coroutine that waits");
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, LUA_MULTRET);
  return lua_gettop(L);
}

void mlua_push_coroutine(lua_State *L)
{
  static const char *const same[] = {"create", "isyieldable", "running",
                                     "status", "yield"};

  lua_createtable(L, 0, 8);
  lua_getglobal(L, "coroutine");
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    lua_getfield(L, -1, same[i]);
    lua_setfield(L, -3, same[i]);
  }
  lua_getfield(L, -1, "close");
  lua_pushcclosure(L, co_close, 1);
  lua_setfield(L, -3, "close");
  lua_pop(L, 1);
  lua_pushcfunction(L, co_resume);
  lua_setfield(L, -2, "resume");
  lua_pushcfunction(L, co_wrap);
  lua_setfield(L, -2, "wrap");
}
