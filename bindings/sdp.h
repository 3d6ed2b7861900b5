/* bindings/sdp.h -- the Lua module sip.sdp. */
#pragma once

#include <lua.h>

/* Pushes the table `sdp`: parse, answer, offer.  Returns 1. */
int mlua_open_sdp(lua_State *L);
