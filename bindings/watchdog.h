/* bindings/watchdog.h -- ends script code that runs too long.
 *
 * Nothing is paid while scripts behave: entering one bumps a number.  A thread
 * looks at that number now and then; when it stands still and odd for
 * limits.script_time, the thread signals the worker, whose signal handler sets
 * a hook on the coroutine that runs (what lua.c does on SIGINT).  The hook
 * yields, which no pcall swallows; where a coroutine cannot yield it raises
 * until one can.
 */
#pragma once

#include <lua.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct mlua_watchdog {
  atomic_uint_fast64_t serial;  /* odd: script code runs */
  atomic_uint_fast64_t suspect; /* the serial that ran too long */
  _Atomic(lua_State *) current; /* what a signal would stop */
  atomic_bool overran;          /* the hook is set */
  atomic_bool asleep;           /* the thread waits for `wake` */
  atomic_uint limit_ms;
  _Atomic(pthread_t) worker;
  unsigned depth;
  bool closing; /* a dead coroutine's <close> variables run: cannot yield */
  bool started;
  bool quit; /* under `lock` */
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
};

/* Starts the thread at the first call.  False when the system refuses one. */
bool mlua_watchdog_start(struct mlua_watchdog *dog, unsigned limit_ms);
void mlua_watchdog_stop(struct mlua_watchdog *dog);
/* Rouses a thread that sleeps. */
void mlua_watchdog_rouse(struct mlua_watchdog *dog);

/* Script code begins on this thread; the outermost call counts. */
static inline void mlua_watchdog_enter(struct mlua_watchdog *dog)
{
  if (dog->depth++ > 0)
    return;
  atomic_store_explicit(&dog->worker, pthread_self(), memory_order_relaxed);
  atomic_fetch_add(&dog->serial, 1);
  if (atomic_load_explicit(&dog->asleep, memory_order_relaxed))
    mlua_watchdog_rouse(dog);
}

static inline void mlua_watchdog_leave(struct mlua_watchdog *dog)
{
  if (--dog->depth == 0)
    atomic_fetch_add_explicit(&dog->serial, 1, memory_order_release);
}

static inline bool mlua_watchdog_overran(const struct mlua_watchdog *dog)
{
  return atomic_load_explicit(&dog->overran, memory_order_relaxed);
}

/* The code that ran too long is gone; what runs around it starts afresh. */
void mlua_watchdog_forgive(struct mlua_watchdog *dog, lua_State *co);
