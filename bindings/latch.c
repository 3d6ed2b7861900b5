/* moonsip.latch: for modules of the library, a task waits until others have
 * done their part.  What they found out they leave in tables of their own. */
#include "task.h"
#include "ua/wake.h"

#define LATCH_CLASS "moonsip.latch"

struct latch {
  struct msip_link_node waiters;
  bool open;
};

/* Lies on the stack of the task, below the frame that yielded. */
struct waiter {
  struct msip_link_node node;
  struct mlua_task *task;
};

static struct latch *check(lua_State *L)
{
  luaL_getmetatable(L, LATCH_CLASS);
  if (!lua_getmetatable(L, 1) || !lua_rawequal(L, -1, -2))
    luaL_typeerror(L, 1, LATCH_CLASS);
  lua_pop(L, 2);
  return lua_touserdata(L, 1);
}

static int make(lua_State *L)
{
  struct latch *latch = lua_newuserdatauv(L, sizeof *latch, 0);

  msip_list_init(&latch->waiters);
  latch->open = false;
  luaL_setmetatable(L, LATCH_CLASS);
  return 1;
}

/* The task of a waiter was closed. */
static void left(struct mlua_task *task, void *arg)
{
  (void)task;
  msip_list_del(&((struct waiter *)arg)->node);
}

/* latch:wait() */
static int wait(lua_State *L)
{
  struct latch *latch = check(L);
  struct mlua_task *task;
  struct waiter *waiter;

  if (latch->open)
    return 0;
  task = mlua_task_current(L);
  waiter = lua_newuserdatauv(L, sizeof *waiter, 0);
  waiter->task = task;
  msip_list_add(&latch->waiters, &waiter->node);
  task->on_close = left;
  task->close_arg = waiter;
  return mlua_task_park(L);
}

/* latch:open(): who waits goes on when the engine is at rest. */
static int open(lua_State *L)
{
  struct latch *latch = check(L);
  struct msip_link_node *node;

  latch->open = true;
  while ((node = msip_list_take(&latch->waiters))) {
    struct waiter *waiter = MSIP_CONTAINER(node, struct waiter, node);

    waiter->task->on_close = NULL;
    msip_wake_now(&waiter->task->wake);
  }
  return 0;
}

int mlua_open_latch(lua_State *L)
{
  static const luaL_Reg methods[] = {
      {"wait", wait}, {"open", open}, {NULL, NULL}};

  if (luaL_newmetatable(L, LATCH_CLASS)) {
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
  lua_pushcfunction(L, make);
  return 1;
}
