#include "pooled.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Dead boxes hold messages that Lua does not count: its collector's next turn
 * comes when memory has grown by half, not when it has doubled. */
enum { SMALL = 1024, PAUSE = 150 };

static void *take(struct msip_pool *pool, size_t size)
{
  return size <= SMALL ? msip_pool_take(pool, size) : malloc(size);
}

static void give(struct msip_pool *pool, void *block, size_t size)
{
  if (size <= SMALL)
    msip_pool_give(pool, block, size);
  else
    free(block);
}

static void *allocate(void *arg, void *block, size_t old_size, size_t size)
{
  struct msip_pool *pool = arg;
  void *moved;

  if (size == 0) {
    if (block)
      give(pool, block, old_size);
    return NULL;
  }
  if (!block)
    return take(pool, size);
  if (old_size > SMALL && size > SMALL)
    return realloc(block, size);
  moved = take(pool, size);
  if (!moved) /* shrinking must not fail; a block may serve a smaller class */
    return size < old_size ? block : NULL;
  memcpy(moved, block, old_size < size ? old_size : size);
  give(pool, block, old_size);
  return moved;
}

/* An error outside every protected call; Lua aborts next. */
static int panic(lua_State *L)
{
  const char *text = lua_tostring(L, -1);

  fprintf(stderr, "moonsip: unprotected error in Lua: %s\n",
          text ? text : "(not a text)");
  return 0;
}

lua_State *mlua_pooled_state(struct msip_pool *pool)
{
  lua_State *L = lua_newstate(allocate, pool);

  if (!L)
    return NULL;
  lua_atpanic(L, panic);
  lua_gc(L, LUA_GCSETPAUSE, PAUSE);
  return L;
}
