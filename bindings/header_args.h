/* bindings/header_args.h -- the option extra_headers.
 *
 * A list of "Name: value" strings, or a map from names to a value or a list of
 * values.  A map is written sorted by name, so that equal tables give equal
 * messages.
 */
#pragma once

#include "reply_args.h"

/* Reads the table at `index` into out->reply.headers; the text borrows from it
 * and from values left on the stack. */
void mlua_header_args(lua_State *L, int index, struct mlua_reply_args *out);
