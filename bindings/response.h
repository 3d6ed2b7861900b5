/* bindings/response.h -- moonsip.Response: what accept, progress, redirect,
 * reject and trying return. */
#pragma once

#include "value.h"

/* Pushes one that is still empty; the engine's answer goes into ->bytes. */
struct mlua_value *mlua_response_new(lua_State *L, struct mlua_engine *engine);
/* Gives the response on top its session. */
void mlua_response_set_session(lua_State *L, struct mlua_engine *engine,
                               struct msip_session *session);
/* And its subscription. */
void mlua_response_set_subscription(lua_State *L, struct mlua_engine *engine,
                                    struct msip_subscription *sub);
