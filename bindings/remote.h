/* bindings/remote.h -- the commands that need no Lua: those that ask a running
 * engine, and `settings`.  Both return the exit status. */
#pragma once

#include "cli.h"

int mlua_remote(const struct mlua_cli *cli);
int mlua_print_settings(void);
