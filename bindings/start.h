/* bindings/start.h -- requests that scripts send. */
#pragma once

#include "box.h"
#include "reply_args.h"

/* Adds invite, message, options, ... to the table of engine methods on top. */
void mlua_set_start_methods(lua_State *L);

/* session:replaces(early_only?) -> text | nil, err */
int mlua_session_replaces(lua_State *L);

/* What an engine function about a request of ours said: the request is pushed,
 * with the delegate of the options, or nil and the error; the author's mistakes
 * are raised. */
int mlua_outgoing_or_fail(lua_State *L, struct mlua_engine *engine,
                          struct msip_outgoing *out, int err,
                          const struct mlua_reply_args *args,
                          const char *method);
