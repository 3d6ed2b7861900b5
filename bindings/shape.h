/* bindings/shape.h -- does this table look like a delegate? */
#pragma once

#include "mlua.h"

/* Raises unless the value at `index` is a core delegate: a table whose on_*
 * fields are functions with known names, its exported tables likewise. */
void mlua_check_script(lua_State *L, int index);
/* Fills `settings` with defaults, then the table of names and values at
 * `first`, then the one at `second`; each may be nil.  Raises what is wrong,
 * after freeing what was set. */
void mlua_read_settings(lua_State *L, struct msip_settings *settings, int first,
                        int second);
