#include "testing.h"

#include "base/err.h"
#include "dialog/subscribe.h"
#include "message/substate.h"

static struct msip_seconds seconds(lua_State *L, int arg)
{
  if (lua_isnoneornil(L, arg))
    return (struct msip_seconds){false, 0};
  return (struct msip_seconds){true, (uint32_t)luaL_checkinteger(L, arg)};
}

static int push_seconds(lua_State *L, struct msip_seconds s)
{
  if (s.given)
    lua_pushinteger(L, s.n);
  else
    lua_pushnil(L);
  return 1;
}

/* testing.substate(text) -> { kind, state, reason, expires, retry_after } */
static int substate(lua_State *L)
{
  static const char *const kinds[] = {"other", "pending", "active",
                                      "terminated"};
  struct msip_substate s;

  if (msip_substate_parse(&s, testing_str(L, 1)) != 0) {
    lua_pushnil(L);
    return 1;
  }
  lua_newtable(L);
  lua_pushstring(L, kinds[s.kind]);
  lua_setfield(L, -2, "kind");
  testing_field(L, "state", s.state);
  testing_field(L, "reason", s.reason);
  push_seconds(L, (struct msip_seconds){s.has_expires, s.expires});
  lua_setfield(L, -2, "expires");
  push_seconds(L, (struct msip_seconds){s.has_retry_after, s.retry_after});
  lua_setfield(L, -2, "retry_after");
  return 1;
}

/* testing.subscribe_grant(asked | nil, said | nil, usual) -> seconds */
static int subscribe_grant(lua_State *L)
{
  lua_pushinteger(L, msip_subscribe_grant(seconds(L, 1), seconds(L, 2),
                                          (uint32_t)luaL_checkinteger(L, 3)));
  return 1;
}

/* testing.subscribe_renewal(seconds) -> seconds until it is renewed */
static int subscribe_renewal(lua_State *L)
{
  lua_pushnumber(
      L,
      (double)msip_subscribe_renewal((uint32_t)luaL_checkinteger(L, 1)) / 1000);
  return 1;
}

/* testing.subscribe_again(reason, retry_after | nil) -> seconds | nil */
static int subscribe_again(lua_State *L)
{
  return push_seconds(L,
                      msip_subscribe_again(testing_str(L, 1), seconds(L, 2)));
}

/* testing.subscribe_ends(status) -> boolean */
static int subscribe_ends(lua_State *L)
{
  lua_pushboolean(L, msip_subscribe_ends((unsigned)luaL_checkinteger(L, 1)));
  return 1;
}

/* testing.sipfrag_status(body) -> status, 0 when it has none */
static int sipfrag_status(lua_State *L)
{
  lua_pushinteger(L, msip_sipfrag_status(testing_str(L, 1)));
  return 1;
}

void testing_open_event(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"substate", substate},
      {"subscribe_grant", subscribe_grant},
      {"subscribe_renewal", subscribe_renewal},
      {"subscribe_again", subscribe_again},
      {"subscribe_ends", subscribe_ends},
      {"sipfrag_status", sipfrag_status},
      {NULL, NULL},
  };

  luaL_setfuncs(L, functions, 0);
}
