#include "shape.h"

#include "base/nearest.h"

static const char *const core_names[] = {
    "on_invite",   "on_message",   "on_notify",  "on_refer",
    "on_register", "on_subscribe", "on_publish", "on_options",
    "on_request",  "on_start",     "on_stop",    "on_reload",
};

/* Callbacks of sessions, requests, subscriptions, the registrar
 * and bridged calls. */
static const char *const other_names[] = {
    "on_ack",
    "on_ack_timeout",
    "on_bye",
    "on_info",
    "on_invite",
    "on_message",
    "on_notify",
    "on_prack",
    "on_refer",
    "on_update",
    "on_refresh_failed",
    "on_terminated",
    "on_cancel",
    "on_transport_error",
    "on_accept",
    "on_progress",
    "on_redirect",
    "on_reject",
    "on_trying",
    "on_refresh",
    "on_change",
    "on_request",
    "on_try",
    "on_answer",
    "on_transfer",
    "on_hangup",
    "on_end",
};

#define COUNT(list) ((unsigned)(sizeof(list) / sizeof *(list)))

static bool is_one_of(const char *name, const char *const *names,
                      unsigned count)
{
  for (unsigned i = 0; i < count; i++)
    if (strcmp(name, names[i]) == 0)
      return true;
  return false;
}

static void check_name(lua_State *L, const char *name, const char *const *names,
                       unsigned count)
{
  const char *near;

  if (is_one_of(name, names, count))
    return;
  near = msip_nearest(msip_str_c(name), names, count);
  luaL_error(L,
             near ? "unknown callback '%s': did you mean '%s'?"
                  : "unknown callback '%s'",
             name, near);
}

/* `owner` is "" or "script.call". */
static void check_callbacks(lua_State *L, int index, const char *owner,
                            const char *const *names, unsigned count)
{
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING)
      continue;
    const char *name = lua_tostring(L, -2);
    if (strncmp(name, "on_", 3) != 0)
      continue;
    if (*owner && !is_one_of(name, names, count) &&
        lua_type(L, -1) != LUA_TFUNCTION)
      continue; /* the script's own data */
    check_name(L, name, names, count);
    if (lua_type(L, -1) != LUA_TFUNCTION)
      luaL_error(L, "%s%s%s must be a function, not a %s", owner,
                 *owner ? "." : "", name, luaL_typename(L, -1));
  }
}

void mlua_check_script(lua_State *L, int index)
{
  if (!lua_istable(L, index))
    luaL_error(L, "a script must return a table, not %s",
               lua_isnil(L, index) ? "nothing" : luaL_typename(L, index));
  check_callbacks(L, index, "", core_names, COUNT(core_names));
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || !lua_istable(L, -1))
      continue;
    const char *name = lua_tostring(L, -2);
    if (strcmp(name, "settings") == 0)
      continue;
    check_callbacks(L, lua_gettop(L), name, other_names, COUNT(other_names));
  }
}

static void apply(lua_State *L, struct msip_settings *settings, int index)
{
  char why[256];
  size_t name_len, len;

  if (lua_isnil(L, index))
    return;
  if (!lua_istable(L, index))
    luaL_error(L, "settings must be a table, not a %s",
               luaL_typename(L, index));
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 3)) {
    lua_pushvalue(L, -2);
    const char *name = luaL_tolstring(L, -1, &name_len);
    lua_remove(L, -2);
    const char *value = luaL_tolstring(L, -2, &len);
    if (msip_settings_set(settings, msip_str_of(name, name_len),
                          msip_str_of(value, len), why, sizeof why) != 0)
      luaL_error(L, "%s", why);
  }
}

static int apply_both(lua_State *L)
{
  struct msip_settings *settings = lua_touserdata(L, 3);

  apply(L, settings, 1);
  apply(L, settings, 2);
  return 0;
}

void mlua_read_settings(lua_State *L, struct msip_settings *settings, int first,
                        int second)
{
  struct msip_settings read;

  first = lua_absindex(L, first);
  second = lua_absindex(L, second);
  msip_settings_init(&read);
  lua_pushcfunction(L, apply_both);
  lua_pushvalue(L, first);
  lua_pushvalue(L, second);
  lua_pushlightuserdata(L, &read);
  if (lua_pcall(L, 3, 0, 0) != LUA_OK) {
    msip_settings_fini(&read);
    lua_error(L);
  }
  *settings = read;
}
