#include "watchdog.h"

#include <lauxlib.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "state.h"

/* One real-time signal of the process; its payload names the watchdog, so the
 * handler needs no variable of its own. */
static int signal_number(void)
{
  return SIGRTMIN + 7;
}

/* Runs in the coroutine that overran, before its next instruction. */
static void stop_script(lua_State *L, lua_Debug *ar)
{
  struct mlua_state *state = mlua_state_of(L);

  (void)ar;
  if (!state || !mlua_watchdog_overran(&state->watchdog)) {
    lua_sethook(L, NULL, 0, 0); /* left over in a coroutine made meanwhile */
    return;
  }
  if (!state->watchdog.closing && lua_isyieldable(L))
    lua_yield(L, 0);
  else
    luaL_error(L, "script took too long");
}

static void on_signal(int number, siginfo_t *info, void *context)
{
  struct mlua_watchdog *dog = info->si_value.sival_ptr;
  lua_State *co;

  (void)number;
  (void)context;
  if (info->si_code != SI_QUEUE)
    return;
  if (atomic_load(&dog->serial) != atomic_load(&dog->suspect))
    return; /* it ended in time after all */
  co = atomic_load(&dog->current);
  if (!co)
    return;
  atomic_store(&dog->overran, true);
  lua_sethook(co, stop_script, LUA_MASKCOUNT, 1);
}

static uint64_t clock_ms(void)
{
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void wait_ms(struct mlua_watchdog *dog, unsigned ms)
{
  struct timespec until;

  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += ms / 1000;
  until.tv_nsec += (long)(ms % 1000) * 1000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  pthread_cond_timedwait(&dog->wake, &dog->lock, &until);
}

/* Nothing ran since the last look: no more looks until something does. */
static void sleep_while_idle(struct mlua_watchdog *dog, uint64_t seen)
{
  atomic_store(&dog->asleep, true);
  while (!dog->quit && atomic_load(&dog->serial) == seen)
    pthread_cond_wait(&dog->wake, &dog->lock);
  atomic_store(&dog->asleep, false);
}

static void accuse(struct mlua_watchdog *dog, uint64_t serial)
{
  union sigval payload = {.sival_ptr = dog};

  atomic_store(&dog->suspect, serial);
  pthread_sigqueue(atomic_load(&dog->worker), signal_number(), payload);
}

static void *watch(void *arg)
{
  struct mlua_watchdog *dog = arg;
  uint64_t seen = 0, since = clock_ms();

  pthread_mutex_lock(&dog->lock);
  while (!dog->quit) {
    unsigned limit = atomic_load(&dog->limit_ms);
    uint64_t serial = atomic_load(&dog->serial);
    bool runs = (serial & 1) != 0;

    if (serial != seen) {
      seen = serial;
      since = clock_ms();
    } else if (!runs) {
      sleep_while_idle(dog, seen);
      continue;
    } else if (clock_ms() - since >= limit) {
      accuse(dog, serial);
    }
    wait_ms(dog, limit < 8 ? 1 : limit / 8);
  }
  pthread_mutex_unlock(&dog->lock);
  return NULL;
}

static int install_signal(void)
{
  struct sigaction action;

  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  return sigaction(signal_number(), &action, NULL);
}

/* The thread takes no signal that is meant for the program. */
static bool start_thread(struct mlua_watchdog *dog)
{
  sigset_t all, before;
  int err;

  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  err = pthread_create(&dog->thread, NULL, watch, dog);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return err == 0;
}

bool mlua_watchdog_start(struct mlua_watchdog *dog, unsigned limit_ms)
{
  pthread_condattr_t monotonic;

  atomic_store(&dog->limit_ms, limit_ms);
  if (dog->started) {
    mlua_watchdog_rouse(dog); /* the limit may be shorter now */
    return true;
  }
  if (install_signal() != 0)
    return false;
  pthread_mutex_init(&dog->lock, NULL);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&dog->wake, &monotonic);
  pthread_condattr_destroy(&monotonic);
  atomic_store(&dog->worker, pthread_self());
  dog->started = start_thread(dog);
  return dog->started;
}

void mlua_watchdog_stop(struct mlua_watchdog *dog)
{
  sigset_t none;

  if (!dog->started)
    return;
  pthread_mutex_lock(&dog->lock);
  dog->quit = true;
  pthread_cond_signal(&dog->wake);
  pthread_mutex_unlock(&dog->lock);
  pthread_join(dog->thread, NULL);
  sigemptyset(&none);
  pthread_sigmask(SIG_BLOCK, &none, NULL); /* delivers what is still pending */
  pthread_cond_destroy(&dog->wake);
  pthread_mutex_destroy(&dog->lock);
  dog->started = false;
}

void mlua_watchdog_rouse(struct mlua_watchdog *dog)
{
  pthread_mutex_lock(&dog->lock);
  pthread_cond_signal(&dog->wake);
  pthread_mutex_unlock(&dog->lock);
}

void mlua_watchdog_forgive(struct mlua_watchdog *dog, lua_State *co)
{
  lua_sethook(co, NULL, 0, 0);
  if (!mlua_watchdog_overran(dog))
    return;
  atomic_store(&dog->overran, false);
  if (dog->depth > 0)
    atomic_fetch_add(&dog->serial, 2);
}
