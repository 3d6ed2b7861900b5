/* bindings/timers.h -- the parts of `sip` that concern time, and its log. */
#pragma once

#include "mlua.h"

/* Sets sleep, spawn, after and now into the table on top. */
void mlua_set_timers(lua_State *L);
/* sip.after(seconds, fn, ...) of a timer that belongs to no call. */
int mlua_timer_after(lua_State *L);
/* Pushes sip.log. */
void mlua_push_log(lua_State *L);
/* Writes what argument 2 says, and the fields of the table that argument 3 may
 * be, into `line`: escaped, cut to fit. */
void mlua_log_args(lua_State *L, char *line, size_t room);
