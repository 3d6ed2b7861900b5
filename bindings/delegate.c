#include "delegate.h"

#include "box.h"
#include "engine.h"
#include "generation.h"

/* What stands for a named delegate: one per name and engine, alive while a call
 * uses it.  User values: the table of that name; the engine. */
struct slot {
  struct mlua_engine *engine;
  bool lost;   /* the current generation has no table of that name */
  bool warned; /* and the log says so */
  char name[];
};

static bool slot_find(lua_State *L, struct mlua_engine *engine,
                      const char *name)
{
  mlua_engine_push_value(L, engine, MLUA_ENGINE_SLOTS);
  lua_getfield(L, -1, name);
  lua_remove(L, -2);
  if (!lua_isnil(L, -1))
    return true;
  lua_pop(L, 1);
  return false;
}

/* Pushes the slot of `name`; a new one gets the table at `index`. */
static void push_slot(lua_State *L, struct mlua_engine *engine,
                      const char *name, int index)
{
  size_t len = strlen(name);
  struct slot *slot;

  if (slot_find(L, engine, name))
    return;
  slot = lua_newuserdatauv(L, sizeof *slot + len + 1, 2);
  slot->engine = engine;
  slot->lost = slot->warned = false;
  memcpy(slot->name, name, len + 1);
  lua_pushvalue(L, index);
  lua_setiuservalue(L, -2, 1);
  mlua_engine_push(L, engine);
  lua_setiuservalue(L, -2, 2);
  mlua_engine_push_value(L, engine, MLUA_ENGINE_SLOTS);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

/* A table set into the script after it was loaded has a name too.  Pushes the
 * name: true. */
static bool name_in_script(lua_State *L, struct mlua_engine *engine, int index)
{
  if (!mlua_generation_push_script(L, engine))
    return false;
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    if (!lua_rawequal(L, -1, index) || lua_type(L, -2) != LUA_TSTRING)
      continue;
    lua_pop(L, 1);
    lua_remove(L, -2);
    return true;
  }
  lua_pop(L, 1);
  return false;
}

/* Pushes the name that the table at `index` is exported under. */
static bool push_name(lua_State *L, struct mlua_engine *engine, int index)
{
  if (!mlua_engine_push_value(L, engine, MLUA_ENGINE_NAMES))
    return false;
  lua_pushvalue(L, index);
  lua_rawget(L, -2);
  lua_remove(L, -2);
  if (lua_type(L, -1) == LUA_TSTRING)
    return true;
  lua_pop(L, 1);
  return name_in_script(L, engine, index);
}

/* The current table of a name wins over the one in hand. */
static void push_current(lua_State *L, struct mlua_engine *engine,
                         const char *name, int index)
{
  if (mlua_generation_push_script(L, engine)) {
    lua_pushstring(L, name);
    lua_rawget(L, -2);
    lua_remove(L, -2);
    if (lua_istable(L, -1))
      return;
    lua_pop(L, 1);
  }
  lua_pushvalue(L, index);
}

/* Objects of the library's own classes, which say so in their metatable, are
 * never exported; there is one for each leg of each call. */
static bool is_own(lua_State *L, int index)
{
  bool own = luaL_getmetafield(L, index, "__delegate") != LUA_TNIL;

  lua_settop(L, own ? -2 : -1);
  return own;
}

void mlua_delegate_pack(lua_State *L, struct mlua_engine *engine, int index)
{
  index = lua_absindex(L, index);
  if (!lua_istable(L, index) || is_own(L, index) ||
      !push_name(L, engine, index)) {
    lua_pushvalue(L, index);
    return;
  }
  const char *name = lua_tostring(L, -1);
  push_current(L, engine, name, index);
  push_slot(L, engine, name, lua_gettop(L));
  lua_replace(L, -3);
  lua_pop(L, 1);
}

static void warn_lost(struct slot *slot)
{
  if (!slot->lost || slot->warned)
    return;
  slot->warned = true;
  msip_log(&slot->engine->log, MSIP_LOG_WARN, MSIP_STR(""),
           "the script exports no '%s' any more: live calls keep the old one",
           slot->name);
}

bool mlua_delegate_is(lua_State *L, int stored, int index)
{
  bool same;

  if (lua_type(L, stored) != LUA_TUSERDATA)
    return false;
  lua_getiuservalue(L, stored, 1);
  same = lua_rawequal(L, -1, index);
  lua_pop(L, 1);
  return same;
}

void mlua_delegate_unpack(lua_State *L, struct mlua_engine *engine, int index)
{
  struct slot *slot;

  (void)engine;
  if (lua_type(L, index) != LUA_TUSERDATA) {
    lua_pushvalue(L, index);
    return;
  }
  slot = lua_touserdata(L, index);
  warn_lost(slot);
  lua_getiuservalue(L, index, 1);
}

/* The tables of a script are checked when it is loaded, others only here. */
static void warn_no_function(struct mlua_engine *engine, const char *name,
                             int type)
{
  msip_log(&engine->log, MSIP_LOG_WARN, MSIP_STR(""),
           "a delegate's %s must be a function, not a %s: it is left out", name,
           lua_typename(engine->L, type));
}

bool mlua_delegate_find(lua_State *L, struct mlua_engine *engine,
                        struct mlua_box *box, int n, const char *name)
{
  int top = lua_gettop(L);

  mlua_box_push(L, box);
  int type = lua_isnil(L, -1) ? LUA_TNIL : lua_getiuservalue(L, -1, n);
  if (type == LUA_TUSERDATA) {
    warn_lost(lua_touserdata(L, -1));
    type = lua_getiuservalue(L, -1, 1);
    lua_remove(L, -2);
  }
  if (type == LUA_TTABLE) {
    type = lua_getfield(L, -1, name);
    if (type != LUA_TFUNCTION && type != LUA_TNIL)
      warn_no_function(engine, name, type);
  }
  if (type == LUA_TFUNCTION) {
    lua_replace(L, top + 1);
    lua_settop(L, top + 1);
    return true;
  }
  lua_settop(L, top);
  return false;
}

/* The slots of an engine follow the script table at `script`. */
void mlua_delegate_swap(lua_State *L, struct mlua_engine *engine, int script)
{
  mlua_engine_push_value(L, engine, MLUA_ENGINE_SLOTS);
  int slots = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, slots); lua_pop(L, 1)) {
    struct slot *slot = lua_touserdata(L, -1);
    lua_pushvalue(L, -2);
    bool there = lua_rawget(L, script) == LUA_TTABLE;
    slot->lost = !there;
    slot->warned = false;
    if (there)
      lua_setiuservalue(L, -2, 1);
    else
      lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* Whatever generation they are of, tables exported under a name share it. */
void mlua_delegate_name(lua_State *L, struct mlua_engine *engine, int script)
{
  mlua_engine_push_value(L, engine, MLUA_ENGINE_NAMES);
  int names = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, script); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || !lua_istable(L, -1))
      continue;
    lua_pushvalue(L, -1);
    lua_pushvalue(L, -3);
    lua_rawset(L, names);
  }
  lua_pop(L, 1);
}
