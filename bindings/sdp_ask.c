#include "sdp_terms.h"

#include <lauxlib.h>

#include "sdp_value.h"

/* The script may touch the description while it is asked, so the tree is
 * looked at afresh each time. */
static void ask_formats(lua_State *L, const struct msip_sdp *sdp,
                        uint32_t index, int function, int stream,
                        struct msip_payloads *payloads)
{
  for (unsigned payload = 0; payload < 128; payload++) {
    struct msip_codec codec;

    if (!msip_payloads_has(payloads, payload))
      continue;
    if (!msip_sdp_codec(&codec, sdp, &sdp->media[index], payload)) {
      msip_payloads_drop(payloads, payload);
      continue;
    }
    lua_pushvalue(L, function);
    mlua_sdp_push_codec(L, &codec, payload);
    lua_pushvalue(L, stream);
    lua_call(L, 2, 1);
    if (!lua_toboolean(L, -1))
      msip_payloads_drop(payloads, payload);
    lua_pop(L, 1);
  }
}

static uint16_t ask_port(lua_State *L, int function, int stream)
{
  lua_Integer port;
  int is_integer;

  lua_pushvalue(L, function);
  lua_pushvalue(L, stream);
  lua_call(L, 1, 1);
  port = lua_tointegerx(L, -1, &is_integer);
  if (!is_integer || port < 0 || port > 65535)
    luaL_error(L, "option 'port': the function must return a port number");
  lua_pop(L, 1);
  return (uint16_t)port;
}

const struct msip_sdp_choice *mlua_sdp_ask(lua_State *L,
                                           const struct msip_sdp *sdp,
                                           const struct msip_sdp_terms *terms,
                                           const struct mlua_sdp_asks *asks)
{
  uint32_t count = sdp->media_count;
  struct msip_sdp_choice *choices =
      lua_newuserdatauv(L, (count + 1) * sizeof *choices, 0);

  luaL_checkstack(L, 12, NULL);
  for (uint32_t i = 0; i < count; i++)
    msip_sdp_choose(&choices[i], sdp, i, terms);
  for (uint32_t i = 0; i < count; i++) {
    if (msip_payloads_empty(&choices[i].payloads) || choices[i].port == 0)
      continue;
    mlua_sdp_push_stream(L, sdp, i);
    if (asks->formats)
      ask_formats(L, sdp, i, asks->formats, lua_gettop(L),
                  &choices[i].payloads);
    if (asks->port && !msip_payloads_empty(&choices[i].payloads))
      choices[i].port = ask_port(L, asks->port, lua_gettop(L));
    lua_pop(L, 1);
  }
  return choices;
}
