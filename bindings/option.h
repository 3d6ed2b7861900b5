/* bindings/option.h -- reading a table of options.
 *
 * Everything wrong with one is the author's mistake and is raised, with the
 * option's name in the message.  What a reader returns is left on the stack,
 * which keeps borrowed text alive whatever happens to the table.
 */
#pragma once

#include <lua.h>

#include "base/str.h"

/* Raises unless `arg` is a table with no keys but those in `names`, which ends
 * in NULL; the error suggests the nearest name. */
void mlua_option_names(lua_State *L, int arg, const char *const names[]);

/* Each leaves the value on top and is false when it is nil. */
bool mlua_option_text(lua_State *L, int arg, const char *name,
                      struct msip_str *out);
bool mlua_option_integer(lua_State *L, int arg, const char *name,
                         lua_Integer min, lua_Integer max, lua_Integer *out);

/* Raises "option 'name': why". */
int mlua_option_error(lua_State *L, const char *name, const char *why);
/* Raises "option 'name': X expected, got Y" for the value on top. */
int mlua_option_type_error(lua_State *L, const char *name, const char *wanted);
