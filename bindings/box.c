#include "box.h"

#include <string.h>

#include "base/nearest.h"

/* Its address names the table that finds boxes which are not anchored: object
 * to userdata, weak, so that it keeps none alive. */
static const char remembered;

struct mlua_box *mlua_box_test(lua_State *L, int arg,
                               const struct mlua_class *cls)
{
  struct mlua_box *box = lua_touserdata(L, arg);

  if (!box || lua_rawlen(L, arg) < sizeof *box) /* a light one has no length */
    return NULL;
  return box->cls == cls ? box : NULL;
}

struct mlua_box *mlua_box_check(lua_State *L, int arg,
                                const struct mlua_class *cls)
{
  struct mlua_box *box = mlua_box_test(L, arg, cls);

  if (!box)
    luaL_typeerror(L, arg, cls->name);
  return box;
}

static const struct mlua_class *own_class(lua_State *L)
{
  return lua_touserdata(L, lua_upvalueindex(2));
}

/* Upvalues: names to methods (functions) and fields (numbers); the class. */
static int index_box(lua_State *L)
{
  const struct mlua_class *cls = own_class(L);
  struct mlua_box *box = mlua_box_check(L, 1, cls);
  int field;

  lua_settop(L, 2);
  if (cls->get)
    lua_pushvalue(L, 2);
  switch (lua_rawget(L, lua_upvalueindex(1))) {
  case LUA_TFUNCTION:
    return 1;
  case LUA_TNUMBER:
    field = (int)lua_tointeger(L, -1);
    return cls->read(L, box, field);
  default:
    break;
  }
  if (!cls->get || !box->obj || lua_type(L, 2) != LUA_TSTRING)
    return 0;
  return cls->get(L, box->obj, lua_tostring(L, 2));
}

static int refuse_field(lua_State *L, const struct mlua_class *cls)
{
  const char *key = luaL_tolstring(L, 2, NULL);
  const char *near = NULL;
  unsigned count = 0;

  while (cls->fields && cls->fields[count])
    count++;
  if (count)
    near = msip_nearest(msip_str_c(key), cls->fields, count);
  if (near && strcmp(near, key) != 0)
    return luaL_error(L, "%s has no field '%s': did you mean '%s'?", cls->name,
                      key, near);
  return luaL_error(L, "%s: '%s' cannot be set", cls->name, key);
}

static int assign_box(lua_State *L)
{
  const struct mlua_class *cls = own_class(L);
  struct mlua_box *box = mlua_box_check(L, 1, cls);
  int field;

  lua_settop(L, 3);
  lua_pushvalue(L, 2);
  field = lua_rawget(L, lua_upvalueindex(1)) == LUA_TNUMBER
              ? (int)lua_tointeger(L, -1)
              : -1;
  lua_settop(L, 3);
  if (field >= 0 && cls->write && cls->write(L, box, field))
    return 0;
  if (cls->set && box->obj && lua_type(L, 2) == LUA_TSTRING &&
      cls->set(L, box->obj, lua_tostring(L, 2)))
    return 0;
  return refuse_field(L, cls);
}

static int show_box(lua_State *L)
{
  const struct mlua_class *cls = own_class(L);
  struct mlua_box *box = mlua_box_check(L, 1, cls);

  lua_pushfstring(L, "%s: %s", cls->name, box->obj ? "live" : "gone");
  return 1;
}

/* Sets the metamethod `name` of the metatable on top; the name table lies
 * below it. */
static void set_meta(lua_State *L, const struct mlua_class *cls,
                     const char *name, lua_CFunction function)
{
  lua_pushvalue(L, -2);
  lua_pushlightuserdata(L, (void *)(uintptr_t)cls);
  lua_pushcclosure(L, function, 2);
  lua_setfield(L, -2, name);
}

static void open_remembered(lua_State *L)
{
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &remembered) == LUA_TNIL) {
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &remembered);
  }
  lua_pop(L, 1);
}

void mlua_class_open(lua_State *L, const struct mlua_class *cls)
{
  open_remembered(L);
  lua_newtable(L); /* names */
  if (cls->methods)
    luaL_setfuncs(L, cls->methods, 0);
  for (int i = 0; cls->fields && cls->fields[i]; i++) {
    lua_pushinteger(L, i);
    lua_setfield(L, -2, cls->fields[i]);
  }
  lua_newtable(L); /* metatable */
  set_meta(L, cls, "__index", index_box);
  set_meta(L, cls, "__newindex", assign_box);
  set_meta(L, cls, "__tostring", cls->tostring ? cls->tostring : show_box);
  if (cls->gc)
    set_meta(L, cls, "__gc", cls->gc);
  if (cls->eq)
    set_meta(L, cls, "__eq", cls->eq);
  lua_pushstring(L, cls->name);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__name");
  lua_setfield(L, -2, "__metatable");
  lua_rawsetp(L, LUA_REGISTRYINDEX, cls);
  lua_pop(L, 1);
}

void *mlua_box_new_sized(lua_State *L, struct mlua_engine *engine,
                         const struct mlua_class *cls, void *obj, size_t size)
{
  struct mlua_box *box = lua_newuserdatauv(L, size, cls->user_values);

  memset(box, 0, size);
  box->cls = cls;
  box->obj = obj;
  box->engine = engine;
  box->ref = LUA_NOREF;
  lua_rawgetp(L, LUA_REGISTRYINDEX, cls);
  lua_setmetatable(L, -2);
  return box;
}

struct mlua_box *mlua_box_new(lua_State *L, struct mlua_engine *engine,
                              const struct mlua_class *cls, void *obj,
                              bool anchored)
{
  struct mlua_box *box = mlua_box_new_sized(L, engine, cls, obj, sizeof *box);

  if (anchored) {
    lua_pushvalue(L, -1);
    box->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    box->holds = 1;
  }
  return box;
}

void mlua_box_push(lua_State *L, const struct mlua_box *box)
{
  if (box->ref != LUA_NOREF) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, box->ref);
    return;
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remembered);
  lua_rawgetp(L, -1, box->obj);
  lua_remove(L, -2);
}

void mlua_box_remember(lua_State *L, const struct mlua_box *box)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remembered);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, box->obj);
  lua_pop(L, 1);
}

void mlua_box_hold(lua_State *L, struct mlua_box *box)
{
  if (box->holds == 0) {
    mlua_box_push(L, box);
    box->ref = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  box->holds++;
}

static void let_go(lua_State *L, struct mlua_box *box)
{
  int ref = box->ref;

  box->ref = LUA_NOREF;
  box->holds = 0;
  luaL_unref(L, LUA_REGISTRYINDEX, ref);
}

void mlua_box_unhold(lua_State *L, struct mlua_box *box)
{
  if (box->holds == 1)
    let_go(L, box);
  else if (box->holds > 1)
    box->holds--;
}

void mlua_box_empty(lua_State *L, struct mlua_box *box, int gone)
{
  box->obj = NULL;
  box->gone = gone;
  let_go(L, box);
}
