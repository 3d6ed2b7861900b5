/* bindings/embedded.h -- the Lua modules inside the binary and the module;
 * tools/embed.lua writes the table from bindings/lua/moonsip. */
#pragma once

#include <stddef.h>

struct mlua_embedded {
  const char *name; /* "moonsip.sim"; NULL ends the table */
  const char *chunk_name;
  const char *text;
  size_t len;
};

extern const struct mlua_embedded mlua_embedded_modules[];
