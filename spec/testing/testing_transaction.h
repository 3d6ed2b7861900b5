/* spec/testing/testing_transaction.h -- what the files that show
 * transactions and transport share. */
#pragma once

#include "testing.h"

#include "base/err.h"
#include "message/msg.h"
#include "transaction/fx.h"

#include <stdbool.h>

/* nil, message, code */
static inline int testing_error(lua_State *L, int err)
{
  lua_pushnil(L);
  lua_pushstring(L, msip_err_text(err));
  lua_pushstring(L, msip_err_name(err));
  return 3;
}

/* Fields of the table at `arg`, which may be missing. */
static inline uint32_t testing_number(lua_State *L, int arg, const char *key,
                                      uint32_t standard)
{
  uint32_t number = standard;

  if (lua_istable(L, arg)) {
    if (lua_getfield(L, arg, key) != LUA_TNIL)
      number = (uint32_t)luaL_checkinteger(L, -1);
    lua_pop(L, 1);
  }
  return number;
}

static inline bool testing_flag(lua_State *L, int arg, const char *key)
{
  bool flag = false;

  if (lua_istable(L, arg)) {
    lua_getfield(L, arg, key);
    flag = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
  }
  return flag;
}

static inline struct msip_txn_timers testing_timers(lua_State *L, int arg)
{
  return (struct msip_txn_timers){
      .t1 = testing_number(L, arg, "t1", 500),
      .t2 = testing_number(L, arg, "t2", 4000),
      .t4 = testing_number(L, arg, "t4", 5000),
  };
}

/* testing_machine.c: sets ict, nict, ist and nist into the table on top. */
void testing_open_machine(lua_State *L);

/* testing_transport.c: sets reply_route into the table on top. */
void testing_open_transport(lua_State *L);

/* { transport = "UDP", address = "192.0.2.1", port = 5060, link = 7 } */
struct msip_flow testing_flow_arg(lua_State *L, int arg);
/* "UDP 192.0.2.1:5060" */
void testing_push_flow(lua_State *L, const struct msip_flow *flow);

/* A message on the C stack of the caller. */
enum { TESTING_ROWS = 64 };
struct testing_parsed {
  struct msip_msg m;
  struct msip_header rows[TESTING_ROWS];
};

/* The text at `arg`, come by the flow at `flow_at`.  Raises for no message. */
const struct msip_msg *testing_parse_arg(lua_State *L, struct testing_parsed *p,
                                         int arg, int flow_at, msip_time now);
