/* bindings/generation.h -- one loaded version of the script.
 *
 * A generation has its own environment and its own modules; it is built beside
 * the current one and swapped in only when all of it is right.  Live calls hold
 * delegates by name (a slot), and the swap moves every slot to the new table of
 * that name.  The record lives as long as something of its code does.
 */
#pragma once

#include "mlua.h"

enum { MLUA_GENERATION_FILES = 256 };

/* A userdata.  User values: the core delegate, the environment.  The
 * environment's metatable holds the userdata, so it lives while any function of
 * the generation does. */
struct mlua_generation {
  struct msip_link_node node; /* in engine->generations */
  struct mlua_engine *engine; /* NULL once that is gone */
  uint64_t number;            /* 1 is the first; 0 until it took over */
  uint64_t load;              /* which of engine->loads made it */
  char **files;               /* the script and its modules */
  unsigned file_count;
};

/* Adds a file to the list; raises when there are too many. */
void mlua_generation_add_file(lua_State *L, struct mlua_generation *g,
                              const char *path);

/* Loads engine->script, or takes the options' delegate table, as the first
 * generation.  0, or MSIP_ESCRIPT with a sentence in
 * engine->last_error. */
int mlua_generation_first(struct mlua_engine *engine);
/* One reload: swaps, then calls on_reload.  0, or MSIP_ESCRIPT: nothing
 * changed, logged and counted, the sentence is in engine->last_error. */
int mlua_generation_reload(struct mlua_engine *engine);
/* Loads and checks engine->script, then forgets it again. */
int mlua_generation_check(struct mlua_engine *engine);
/* Drops the current generation. */
void mlua_generation_fini(struct mlua_engine *engine);

/* Pushes the current core delegate: true, or false with nothing pushed. */
bool mlua_generation_push_script(lua_State *L, struct mlua_engine *engine);
/* Pushes the callback `name` of the core delegate: true, or false with nothing
 * pushed. */
bool mlua_generation_find(lua_State *L, struct mlua_engine *engine,
                          const char *name);
/* Tells the ua which methods have callbacks. */
void mlua_generation_served(struct mlua_engine *engine);
/* Has the host watch the script's files; after each load by itself. */
void mlua_generation_watch(struct mlua_engine *engine);
/* How many something still holds. */
unsigned mlua_generation_count(const struct mlua_engine *engine);
