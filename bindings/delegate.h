/* bindings/delegate.h -- delegates that follow a reload.
 *
 * A delegate that is an exported table of the script (script.call) is kept by
 * its name; looking it up gives the current generation's table of that name.
 * Any other table is kept as it is, with the generation that made it.
 */
#pragma once

#include "mlua.h"

/* Turns the table (or nil) at `index` into what is stored, and pushes that. */
void mlua_delegate_pack(lua_State *L, struct mlua_engine *engine, int index);
/* Whether the stored value at `stored` stands for the exported table at `index`
 * already. */
bool mlua_delegate_is(lua_State *L, int stored, int index);
/* Pushes the delegate table behind the stored value at `index`, or nil.  A name
 * that the current generation does not export any more gives the table of the
 * last generation that did, with one warning in the log. */
void mlua_delegate_unpack(lua_State *L, struct mlua_engine *engine, int index);
/* Pushes the callback `name` of the delegate in user value `n` of `box`:
 * true, or false with nothing pushed. */
bool mlua_delegate_find(lua_State *L, struct mlua_engine *engine,
                        struct mlua_box *box, int n, const char *name);

/* A new generation takes over: names its exported tables, moves live calls to
 * them.  `script` is the index of its core delegate. */
void mlua_delegate_swap(lua_State *L, struct mlua_engine *engine, int script);
void mlua_delegate_name(lua_State *L, struct mlua_engine *engine, int script);
