/* moonsip.Description: a session description that was read. */
#include "error.h"
#include "sdp_in.h"
#include "sdp_terms.h"
#include "sdp_value.h"

/* NULL for any other value. */
struct mlua_sdp_description *mlua_sdp_to_description(lua_State *L, int index)
{
  const void *its_table;

  if (!lua_getmetatable(L, index))
    return NULL;
  its_table = lua_topointer(L, -1);
  lua_pop(L, 1);
  if (its_table != mlua_sdp_workspace(L)->class_table)
    return NULL;
  return lua_touserdata(L, index);
}

struct mlua_sdp_description *mlua_sdp_check_description(lua_State *L, int arg)
{
  struct mlua_sdp_description *d = mlua_sdp_to_description(L, arg);

  if (!d)
    luaL_typeerror(L, arg, MLUA_SDP_CLASS);
  return d;
}

static int description_gc(lua_State *L)
{
  struct mlua_sdp_description *d = lua_touserdata(L, 1);

  if (d->sdp.pool)
    msip_sdp_fini(&d->sdp);
  return 0;
}

/* An empty description, for the collector's sake, before there is a tree. */
static struct mlua_sdp_description *new_description(lua_State *L)
{
  struct mlua_sdp_description *d = lua_newuserdatauv(L, sizeof *d, 2);

  memset(d, 0, sizeof *d);
  d->sdp.pool = &mlua_sdp_workspace(L)->pool;
  lua_pushvalue(L, MLUA_SDP_WORKSPACE);
  lua_setiuservalue(L, -2, 2);
  luaL_setmetatable(L, MLUA_SDP_CLASS);
  return d;
}

/* Pushes the description of the text at `index`, or fails like mlua_fail. */
int mlua_sdp_push_parsed(lua_State *L, int index)
{
  struct msip_fault fault = {0};
  struct mlua_sdp_description *d = new_description(L);
  int err =
      msip_sdp_parse(&d->sdp, d->sdp.pool, mlua_sdp_text(L, index), &fault);

  if (err)
    return mlua_fail_at(L, err, &fault);
  lua_pushvalue(L, index);
  lua_setiuservalue(L, -2, 1);
  return 1;
}

/* Text that C wrote; empties the buffer for the next call. */
int mlua_sdp_push_written(lua_State *L, struct mlua_sdp_workspace *w)
{
  if (msip_buf_error(&w->buf))
    return mlua_fail(L, msip_buf_error(&w->buf), NULL);
  lua_pushlstring(L, w->buf.at, w->buf.len);
  return 1;
}

static int description_answer(lua_State *L)
{
  mlua_sdp_check_description(L, 1);
  lua_settop(L, 2);
  return mlua_sdp_answer(L);
}

/* Stream `index` as scripts count, from 1. */
static uint32_t check_stream(lua_State *L, int arg, const struct msip_sdp *sdp)
{
  lua_Integer index = luaL_checkinteger(L, arg);

  luaL_argcheck(L, index >= 1 && index <= sdp->media_count, arg,
                "no such stream");
  return (uint32_t)index - 1;
}

static int description_has_media(lua_State *L)
{
  const struct msip_sdp *sdp = &mlua_sdp_check_description(L, 1)->sdp;
  struct msip_str type;
  bool has = false;

  luaL_checkstring(L, 2);
  type = mlua_sdp_text(L, 2);
  for (uint32_t i = 0; i < sdp->media_count; i++)
    has = has ||
          (sdp->media[i].port != 0 && msip_str_ieq(sdp->media[i].type, type));
  lua_pushboolean(L, has);
  return 1;
}

/* Without an index, of the first stream in use. */
static int description_direction(lua_State *L)
{
  const struct msip_sdp *sdp = &mlua_sdp_check_description(L, 1)->sdp;
  struct msip_str name;
  uint32_t index = 0;

  if (!lua_isnoneornil(L, 2)) {
    index = check_stream(L, 2, sdp);
  } else {
    while (index < sdp->media_count && sdp->media[index].port == 0)
      index++;
    if (index == sdp->media_count)
      index = 0;
  }
  if (sdp->media_count == 0)
    return 0;
  name = msip_direction_name(msip_sdp_direction(sdp, &sdp->media[index]));
  lua_pushlstring(L, name.at, name.len);
  return 1;
}

