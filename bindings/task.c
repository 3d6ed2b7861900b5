#include "task.h"

#include <stdlib.h>

#include "box.h"
#include "engine.h"
#include "error.h"
#include "state.h"

enum { IDLE_MOST = 4096 };

static const char sentinel;

void *mlua_task_sentinel(void)
{
  return (void *)(uintptr_t)&sentinel;
}

/* --- the pool ----------------------------------------------------------- */

/* A coroutine anchored in the registry; raises when memory is out. */
static struct mlua_task *new_task(lua_State *L, struct mlua_engine *engine)
{
  lua_State *co = lua_newthread(L);
  int ref = luaL_ref(L, LUA_REGISTRYINDEX);
  struct mlua_task *task = calloc(1, sizeof *task);

  if (!task) {
    luaL_unref(L, LUA_REGISTRYINDEX, ref);
    mlua_raise_nomem(L);
  }
  task->engine = engine;
  task->co = co;
  task->ref = ref;
  msip_list_init(&task->node);
  msip_list_init(&task->owner);
  return task;
}

static struct mlua_task *take_task(lua_State *L, struct mlua_engine *engine)
{
  struct msip_link_node *node = msip_list_take(&engine->idle);
  struct mlua_task *task;

  if (node) {
    task = MSIP_CONTAINER(node, struct mlua_task, node);
    engine->idle_count--;
  } else {
    task = new_task(L, engine);
  }
  msip_wake_init(&task->wake, engine->ua);
  task->serial = ++engine->task_serial;
  msip_list_add(&engine->tasks, &task->node);
  engine->task_count++;
  return task;
}

static void free_task(struct mlua_task *task)
{
  luaL_unref(task->engine->L, LUA_REGISTRYINDEX, task->ref);
  free(task);
}

/* The stack of task->co is empty. */
static void give_task(struct mlua_task *task)
{
  struct mlua_engine *engine = task->engine;

  task->serial = 0;
  msip_list_del(&task->node);
  engine->task_count--;
  if (engine->idle_count >= IDLE_MOST) {
    free_task(task);
    return;
  }
  msip_list_add(&engine->idle, &task->node);
  engine->idle_count++;
}

void mlua_tasks_fini(struct mlua_engine *engine)
{
  struct msip_link_node *node;

  while ((node = msip_list_take(&engine->tasks)))
    mlua_task_close(MSIP_CONTAINER(node, struct mlua_task, node));
  while ((node = msip_list_take(&engine->idle)))
    free_task(MSIP_CONTAINER(node, struct mlua_task, node));
  engine->idle_count = 0;
}

/* --- whose waits they are ----------------------------------------------- */

static struct msip_session *session_of(const struct mlua_task *task)
{
  if (task->session && task->session->obj)
    return task->session->obj;
  if (task->request && task->request->obj)
    return msip_request_session(task->request->obj);
  return NULL;
}

/* The box whose end closes the task while it is parked.  A call that is over
 * owns nothing: a script may still wait while it tidies up. */
static struct mlua_box *owner_of(const struct mlua_task *task)
{
  struct msip_session *session = session_of(task);

  if (session) {
    if (msip_session_state(session) == MSIP_SESSION_TERMINATED)
      return NULL;
    if (!msip_session_box(session)) {
      mlua_push_session(task->engine->L, task->engine, session);
      lua_pop(task->engine->L, 1);
    }
    return msip_session_box(session);
  }
  if (task->request && task->request->obj &&
      !msip_request_is_cancelled(task->request->obj))
    return task->request;
  return NULL;
}

static void own(struct mlua_task *task, struct mlua_box *box)
{
  task->owned_by = box;
  if (!box)
    return;
  if (box->waits)
    msip_list_add(&box->waits->owner, &task->owner);
  else
    box->waits = task;
}

static void disown(struct mlua_task *task)
{
  struct mlua_box *box = task->owned_by;

  task->owned_by = NULL;
  if (!box)
    return;
  if (box->waits == task)
    box->waits =
        msip_list_empty(&task->owner)
            ? NULL
            : MSIP_CONTAINER(task->owner.next, struct mlua_task, owner);
  msip_list_del(&task->owner);
}

void mlua_tasks_leave(struct mlua_box *box)
{
  struct mlua_box *heir = NULL;

  if (!box->waits)
    return;
  if (box->cls == &mlua_request_class) {
    struct msip_session *session = msip_request_session(box->obj);
    if (session && msip_session_state(session) != MSIP_SESSION_TERMINATED)
      heir = msip_session_box(session);
  }
  while (box->waits) {
    struct mlua_task *task = box->waits;
    disown(task);
    own(task, heir);
  }
}

