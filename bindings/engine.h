/* bindings/engine.h -- making and ending a moonsip.Engine.
 *
 *   engine = mlua_engine_new(L);              pushes it, inert
 *   mlua_engine_configure(L, engine, 1);      reads the options table
 *   err = mlua_generation_first(engine);      loads the script
 *   engine->ua = ...;                         a host's, or a simulation's
 *   mlua_engine_attach(engine);               tells the ua what scripts serve
 *   mlua_engine_begin(engine);                on_start, once
 *   mlua_engine_end(engine);                  on_stop, tasks closed
 *   free the ua or host;                      boxes are emptied
 *   mlua_engine_detach(engine);               ua and host are NULL again
 */
#pragma once

#include "mlua.h"

#define MLUA_ENGINE_CLASS "moonsip.Engine"

/* Pushes an engine without a ua: default settings, no script. */
struct mlua_engine *mlua_engine_new(lua_State *L);
/* The engine at `arg`; raises when it is none. */
struct mlua_engine *mlua_engine_check(lua_State *L, int arg);

/* What the engine's userdata carries. */
enum {
  MLUA_ENGINE_SLOTS = 1, /* name to slot of live delegates; weak */
  MLUA_ENGINE_NAMES,     /* exported table to its name; weak */
  MLUA_ENGINE_SETTINGS,  /* settings of the options, or nil */
  MLUA_ENGINE_LOG,       /* log function of the options, or nil */
  MLUA_ENGINE_INLINE,    /* delegate of the options, or nil */
  MLUA_ENGINE_CODE,      /* the current generation */
  MLUA_ENGINE_VALUES = MLUA_ENGINE_CODE
};
/* Pushes the engine's userdata; nil once it is collected. */
void mlua_engine_push(lua_State *L, struct mlua_engine *engine);
/* Pushes one of its values: false, with nothing pushed, when it is collected.
 */
bool mlua_engine_push_value(lua_State *L, struct mlua_engine *engine, int n);
/* Takes the value on top. */
void mlua_engine_set_value(lua_State *L, struct mlua_engine *engine, int n);

/* Reads script, delegate, settings, log, log_level and log_format from the
 * table at `index`; raises the author's mistakes, unknown names too.  `more`
 * are further names the caller reads itself. */
void mlua_engine_configure(lua_State *L, struct mlua_engine *engine, int index,
                           const char *const *more, unsigned more_count);
/* engine->ua is there now. */
void mlua_engine_attach(struct mlua_engine *engine);
/* Calls on_start, at the first time only. */
void mlua_engine_begin(struct mlua_engine *engine);
/* Calls on_stop when on_start was due, closes every task. */
void mlua_engine_end(struct mlua_engine *engine);
/* The ua is gone. */
void mlua_engine_detach(struct mlua_engine *engine);
/* All of that for an engine with a host; harmless when it is closed. */
void mlua_engine_close(struct mlua_engine *engine);
void mlua_push_engine_methods(lua_State *L);
/* Pushes the table of engine:status(). */
void mlua_engine_push_status(lua_State *L, struct mlua_engine *engine);

/* sip.engine(options), and sip.engine(): the engine this code runs in. */
int mlua_engine_make(lua_State *L);
/* sip.check(path) */
int mlua_check_file(lua_State *L);

/* Where lines go that no `log` function of the options takes: standard error.
 * `arg` is the engine. */
void mlua_log_write(void *engine, enum msip_level level,
                    struct msip_str call_id, struct msip_str text);
/* Script error in the task's words: one line, counted. */
void mlua_log_script_error(struct mlua_engine *engine, struct msip_str call_id,
                           const char *message, const char *traceback);
/* Forgets requests that were to be abandoned: the ua is gone. */
void mlua_orphans_fini(struct mlua_engine *engine);
