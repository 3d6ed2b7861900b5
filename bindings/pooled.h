/* bindings/pooled.h -- a Lua state of our own, whose small objects come from a
 * pool: a call makes and drops two dozen of them. */
#pragma once

#include <lua.h>

#include "base/pool.h"

/* What luaL_newstate makes, but for the allocator and for warn(), which says
 * nothing.  `pool` is empty and outlives the state.  NULL: memory is out. */
lua_State *mlua_pooled_state(struct msip_pool *pool);