/* --- the end of a task -------------------------------------------------- */

static struct msip_str call_id_of(const struct mlua_task *task)
{
  if (task->request && task->request->obj)
    return msip_request_message(task->request->obj)->call_id;
  if (task->session && task->session->obj)
    return msip_session_call_id(task->session->obj);
  return MSIP_STR("");
}

static void forget_wait(struct mlua_task *task)
{
  void (*on_close)(struct mlua_task *, void *) = task->on_close;

  msip_wake_stop(&task->wake);
  task->on_close = NULL;
  if (on_close)
    on_close(task, task->close_arg);
}

void mlua_task_unpark(struct mlua_task *task)
{
  forget_wait(task);
}

/* Unwinds what is left on the coroutine; <close> variables run, and may not
 * wait. */
static int unwind(struct mlua_task *task)
{
  struct mlua_engine *engine = task->engine;
  struct mlua_watchdog *dog = &engine->state->watchdog;
  struct mlua_task *outer = engine->running;
  bool closing = dog->closing;

  mlua_watchdog_forgive(dog, task->co);
  struct mlua_running before = mlua_script_enter(engine, task->co);
  engine->running = NULL;
  dog->closing = true;
  int status = lua_resetthread(task->co);
  dog->closing = closing;
  engine->running = outer;
  mlua_script_leave(engine, before);
  return status;
}

struct failure {
  struct mlua_task *task;
  int status;
};

static int log_error(lua_State *L)
{
  const struct failure *failure = lua_touserdata(L, 1);
  struct mlua_task *task = failure->task;
  const char *message;

  lua_pushvalue(task->co, -1);
  lua_xmove(task->co, L, 1);
  message = luaL_tolstring(L, -1, NULL);
  if (failure->status == LUA_ERRMEM)
    message = lua_pushfstring(L, "%s: limits.script_memory is %d MiB", message,
                              (int)task->engine->settings.limit_script_memory);
  luaL_traceback(L, task->co, NULL, 0);
  mlua_log_script_error(task->engine, call_id_of(task), message,
                        lua_tostring(L, -1));
  return 0;
}

static void answer_failure(struct mlua_task *task)
{
  if (task->request && task->request->obj)
    msip_request_script_failed(task->request->obj);
}

static void overrun(struct mlua_task *task)
{
  struct mlua_engine *engine = task->engine;

  msip_ua_counters(engine->ua)->script_overruns++;
  msip_log(&engine->log, MSIP_LOG_ERROR, call_id_of(task),
           "script stopped: it ran longer than limits.script_time (%u ms)",
           engine->settings.limit_script_time);
}

/* `told`: the error that ended it was logged. */
static void finish(struct mlua_task *task, bool told)
{
  struct mlua_engine *engine = task->engine;
  struct msip_str call_id = call_id_of(task);

  forget_wait(task);
  if (unwind(task) != LUA_OK && !told)
    msip_log(&engine->log, MSIP_LOG_ERROR, call_id,
             "script error while a wait was closed: %s",
             lua_type(task->co, -1) == LUA_TSTRING ? lua_tostring(task->co, -1)
                                                   : "(not a text)");
  mlua_watchdog_forgive(&engine->state->watchdog, task->co);
  lua_settop(task->co, 0);
  give_task(task);
}

/* Raised with `status`: the error object is on top. */
static void fail(struct mlua_task *task, int status)
{
  struct mlua_engine *engine = task->engine;
  struct failure failure = {task, status};

  if (mlua_watchdog_overran(&engine->state->watchdog)) {
    overrun(task);
  } else {
    struct msip_counters *counters = msip_ua_counters(engine->ua);

    counters->script_errors++;
    if (status == LUA_ERRMEM)
      counters->script_out_of_memory++;
    mlua_enter(engine, log_error, &failure);
  }
  answer_failure(task);
  finish(task, true);
}

/* --- running ------------------------------------------------------------ */

static void park(struct mlua_task *task)
{
  task->parked = true;
  own(task, owner_of(task));
}

static int yielded(struct mlua_task *task, int count)
{
  lua_State *co = task->co;

  if (count == 1 && lua_touserdata(co, -1) == &sentinel) {
    lua_pop(co, 1);
    park(task);
    return 0;
  }
  if (mlua_watchdog_overran(&task->engine->state->watchdog)) {
    overrun(task);
    answer_failure(task);
    finish(task, false);
    return MSIP_ESCRIPT;
  }
  lua_pop(co, count);
  lua_pushliteral(co, "coroutine.yield with no coroutine of the script's own "
                      "around it: to wait, call sip.sleep or wait()");
  fail(task, LUA_ERRRUN);
  return MSIP_ESCRIPT;
}

