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
  struct msip_link_node node;  /* in engine->tasks, or engine->idle */
  struct msip_link_node owner; /* ring of the waits of `owned_by` */
  struct mlua_box *owned_by;   /* while parked; NULL: nobody */
  struct mlua_engine *engine;
  lua_State *co;
  int ref;                  /* registry anchor of `co` */
  uint64_t serial;          /* tells one use of this memory from the next */
  struct mlua_box *request; /* answered 500 when the task fails; may be NULL */
  struct mlua_box *session; /* owner of its waits; may be NULL */
  struct msip_wake wake;    /* for sleep */
  int nargs;                /* of a task that has not begun */
  bool parked;
  bool begun;
  /* Called once when a parked task is closed instead of resumed; may be NULL */
  void (*on_close)(struct mlua_task *task, void *arg);
  void *close_arg;
};

/* Starts a task: takes the function and `nargs` arguments on top of engine->L.
 * `request` and `session` are boxes or NULL; the task keeps them alive.  Runs
 * until the first wait.  MSIP_ESCRIPT when it raised (logged, request answered
 * 500); MSIP_ETOOBIG beyond limits.tasks, MSIP_ENOMEM: nothing ran. */
int mlua_task_start(struct mlua_engine *engine, int nargs,
                    struct mlua_box *request, struct mlua_box *session);
/* The same after `delay` milliseconds, for the function and arguments on top of
 * `L`; belongs to whom `owner` belongs to, NULL: nobody.  NULL beyond
 * limits.tasks. */
struct mlua_task *mlua_task_later(lua_State *L, struct mlua_engine *engine,
                                  int nargs, msip_time delay,
                                  const struct mlua_task *owner);
/* The task this code runs in; raises "cannot wait here" outside of one. */
struct mlua_task *mlua_task_current(lua_State *L);
/* `return mlua_task_park(L);` as the last act of a waiting function. */
int mlua_task_park(lua_State *L);
/* Resumes a parked task with the `nargs` values on top of task->co. */
void mlua_task_resume(struct mlua_task *task, int nargs);
/* MSIP_EV_WAKE of a task's own wake. */
void mlua_task_wake(struct msip_wake *wake);
/* Closes a parked task: <close> variables run, on_close is called. */
void mlua_task_close(struct mlua_task *task);
/* The session or request behind this box is over: closes its parked tasks. */
void mlua_tasks_of_box_close(struct mlua_engine *engine, struct mlua_box *box);
/* The object behind `box` is about to be freed: waits of a request go over to
 * the call it made, others to nobody. */
void mlua_tasks_leave(struct mlua_box *box);
/* Closes every task and frees the pool of them. */
void mlua_tasks_fini(struct mlua_engine *engine);

/* A waiting coroutine yields this light userdata. */
void *mlua_task_sentinel(void);
/* The wait that the running task began cannot happen: takes it back. */
void mlua_task_unpark(struct mlua_task *task);
