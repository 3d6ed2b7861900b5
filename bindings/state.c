#include "state.h"

/* Its address names the record in the registry. */
static const char registered;

static int close_state(lua_State *L)
{
  struct mlua_state *state = lua_touserdata(L, 1);

  mlua_watchdog_stop(&state->watchdog);
  mlua_memory_free(L, state->memory);
  state->memory = NULL;
  return 0;
}

static struct mlua_state *open_state(lua_State *L)
{
  struct mlua_state *state = lua_newuserdatauv(L, sizeof *state, 0);

  memset(state, 0, sizeof *state);
  state->memory = mlua_memory_new(L);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, close_state);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &registered);
  return state;
}

struct mlua_state *mlua_state_of(lua_State *L)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &registered);
  struct mlua_state *state = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return state ? state : open_state(L);
}

struct mlua_engine *mlua_engine_of(lua_State *L)
{
  struct mlua_state *state = mlua_state_of(L);

  return state->running ? state->running : state->latest;
}

struct mlua_running mlua_script_enter(struct mlua_engine *engine, lua_State *co)
{
  struct mlua_state *state = engine->state;
  struct mlua_running before = {
      .engine = state->running,
      .co =
          atomic_load_explicit(&state->watchdog.current, memory_order_relaxed),
  };

  state->running = engine;
  atomic_store_explicit(&state->watchdog.current, co, memory_order_relaxed);
  mlua_watchdog_enter(&state->watchdog);
  if (state->memory) {
    before.guarded = state->memory->guarded;
    state->memory->guarded = true;
  }
  return before;
}

void mlua_script_leave(struct mlua_engine *engine, struct mlua_running before)
{
  struct mlua_state *state = engine->state;

  mlua_watchdog_leave(&state->watchdog);
  state->running = before.engine;
  atomic_store_explicit(&state->watchdog.current, before.co,
                        memory_order_relaxed);
  if (state->memory)
    state->memory->guarded = before.guarded;
}
