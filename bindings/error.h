/* bindings/error.h -- what scripts get when an operation fails.
 *
 * nil and a table { code = "ESTATE", message = "..." } that prints well.  What
 * only the script's author can cause is raised instead, with luaL_error.
 */
#pragma once

#include <lua.h>

#include "base/err.h"

/* Pushes the error table.  `message` NULL gives the standard text of `err`. */
void mlua_push_error(lua_State *L, int err, const char *message);

/* Pushes nil and the error table; returns 2, so that a function of the API
 * ends in `return mlua_fail(L, err, NULL)`. */
int mlua_fail(lua_State *L, int err, const char *message);

/* The same for a parser that gave up: "port expected at byte 12".  A fault
 * without a text gives the standard one. */
int mlua_fail_at(lua_State *L, int err, const struct msip_fault *fault);

/* Raises "not enough memory" for memory that is not Lua's. */
_Noreturn void mlua_raise_nomem(lua_State *L);
