/* bindings/task.h -- a delegate call as a coroutine from a pool.
 *
 * A task may wait (sip.sleep, wait()); then C keeps its thread and whoever
 * wakes it pushes the results onto that thread and resumes it.  A task belongs
 * to the call that started it: when the call ends, a waiting task is closed and
 * its <close> variables run.
 */
#pragma once

#include "mlua.h"

struct msip_wake;

struct mlua_task {
  struct msip_link_node node; /* in engine->tasks */
  struct msip_link_node
      owner; /* in the list of its session's waits, or alone */
  struct mlua_engine *engine;
  struct mlua_generation *generation; /* counted: the code it runs */
  lua_State *co;
  int ref;                  /* registry anchor of `co` */
  struct mlua_box *request; /* answered 500 when the task fails; may be NULL */
  struct mlua_box *session; /* owner of its waits; may be NULL */
  struct msip_wake wake;    /* for sleep */
  bool parked;
  /* Called once when a parked task is closed instead of resumed; may be NULL */
  void (*on_close)(struct mlua_task *task, void *arg);
  void *close_arg;
};

/* Starts a task: takes the function and `nargs` arguments on top of engine->L.
 * `request` and `session` are anchored boxes or NULL.  Runs until the first
 * wait.  MSIP_ESCRIPT when it raised (logged, request answered 500). */
int mlua_task_start(struct mlua_engine *engine, int nargs,
                    struct mlua_box *request, struct mlua_box *session);
/* The task this code runs in; raises "cannot wait here" outside of one. */
struct mlua_task *mlua_task_current(lua_State *L);
/* `return mlua_task_park(L);` as the last act of a waiting function. */
int mlua_task_park(lua_State *L);
/* Resumes a parked task with the `nargs` values on top of task->co. */
void mlua_task_resume(struct mlua_task *task, int nargs);
/* Closes a parked task: <close> variables run, on_close is called. */
void mlua_task_close(struct mlua_task *task);
/* The session or request behind this box is over: closes its parked tasks. */
void mlua_tasks_of_box_close(struct mlua_engine *engine, struct mlua_box *box);
