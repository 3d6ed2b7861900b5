/* bindings/timers.c -- sip.sleep, spawn, after and now. */
#include "timers.h"

#include "box.h"
#include "engine.h"
#include "task.h"

#define TIMER_CLASS "moonsip.Timer"
#define LONGEST     1e9 /* seconds */

/* A task that has not begun.  The engine is the user value. */
struct timer {
  struct mlua_engine *engine;
  struct mlua_task *task;
  uint64_t serial;
};

static msip_time delay_arg(lua_State *L, int arg)
{
  lua_Number seconds = luaL_checknumber(L, arg);

  luaL_argcheck(L, seconds >= 0 && seconds <= LONGEST, arg,
                "seconds must be 0 to 1e9");
  return (msip_time)(seconds * 1000 + 0.5);
}

/* The engine that runs; raises when there is none, and while a script is
 * loaded: that may fail, and nothing must have begun then. */
static struct mlua_engine *engine_here(lua_State *L)
{
  struct mlua_engine *engine = mlua_engine_of(L);

  if (!engine || !engine->ua) {
    luaL_error(L, "no engine runs yet: wait for on_start");
    return NULL; /* never reached */
  }
  if (engine->loading)
    luaL_error(L, "the script is not loaded yet: wait for on_reload");
  return engine;
}

static int sleep_task(lua_State *L)
{
  msip_time delay = delay_arg(L, 1);
  struct mlua_task *task = mlua_task_current(L);

  msip_wake_at(&task->wake, msip_ua_now(task->engine->ua) + delay);
  return mlua_task_park(L);
}

static bool is_due(const struct timer *timer)
{
  return timer->engine->ua && timer->serial != 0 &&
         timer->task->serial == timer->serial && timer->task->parked &&
         !timer->task->begun;
}

static struct timer *check_timer(lua_State *L)
{
  luaL_getmetatable(L, TIMER_CLASS);
  if (!lua_getmetatable(L, 1) || !lua_rawequal(L, -1, -2))
    luaL_typeerror(L, 1, TIMER_CLASS);
  lua_pop(L, 2);
  return lua_touserdata(L, 1);
}

static int cancel_timer(lua_State *L)
{
  struct timer *timer = check_timer(L);
  bool due = is_due(timer);

  if (due)
    mlua_task_close(timer->task);
  timer->serial = 0;
  lua_pushboolean(L, due);
  return 1;
}

/* The function and its arguments begin at `first`.  What is `owned` ends with
 * the call that runs. */
static int start_later(lua_State *L, int first, msip_time delay, bool owned)
{
  struct mlua_engine *engine = engine_here(L);
  struct timer *timer;

  luaL_checktype(L, first, LUA_TFUNCTION);
  timer = lua_newuserdatauv(L, sizeof *timer, 1);
  timer->engine = engine;
  timer->serial = 0;
  luaL_setmetatable(L, TIMER_CLASS);
  mlua_engine_push(L, engine);
  lua_setiuservalue(L, -2, 1);
  lua_insert(L, first);
  timer->task = mlua_task_later(L, engine, lua_gettop(L) - first - 1, delay,
                                owned ? engine->running : NULL);
  if (!timer->task)
    return luaL_error(L, "limits.tasks reached");
  timer->serial = timer->task->serial;
  lua_settop(L, first);
  return 1;
}

static int spawn_task(lua_State *L)
{
  return start_later(L, 1, 0, true);
}

static int start_after(lua_State *L)
{
  return start_later(L, 2, delay_arg(L, 1), true);
}

int mlua_timer_after(lua_State *L)
{
  return start_later(L, 2, delay_arg(L, 1), false);
}

static int now(lua_State *L)
{
  lua_pushnumber(L, (lua_Number)msip_ua_now(engine_here(L)->ua) / 1000);
  return 1;
}

void mlua_set_timers(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"sleep", sleep_task}, {"spawn", spawn_task}, {"after", start_after},
      {"now", now},          {NULL, NULL},
  };
  static const luaL_Reg methods[] = {{"cancel", cancel_timer}, {NULL, NULL}};

  if (luaL_newmetatable(L, TIMER_CLASS)) {
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
}
