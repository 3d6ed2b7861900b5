#include "testing.h"

#include <lauxlib.h>

struct msip_pool testing_pool;

__attribute__((visibility("default"))) int
luaopen_moonsip_testing(lua_State *L);

/* Weak, so that a tree with some layers only still links. */
#pragma weak testing_open_base
#pragma weak testing_open_auth
#pragma weak testing_open_uri
#pragma weak testing_open_message
#pragma weak testing_open_sdp
#pragma weak testing_open_timer
#pragma weak testing_open_transaction
#pragma weak testing_open_dialog
#pragma weak testing_open_settings
#pragma weak testing_open_net
#pragma weak testing_open_event
#pragma weak testing_open_forward

/* testing.pool() -> { live_count =, live_bytes =, held_bytes = } */
static int pool_state(lua_State *L)
{
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, (lua_Integer)testing_pool.live_count);
  lua_setfield(L, -2, "live_count");
  lua_pushinteger(L, (lua_Integer)testing_pool.live_bytes);
  lua_setfield(L, -2, "live_bytes");
  lua_pushinteger(L, (lua_Integer)testing_pool.held_bytes);
  lua_setfield(L, -2, "held_bytes");
  return 1;
}

/* testing.fail_after(n): the n-th allocation from now fails; 0 never. */
static int fail_after(lua_State *L)
{
  testing_pool.fail_after = (uint64_t)luaL_checkinteger(L, 1);
  return 0;
}

int luaopen_moonsip_testing(lua_State *L)
{
  static void (*const open[])(lua_State *) = {
      testing_open_base,   testing_open_uri,      testing_open_message,
      testing_open_sdp,    testing_open_timer,    testing_open_transaction,
      testing_open_dialog, testing_open_settings, testing_open_net,
      testing_open_event,  testing_open_auth,     testing_open_forward,
  };

  if (!testing_pool.held_bytes)
    msip_pool_init(&testing_pool);
  lua_newtable(L);
  lua_pushcfunction(L, pool_state);
  lua_setfield(L, -2, "pool");
  lua_pushcfunction(L, fail_after);
  lua_setfield(L, -2, "fail_after");
  for (size_t i = 0; i < sizeof open / sizeof *open; i++)
    if (open[i])
      open[i](L);
  return 1;
}
