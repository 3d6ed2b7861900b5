#include "testing.h"

#include "timer/wheel.h"

#define WHEEL_NAME "testing.wheel"

enum { TIMERS = 256 };

/* A wheel with timers that scripts know by number, 1 to TIMERS. */
struct wheel_box {
  struct msip_wheel wheel;
  struct msip_timer timer[TIMERS];
};

static void no_fire(struct msip_timer *timer, void *arg, msip_time now)
{
  (void)timer;
  (void)arg;
  (void)now;
}

static struct wheel_box *box_arg(lua_State *L)
{
  return luaL_checkudata(L, 1, WHEEL_NAME);
}

static struct msip_timer *timer_arg(lua_State *L, struct wheel_box *box)
{
  lua_Integer number = luaL_checkinteger(L, 2);

  luaL_argcheck(L, 1 <= number && number <= TIMERS, 2, "no such timer");
  return &box->timer[number - 1];
}

/* testing.wheel(now) -> wheel */
static int wheel_new(lua_State *L)
{
  msip_time now = (msip_time)luaL_optinteger(L, 1, 0);
  struct wheel_box *box = lua_newuserdatauv(L, sizeof *box, 0);

  msip_wheel_init(&box->wheel, now);
  for (int i = 0; i < TIMERS; i++)
    msip_timer_init(&box->timer[i], no_fire);
  luaL_setmetatable(L, WHEEL_NAME);
  return 1;
}

/* wheel:arm(number, due) */
static int wheel_arm(lua_State *L)
{
  struct wheel_box *box = box_arg(L);
  struct msip_timer *timer = timer_arg(L, box);

  msip_timer_arm(&box->wheel, timer, (msip_time)luaL_checkinteger(L, 3));
  return 0;
}

/* wheel:stop(number) */
static int wheel_stop(lua_State *L)
{
  struct wheel_box *box = box_arg(L);

  msip_timer_stop(&box->wheel, timer_arg(L, box));
  return 0;
}

/* wheel:is_armed(number) -> boolean */
static int wheel_is_armed(lua_State *L)
{
  struct wheel_box *box = box_arg(L);

  lua_pushboolean(L, msip_timer_is_armed(timer_arg(L, box)));
  return 1;
}

/* wheel:pop(now) -> number, due | nil */
static int wheel_pop(lua_State *L)
{
  struct wheel_box *box = box_arg(L);
  struct msip_timer *timer =
      msip_wheel_pop(&box->wheel, (msip_time)luaL_checkinteger(L, 2));

  if (!timer)
    return 0;
  lua_pushinteger(L, timer - box->timer + 1);
  lua_pushinteger(L, (lua_Integer)timer->due);
  return 2;
}

/* wheel:next() -> moment | nil */
static int wheel_next(lua_State *L)
{
  msip_time next = msip_wheel_next(&box_arg(L)->wheel);

  if (next == MSIP_NEVER)
    return 0;
  lua_pushinteger(L, (lua_Integer)next);
  return 1;
}

/* wheel:count() -> armed timers */
static int wheel_count(lua_State *L)
{
  lua_pushinteger(L, box_arg(L)->wheel.count);
  return 1;
}

void testing_open_timer(lua_State *L)
{
  static const luaL_Reg methods[] = {
      {"arm", wheel_arm}, {"stop", wheel_stop}, {"is_armed", wheel_is_armed},
      {"pop", wheel_pop}, {"next", wheel_next}, {"count", wheel_count},
      {NULL, NULL},
  };

  luaL_newmetatable(L, WHEEL_NAME);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  lua_pushcfunction(L, wheel_new);
  lua_setfield(L, -2, "wheel");
}
