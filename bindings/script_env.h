/* bindings/script_env.h -- what a script's environment has of its own: a
 * coroutine library that can wait, and a require that reloads. */
#pragma once

#include "mlua.h"

/* Pushes the scripts' coroutine library. */
void mlua_push_coroutine(lua_State *L);

/* Replaces the generation's userdata on top by a require for the environment at
 * `env`: modules found in the folder of the script are loaded into that
 * environment and kept with it, all others come from the state's require. */
void mlua_push_require(lua_State *L, int env, struct msip_str folder);

/* Pushes the compiled chunk of a file with the environment at `env`; adds the
 * file to the generation's list.  Raises with file:line and cause. */
void mlua_load_file(lua_State *L, struct mlua_generation *generation, int env,
                    const char *path);
