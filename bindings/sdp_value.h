/* bindings/sdp_value.h -- parts of a description as Lua tables. */
#pragma once

#include <lua.h>

#include "sdp/codec.h"

/* One stream: { index =, type =, port =, port_count =, proto =, formats =,
 * direction =, connection =, attributes = } */
void mlua_sdp_push_stream(lua_State *L, const struct msip_sdp *sdp,
                          uint32_t index);
/* The list of all streams. */
void mlua_sdp_push_media(lua_State *L, const struct msip_sdp *sdp);
/* { username =, session_id =, version =, address = } */
void mlua_sdp_push_origin(lua_State *L, const struct msip_sdp *sdp);
/* The values of the a= lines from `first` up to but not including `end`. */
void mlua_sdp_push_attributes(lua_State *L, const struct msip_sdp *sdp,
                              uint32_t first, uint32_t end);
/* { name =, rate =, payload =, channels = } */
void mlua_sdp_push_codec(lua_State *L, const struct msip_codec *codec,
                         unsigned payload);
/* An integer while it fits, else the digits as text. */
void mlua_sdp_push_number(lua_State *L, struct msip_str digits);
