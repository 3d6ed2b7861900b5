/* spec/testing/testing.h -- the module moonsip_testing: what specs see of the
 * engine below its Lua API.  Each file registers its own functions. */
#pragma once

#include <lauxlib.h>
#include <lua.h>

#include "base/pool.h"
#include "base/rand.h"
#include "base/str.h"

/* One pool for all of the module. */
extern struct msip_pool testing_pool;

/* Argument `arg` as borrowed text; good while it stays on the stack. */
static inline struct msip_str testing_str(lua_State *L, int arg)
{
  size_t len;
  const char *at = luaL_checklstring(L, arg, &len);

  return msip_str_of(at, len);
}

static inline void testing_push(lua_State *L, struct msip_str s)
{
  lua_pushlstring(L, s.at, s.len);
}

/* Sets a field of the table on top of the stack. */
static inline void testing_field(lua_State *L, const char *key,
                                 struct msip_str s)
{
  lua_pushlstring(L, s.at, s.len);
  lua_setfield(L, -2, key);
}

/* Each sets its functions into the table on top of the stack. */
void testing_open_base(lua_State *L);
void testing_open_auth(lua_State *L);
void testing_open_uri(lua_State *L);
void testing_open_message(lua_State *L);
void testing_open_sdp(lua_State *L);
void testing_open_timer(lua_State *L);
void testing_open_transaction(lua_State *L);
void testing_open_dialog(lua_State *L);
void testing_open_settings(lua_State *L);
void testing_open_net(lua_State *L);
void testing_open_event(lua_State *L);
void testing_open_forward(lua_State *L);
