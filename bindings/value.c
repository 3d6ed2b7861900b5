#include "value.h"

#include "delegate.h"

/* From here on the collector hears of a message's size at once: a script that
 * holds few but large ones would else look small to it. */
enum { LARGE_MESSAGE = 4096 };

void *mlua_value_new(lua_State *L, struct mlua_engine *engine,
                     const struct mlua_class *cls, size_t size)
{
  struct mlua_value *value = mlua_box_new_sized(L, engine, cls, NULL, size);

  if (!engine->values.next)
    msip_list_init(&engine->values);
  msip_list_init(&value->node);
  msip_list_add(&engine->values, &value->node);
  value->box.obj = value;
  return value;
}

void mlua_value_set_message(lua_State *L, struct mlua_value *value,
                            const struct msip_msg *message)
{
  value->message = msip_msg_keep(msip_ua_pool(value->box.engine->ua), message);
  if (!value->message)
    luaL_error(L, "out of memory");
  if (message->len >= LARGE_MESSAGE)
    lua_gc(L, LUA_GCSTEP, (int)(message->len / 1024));
}

static void empty(struct mlua_value *value)
{
  msip_list_del(&value->node);
  msip_msg_drop(value->message);
  msip_bytes_drop(value->bytes);
  value->message = NULL;
  value->bytes = NULL;
  value->box.obj = NULL;
  value->box.gone = MSIP_EGONE;
}

int mlua_value_collect(lua_State *L)
{
  struct mlua_value *value = lua_touserdata(L, 1);

  if (value && value->box.obj)
    empty(value);
  return 0;
}

void mlua_values_release(struct mlua_engine *engine)
{
  struct msip_link_node *head = &engine->values;

  while (head->next && !msip_list_empty(head))
    empty(MSIP_CONTAINER(head->next, struct mlua_value, node));
}

bool mlua_value_cached(lua_State *L, int index, int n)
{
  if (lua_getiuservalue(L, index, n) != LUA_TNIL)
    return true;
  lua_pop(L, 1);
  return false;
}

void mlua_value_cache(lua_State *L, int index, int n)
{
  index = lua_absindex(L, index);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, index, n);
}

int mlua_read_delegate(lua_State *L, struct mlua_box *box, int n)
{
  if (!box->obj || lua_getiuservalue(L, 1, n) == LUA_TNIL)
    return 0;
  mlua_delegate_unpack(L, box->engine, -1);
  return 1;
}

int mlua_write_delegate(lua_State *L, struct mlua_box *box, int n)
{
  if (!lua_isnil(L, 3) && !lua_istable(L, 3))
    luaL_error(L, "delegate: table or nil expected, got %s",
               luaL_typename(L, 3));
  if (!box->obj)
    return 1; /* over: nothing will be delivered any more */
  lua_getiuservalue(L, 1, n);
  if (mlua_delegate_is(L, -1, 3))
    return 1;
  mlua_delegate_pack(L, box->engine, 3);
  lua_setiuservalue(L, 1, n);
  return 1;
}