static int run(struct mlua_task *task, int nargs)
{
  struct mlua_engine *engine = task->engine;
  struct mlua_task *outer = engine->running;
  struct mlua_running before = mlua_script_enter(engine, task->co);
  int count, status;

  engine->running = task;
  task->begun = true;
  status = lua_resume(task->co, engine->L, nargs, &count);
  engine->running = outer;
  mlua_script_leave(engine, before);
  if (status == LUA_YIELD)
    return yielded(task, count);
  if (status != LUA_OK) {
    fail(task, status);
    return MSIP_ESCRIPT;
  }
  if (mlua_watchdog_overran(&engine->state->watchdog))
    mlua_watchdog_forgive(&engine->state->watchdog, task->co);
  lua_settop(task->co, 0);
  give_task(task);
  return 0;
}

/* What a task keeps alive lies at the bottom of its coroutine. */
static void keep(struct mlua_task *task, struct mlua_box *box)
{
  if (!box)
    return;
  mlua_box_push(task->co, box);
}

static bool is_full(const struct mlua_engine *engine)
{
  return engine->task_count >= engine->settings.limit_tasks;
}

/* Moves the function and `nargs` arguments from `L` to a task's coroutine. */
static struct mlua_task *fill(lua_State *L, struct mlua_engine *engine,
                              int nargs, struct mlua_box *request,
                              struct mlua_box *session)
{
  struct mlua_task *task = take_task(L, engine);

  task->request = request && request->obj ? request : NULL;
  task->session = session && session->obj ? session : NULL;
  task->begun = false;
  task->parked = false;
  task->nargs = nargs;
  if (!lua_checkstack(task->co, nargs + 3)) {
    give_task(task);
    mlua_raise_nomem(L);
  }
  keep(task, task->request);
  keep(task, task->session);
  lua_xmove(L, task->co, nargs + 1);
  return task;
}

int mlua_task_start(struct mlua_engine *engine, int nargs,
                    struct mlua_box *request, struct mlua_box *session)
{
  if (is_full(engine)) {
    lua_pop(engine->L, nargs + 1);
    return MSIP_ETOOBIG;
  }
  return run(fill(engine->L, engine, nargs, request, session), nargs);
}

struct mlua_task *mlua_task_later(lua_State *L, struct mlua_engine *engine,
                                  int nargs, msip_time delay,
                                  const struct mlua_task *owner)
{
  if (is_full(engine))
    return NULL;
  struct mlua_task *task = fill(L, engine, nargs, owner ? owner->request : NULL,
                                owner ? owner->session : NULL);
  park(task);
  msip_wake_at(&task->wake, msip_ua_now(engine->ua) + delay);
  return task;
}

struct mlua_task *mlua_task_current(lua_State *L)
{
  struct mlua_state *state = mlua_state_of(L);
  struct mlua_task *task = state->running ? state->running->running : NULL;

  if (!task || !lua_isyieldable(L))
    luaL_error(L, "cannot wait here");
  return task;
}

int mlua_task_park(lua_State *L)
{
  lua_pushlightuserdata(L, mlua_task_sentinel());
  return lua_yield(L, 1);
}

void mlua_task_resume(struct mlua_task *task, int nargs)
{
  if (!task->parked)
    return;
  disown(task);
  task->parked = false;
  task->on_close = NULL;
  msip_wake_stop(&task->wake);
  run(task, task->begun ? nargs : task->nargs);
}

void mlua_task_wake(struct msip_wake *wake)
{
  mlua_task_resume(MSIP_CONTAINER(wake, struct mlua_task, wake), 0);
}

void mlua_task_close(struct mlua_task *task)
{
  if (!task->parked)
    return;
  disown(task);
  task->parked = false;
  finish(task, false);
}

/* A parked task of `box`, of any request when `request` is NULL. */
static struct mlua_task *next_of(struct mlua_box *box,
                                 const struct mlua_box *request)
{
  struct mlua_task *first = box->waits, *task = first;

  if (!first)
    return NULL;
  do {
    if (!request || task->request == request)
      return task;
    task = MSIP_CONTAINER(task->owner.next, struct mlua_task, owner);
  } while (task != first);
  return NULL;
}

void mlua_tasks_of_box_close(struct mlua_engine *engine, struct mlua_box *box)
{
  struct mlua_box *session = NULL;
  struct mlua_task *task;

  (void)engine;
  if (box->cls == &mlua_request_class && box->obj &&
      msip_request_session(box->obj))
    session = msip_session_box(msip_request_session(box->obj));
  while ((task = next_of(box, NULL)))
    mlua_task_close(task);
  while (session && (task = next_of(session, box)))
    mlua_task_close(task);
}
