#include "testing.h"

#include "ua/settings.h"

enum { ROOM = 600 };

/* testing.settings(names_and_values) -> { name = value as text, ... }, or
 * nil and the sentence of the first refusal.  The list is name, value, name,
 * value, ... */
static int settings(lua_State *L)
{
  struct msip_settings first, copy;
  char text[ROOM];
  int err = 0;

  luaL_checktype(L, 1, LUA_TTABLE);
  msip_settings_init(&first);
  for (lua_Integer i = 1; i < luaL_len(L, 1) && !err; i += 2) {
    lua_geti(L, 1, i);
    lua_geti(L, 1, i + 1);
    err = msip_settings_set(&first, testing_str(L, -2), testing_str(L, -1),
                            text, sizeof text);
    lua_pop(L, 2);
  }
  if (!err)
    err = msip_settings_copy(&copy, &first);
  msip_settings_fini(&first);
  if (err) {
    lua_pushnil(L);
    lua_pushstring(L, text);
    return 2;
  }
  lua_newtable(L);
  for (unsigned i = 0; msip_setting_at(i); i++)
    testing_field(L, msip_setting_at(i)->name,
                  msip_str_c(msip_setting_value(&copy, i, text, sizeof text)));
  msip_settings_fini(&copy);
  return 1;
}

void testing_open_settings(lua_State *L)
{
  lua_pushcfunction(L, settings);
  lua_setfield(L, -2, "settings");
}
