/* The binary: a guest of its own module, which it has built in.  Everything it
 * does with a script goes through what `require "moonsip"` gives to anybody. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "cli.h"
#include "host/admin_address.h"
#include "mlua.h"
#include "pooled.h"
#include "remote.h"

enum { STARTED_NOT = 1, USAGE = 2 };

int luaopen_moonsip(lua_State *L);

static void push_list(lua_State *L, const char *const *list, unsigned count)
{
  lua_createtable(L, (int)count, 0);
  for (unsigned i = 0; i < count; i++) {
    lua_pushstring(L, list[i]);
    lua_seti(L, -2, (lua_Integer)i + 1);
  }
}

static void set_text(lua_State *L, const char *key, const char *value)
{
  if (value) {
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
  }
}

static void push_settings(lua_State *L, const struct mlua_cli *cli)
{
  lua_createtable(L, 0, (int)cli->set_count);
  for (unsigned i = 0; i < cli->set_count; i++) {
    const char *equals = strchr(cli->set[i], '=');

    lua_pushlstring(L, cli->set[i], (size_t)(equals - cli->set[i]));
    lua_pushstring(L, equals + 1);
    lua_settable(L, -3);
  }
}

static void push_admin(lua_State *L, const struct mlua_cli *cli)
{
  char address[300], why[400];

  if (cli->admin) {
    lua_pushstring(L, strcmp(cli->admin, "none") ? cli->admin : NULL);
    return;
  }
  if (msip_admin_address_default(address, sizeof address, true, why,
                                 sizeof why)) {
    lua_pushstring(L, why);
    lua_error(L);
  }
  lua_pushstring(L, address);
}

static void push_options(lua_State *L, const struct mlua_cli *cli)
{
  static const char *const everywhere[] = {"udp:0.0.0.0:5060"};

  lua_newtable(L);
  if (cli->listen_count)
    push_list(L, cli->listen, cli->listen_count);
  else
    push_list(L, everywhere, 1);
  lua_setfield(L, -2, "listen");
  push_settings(L, cli);
  lua_setfield(L, -2, "settings");
  push_admin(L, cli);
  lua_setfield(L, -2, "admin");
  lua_pushboolean(L, 1);
  lua_setfield(L, -2, "signals");
  set_text(L, "script", cli->script);
  set_text(L, "log_level", cli->log_level);
  set_text(L, "log_format", cli->log_format);
}

/* Raises the sentence of the error on top, which prints with its code too. */
static int raise_sentence(lua_State *L)
{
  if (!lua_isstring(L, -1))
    lua_getfield(L, -1, "message");
  return lua_error(L);
}

/* Calls sip.NAME with the argument on top; raises what it returns as nil, err.
 * Leaves its first result. */
static void call(lua_State *L, const char *name)
{
  luaL_requiref(L, "moonsip", luaopen_moonsip, 0);
  lua_getfield(L, -1, name);
  lua_pushvalue(L, -3);
  lua_call(L, 1, 2);
  if (!lua_toboolean(L, -2))
    raise_sentence(L);
  lua_pop(L, 1);
}

static int run(lua_State *L)
{
  const struct mlua_cli *cli = lua_touserdata(L, 1);

  push_options(L, cli);
  call(L, "engine");
  lua_getfield(L, -1, "run");
  lua_insert(L, -2);
  lua_call(L, 1, 0);
  return 0;
}

static int check(lua_State *L)
{
  const struct mlua_cli *cli = lua_touserdata(L, 1);

  lua_pushstring(L, cli->script);
  call(L, "check");
  printf("%s: no mistake found\n", cli->script);
  return 0;
}

/* Runs `body` in a state of its own; its error is one line. */
static int with_lua(lua_CFunction body, struct mlua_cli *cli)
{
  struct msip_pool pool = {.fail_after = 0};
  lua_State *L = mlua_pooled_state(&pool);
  int status = STARTED_NOT;

  if (!L) {
    fprintf(stderr, "moonsip: out of memory\n");
    return status;
  }
  luaL_openlibs(L);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, luaopen_moonsip);
  lua_setfield(L, -2, "moonsip");
  lua_settop(L, 0);
  lua_pushcfunction(L, body);
  lua_pushlightuserdata(L, cli);
  if (lua_pcall(L, 1, 0, 0) == LUA_OK)
    status = 0;
  else
    fprintf(stderr, "moonsip: %s\n", luaL_tolstring(L, -1, NULL));
  lua_close(L);
  msip_pool_fini(&pool);
  return status;
}

static int print_version(void)
{
  printf("moonsip %s, %s, libuv %s\n", MOONSIP_VERSION, LUA_RELEASE,
         uv_version_string());
  return 0;
}

int main(int argc, char **argv)
{
  struct mlua_cli cli;
  char why[400];

  signal(SIGPIPE, SIG_IGN);
  if (mlua_cli_parse(&cli, argc, argv, why, sizeof why)) {
    fprintf(stderr, "moonsip: %s\n", why);
    return USAGE;
  }
  switch (cli.command) {
  case MLUA_COMMAND_RUN:
    return with_lua(run, &cli);
  case MLUA_COMMAND_CHECK:
    return with_lua(check, &cli);
  case MLUA_COMMAND_RELOAD:
  case MLUA_COMMAND_STATUS:
  case MLUA_COMMAND_DRAIN:
  case MLUA_COMMAND_STOP:
    return mlua_remote(&cli);
  case MLUA_COMMAND_SETTINGS:
    return mlua_print_settings();
  case MLUA_COMMAND_VERSION:
    return print_version();
  case MLUA_COMMAND_HELP:
    break;
  }
  fputs(mlua_cli_help, stdout);
  return 0;
}
