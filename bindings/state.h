/* bindings/state.h -- what all engines of one lua_State share: who runs, the
 * watchdog, the count of Lua's memory.
 */
#pragma once

#include "mlua.h"
#include "watchdog.h"

/* An allocator around the state's own: counts, and refuses scripts (never the
 * engine) what lies beyond the limit. */
struct mlua_memory {
  lua_Alloc inner;
  void *inner_arg;
  size_t used;
  size_t limit;
  bool guarded; /* script code runs */
};

struct mlua_state {
  struct mlua_engine *running; /* whose code runs, or NULL */
  struct mlua_engine *latest;  /* the last one made, or NULL */
  struct mlua_memory *memory;
  struct mlua_watchdog watchdog;
};

/* Made on first use. */
struct mlua_state *mlua_state_of(lua_State *L);
/* Installs the counting allocator. */
struct mlua_memory *mlua_memory_new(lua_State *L);
/* Puts the state's own allocator back. */
void mlua_memory_free(lua_State *L, struct mlua_memory *memory);

/* Script code begins to run on `co`, and ends: they nest. */
struct mlua_running {
  struct mlua_engine *engine;
  lua_State *co;
  bool guarded;
};
struct mlua_running mlua_script_enter(struct mlua_engine *engine,
                                      lua_State *co);
void mlua_script_leave(struct mlua_engine *engine, struct mlua_running before);