/* A new text, and the tree of it in place of the old one. */
static int description_set_direction(lua_State *L)
{
  struct mlua_sdp_workspace *w = mlua_sdp_workspace(L);
  struct mlua_sdp_description *d = mlua_sdp_check_description(L, 1);
  enum msip_direction direction = mlua_sdp_direction(L, 2, "direction");
  int index = lua_isnoneornil(L, 3) ? -1 : (int)check_stream(L, 3, &d->sdp);
  struct msip_sdp edited;
  int err;

  msip_buf_reset(&w->buf);
  msip_sdp_redirect(&w->buf, &d->sdp, index, direction);
  if (mlua_sdp_push_written(L, w) != 1)
    return lua_error(L);
  err = msip_sdp_parse(&edited, &w->pool, mlua_sdp_text(L, -1), NULL);
  if (err)
    return luaL_error(L, "%s", msip_err_text(err));
  msip_sdp_fini(&d->sdp);
  d->sdp = edited;
  lua_setiuservalue(L, 1, 1);
  lua_settop(L, 1);
  return 1;
}

static int description_is_hold(lua_State *L)
{
  lua_pushboolean(L, msip_sdp_is_hold(&mlua_sdp_check_description(L, 1)->sdp));
  return 1;
}

static int description_same_as(lua_State *L)
{
  struct mlua_sdp_description *a = mlua_sdp_check_description(L, 1);
  struct mlua_sdp_description *b = mlua_sdp_check_description(L, 2);

  lua_pushboolean(L, msip_sdp_same(&a->sdp, &b->sdp));
  return 1;
}

/* description:check(before?): fit to be an offer or answer, and to follow. */
static int description_check(lua_State *L)
{
  const struct msip_sdp *sdp = &mlua_sdp_check_description(L, 1)->sdp;
  const struct msip_sdp *before = NULL;
  struct msip_fault fault = {0};
  int err;

  if (!lua_isnoneornil(L, 2))
    before = &mlua_sdp_check_description(L, 2)->sdp;
  err = msip_sdp_check(sdp, &fault);
  if (err == 0 && before)
    err = msip_sdp_check_streams(before, sdp, &fault);
  if (err == 0 && before)
    err = msip_sdp_check_payloads(before, sdp, &fault);
  if (err)
    return mlua_fail_at(L, err, &fault);
  lua_pushboolean(L, 1);
  return 1;
}

static int description_tostring(lua_State *L)
{
  struct mlua_sdp_workspace *w = mlua_sdp_workspace(L);
  struct mlua_sdp_description *d = mlua_sdp_check_description(L, 1);

  msip_buf_reset(&w->buf);
  msip_sdp_format(&w->buf, &d->sdp);
  return mlua_sdp_push_written(L, w) == 1 ? 1 : lua_error(L);
}

/* Methods are in the second upvalue; what is not there is computed. */
static int description_index(lua_State *L)
{
  const struct msip_sdp *sdp = &mlua_sdp_check_description(L, 1)->sdp;
  struct msip_str key;

  lua_settop(L, 2);
  if (lua_type(L, 2) != LUA_TSTRING)
    return 0;
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL)
    return 1;
  key = mlua_sdp_text(L, 2);
  if (msip_str_eq(key, MSIP_STR("media")))
    mlua_sdp_push_media(L, sdp);
  else if (msip_str_eq(key, MSIP_STR("origin")))
    mlua_sdp_push_origin(L, sdp);
  else if (msip_str_eq(key, MSIP_STR("attributes")))
    mlua_sdp_push_attributes(L, sdp, 0, sdp->session_end);
  else if (msip_str_eq(key, MSIP_STR("version")))
    mlua_sdp_push_number(L, sdp->origin.version);
  else if (msip_str_eq(key, MSIP_STR("session_name")))
    lua_pushlstring(L, sdp->session_name.at, sdp->session_name.len);
  else if (msip_str_eq(key, MSIP_STR("connection")) && sdp->connection.len)
    lua_pushlstring(L, sdp->connection.at, sdp->connection.len);
  else
    return 0;
  return 1;
}

static const luaL_Reg methods[] = {
    {"answer", description_answer},
    {"check", description_check},
    {"direction", description_direction},
    {"has_media", description_has_media},
    {"is_hold", description_is_hold},
    {"same_as", description_same_as},
    {"set_direction", description_set_direction},
    {NULL, NULL},
};

/* With the workspace on top. */
void mlua_sdp_open_class(lua_State *L)
{
  int workspace = lua_gettop(L);
  struct mlua_sdp_workspace *w = lua_touserdata(L, workspace);

  luaL_newmetatable(L, MLUA_SDP_CLASS);
  w->class_table = lua_topointer(L, -1);
  lua_pushcfunction(L, description_gc);
  lua_setfield(L, -2, "__gc");
  lua_pushliteral(L, MLUA_SDP_CLASS); /* scripts get no hold of __gc */
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, workspace);
  lua_pushcclosure(L, description_tostring, 1);
  lua_setfield(L, -2, "__tostring");
  lua_pushvalue(L, workspace);
  luaL_newlibtable(L, methods);
  lua_pushvalue(L, workspace);
  luaL_setfuncs(L, methods, 1);
  lua_pushcclosure(L, description_index, 2);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
