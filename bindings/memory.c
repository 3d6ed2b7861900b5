#include <stdlib.h>

#include "state.h"

static void *counted(void *arg, void *block, size_t old_size, size_t new_size)
{
  struct mlua_memory *m = arg;
  size_t old = block ? old_size : 0; /* else it tells the kind of object */

  if (new_size > old && m->guarded && m->used + (new_size - old) > m->limit)
    return NULL;
  void *moved = m->inner(m->inner_arg, block, old_size, new_size);
  if (moved || new_size == 0)
    m->used += new_size - old;
  return moved;
}

struct mlua_memory *mlua_memory_new(lua_State *L)
{
  struct mlua_memory *m = calloc(1, sizeof *m);

  if (!m)
    return NULL;
  m->inner = lua_getallocf(L, &m->inner_arg);
  m->used =
      (size_t)lua_gc(L, LUA_GCCOUNT) * 1024 + (size_t)lua_gc(L, LUA_GCCOUNTB);
  m->limit = SIZE_MAX / 2;
  lua_setallocf(L, counted, m);
  return m;
}

void mlua_memory_free(lua_State *L, struct mlua_memory *m)
{
  if (!m)
    return;
  lua_setallocf(L, m->inner, m->inner_arg);
  free(m);
}
