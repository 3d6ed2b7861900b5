/* bindings/engine_options.c -- the table given to sip.engine. */
#include <stdlib.h>

#include "base/nearest.h"
#include "engine.h"
#include "error.h"
#include "shape.h"

static const char *const names[] = {"script",    "delegate",   "settings",
                                    "log_level", "log_format", "log"};

enum { NAMES = sizeof names / sizeof *names, MORE = 16 };

static void check_names(lua_State *L, int index, const char *const *more,
                        unsigned more_count)
{
  const char *all[NAMES + MORE];
  unsigned count = 0;

  for (unsigned i = 0; i < NAMES; i++)
    all[count++] = names[i];
  for (unsigned i = 0; i < more_count && i < MORE; i++)
    all[count++] = more[i];
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    const char *name =
        lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
    unsigned i = 0;
    while (i < count && strcmp(name, all[i]) != 0)
      i++;
    if (i < count)
      continue;
    const char *near = msip_nearest(msip_str_c(name), all, count);
    luaL_error(L,
               near ? "unknown option '%s': did you mean '%s'?"
                    : "unknown option '%s'",
               name, near);
  }
}

/* Pushes the option; true unless it is nil. */
static bool option(lua_State *L, int index, const char *name, int type)
{
  int found = lua_getfield(L, index, name);

  if (found == LUA_TNIL)
    return false;
  if (found != type)
    luaL_error(L, "option '%s' must be a %s, not a %s", name,
               lua_typename(L, type), lua_typename(L, found));
  return true;
}

/* The place of the option's text among `words`, or `otherwise`. */
static int word_option(lua_State *L, int index, const char *name,
                       const char *const words[], int otherwise)
{
  int found = otherwise;

  if (option(L, index, name, LUA_TSTRING)) {
    const char *text = lua_tostring(L, -1);
    for (found = 0; words[found] && strcmp(words[found], text) != 0; found++)
      ;
    if (!words[found])
      luaL_error(L, "option '%s': no such value '%s'", name, text);
  }
  lua_pop(L, 1);
  return found;
}

static void read_script(lua_State *L, struct mlua_engine *engine, int index)
{
  bool script = option(L, index, "script", LUA_TSTRING);
  bool inline_delegate = option(L, index, "delegate", LUA_TTABLE);

  if (script == inline_delegate)
    luaL_error(L, script ? "options 'script' and 'delegate' exclude each other"
                         : "option 'script' or 'delegate' expected");
  mlua_engine_set_value(L, engine, MLUA_ENGINE_INLINE);
  if (script) {
    engine->script = strdup(lua_tostring(L, -1));
    if (!engine->script)
      mlua_raise_nomem(L);
  }
  lua_pop(L, 1);
}

static void read_settings(lua_State *L, struct mlua_engine *engine, int index)
{
  struct msip_settings settings;

  if (!option(L, index, "settings", LUA_TTABLE)) {
    lua_pop(L, 1);
    return;
  }
  lua_pushnil(L);
  mlua_read_settings(L, &settings, -2, -1);
  msip_settings_fini(&engine->settings);
  engine->settings = settings;
  lua_pop(L, 1);
  mlua_engine_set_value(L, engine, MLUA_ENGINE_SETTINGS);
}

void mlua_engine_configure(lua_State *L, struct mlua_engine *engine, int index,
                           const char *const *more, unsigned more_count)
{
  static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
  static const char *const formats[] = {"text", "json", NULL};

  index = lua_absindex(L, index);
  luaL_checktype(L, index, LUA_TTABLE);
  check_names(L, index, more, more_count);
  read_settings(L, engine, index);
  engine->log.level = (enum msip_level)word_option(L, index, "log_level",
                                                   levels, MSIP_LOG_INFO);
  engine->log_json = word_option(L, index, "log_format", formats, 0) == 1;
  engine->log_function = option(L, index, "log", LUA_TFUNCTION);
  mlua_engine_set_value(L, engine, MLUA_ENGINE_LOG);
  read_script(L, engine, index);
}
