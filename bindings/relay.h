/* bindings/relay.h -- moonsip.relay.core: what bindings/lua/moonsip/proxy.lua
 * needs to send a request on.  Scripts never see it. */
#pragma once

#include "mlua.h"

/* Pushes the module. */
int mlua_open_relay(lua_State *L);
/* A branch got a response, or failed with `err`. */
void mlua_relay_result(lua_State *L, struct msip_outgoing *outgoing,
                       struct msip_msg *message, int err);
