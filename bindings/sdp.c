#include "sdp.h"

#include <lauxlib.h>
#include <sys/random.h>

#include "base/rand.h"
#include "error.h"
#include "sdp_terms.h"
#include "sdp_value.h"

#define CLASS     "moonsip.Description"
#define WORKSPACE lua_upvalueindex(1)

/* Memory of the module in one Lua state, kept between calls; the first upvalue
 * of every function here. */
struct workspace {
  struct msip_pool pool;
  struct msip_buf buf;
  struct msip_sdp offer;    /* of the call that runs */
  struct msip_sdp previous; /* the same */
  struct msip_rand rand;
  const void *class_table; /* the metatable of descriptions */
};

/* User value 1 is the text the tree borrows from, 2 the workspace. */
struct description {
  struct msip_sdp sdp;
};

static struct workspace *workspace_of(lua_State *L)
{
  return lua_touserdata(L, WORKSPACE);
}

/* NULL for any other value. */
static struct description *to_description(lua_State *L, int index)
{
  const void *its_table;

  if (!lua_getmetatable(L, index))
    return NULL;
  its_table = lua_topointer(L, -1);
  lua_pop(L, 1);
  if (its_table != workspace_of(L)->class_table)
    return NULL;
  return lua_touserdata(L, index);
}

static struct description *check_description(lua_State *L, int arg)
{
  struct description *d = to_description(L, arg);

  if (!d)
    luaL_typeerror(L, arg, CLASS);
  return d;
}

static struct msip_str text_at(lua_State *L, int index)
{
  size_t len;
  const char *at = lua_tolstring(L, index, &len);

  return msip_str_of(at, len);
}

static int workspace_gc(lua_State *L)
{
  struct workspace *w = lua_touserdata(L, 1);

  msip_sdp_fini(&w->offer);
  msip_sdp_fini(&w->previous);
  msip_buf_fini(&w->buf);
  msip_pool_fini(&w->pool);
  return 0;
}

static void push_workspace(lua_State *L)
{
  struct workspace *w = lua_newuserdatauv(L, sizeof *w, 0);
  uint64_t key[2] = {0, 0};

  memset(w, 0, sizeof *w);
  msip_pool_init(&w->pool);
  msip_buf_init(&w->buf, &w->pool, 2 * (size_t)MSIP_SDP_TEXT_MAX);
  w->offer.pool = w->previous.pool = &w->pool;
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, workspace_gc);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
    luaL_error(L, "no randomness from the operating system");
  msip_rand_init(&w->rand, key);
}

static int description_gc(lua_State *L)
{
  struct description *d = lua_touserdata(L, 1);

  if (d->sdp.pool)
    msip_sdp_fini(&d->sdp);
  return 0;
}

/* An empty description, for the collector's sake, before there is a tree. */
static struct description *new_description(lua_State *L)
{
  struct description *d = lua_newuserdatauv(L, sizeof *d, 2);

  memset(d, 0, sizeof *d);
  d->sdp.pool = &workspace_of(L)->pool;
  lua_pushvalue(L, WORKSPACE);
  lua_setiuservalue(L, -2, 2);
  luaL_setmetatable(L, CLASS);
  return d;
}

/* Pushes the description of the text at `index`, or fails like mlua_fail. */
static int push_parsed(lua_State *L, int index)
{
  struct msip_fault fault = {0};
  struct description *d = new_description(L);
  int err = msip_sdp_parse(&d->sdp, d->sdp.pool, text_at(L, index), &fault);

  if (err)
    return mlua_fail_at(L, err, &fault);
  lua_pushvalue(L, index);
  lua_setiuservalue(L, -2, 1);
  return 1;
}

/* A body that is not there is the peer's doing; anything else is ours. */
static bool is_body(lua_State *L, int arg)
{
  if (lua_isnoneornil(L, arg))
    return false;
  luaL_argexpected(L, lua_type(L, arg) == LUA_TSTRING, arg, "string");
  return true;
}

static int no_body(lua_State *L)
{
  return mlua_fail(L, MSIP_EOFFER, "no session description");
}

static int sdp_parse(lua_State *L)
{
  lua_settop(L, 1);
  return is_body(L, 1) ? push_parsed(L, 1) : no_body(L);
}

/* Text that C wrote; empties the buffer for the next call. */
static int push_written(lua_State *L, struct workspace *w)
{
  if (msip_buf_error(&w->buf))
    return mlua_fail(L, msip_buf_error(&w->buf), NULL);
  lua_pushlstring(L, w->buf.at, w->buf.len);
  return 1;
}

/* The tree of option `previous`: the description's own, or one parsed into the
 * workspace.  Called last, as nothing of Lua's may run afterwards. */
static int read_previous(lua_State *L, int index, const struct msip_sdp **out,
                         struct msip_fault *fault)
{
  struct workspace *w = workspace_of(L);
  struct description *d;

  if (index == 0)
    return 0;
  if (lua_type(L, index) != LUA_TSTRING) {
    d = to_description(L, index);
    if (!d)
      return luaL_error(L,
                        "option 'previous': string or description expected,"
                        " got %s",
                        luaL_typename(L, index));
    *out = &d->sdp;
    return 0;
  }
  int err = msip_sdp_reparse(&w->previous, text_at(L, index), fault);

  if (err == 0)
    *out = &w->previous;
  return err;
}

static int write_answer(lua_State *L, const struct msip_sdp *offer,
                        struct msip_sdp_terms *terms, int previous)
{
  struct workspace *w = workspace_of(L);
  struct msip_fault fault = {0};
  int err = read_previous(L, previous, &terms->previous, &fault);

  msip_buf_reset(&w->buf);
  if (err == 0)
    err = msip_sdp_answer(&w->buf, offer, terms, &fault);
  return err ? mlua_fail_at(L, err, &fault) : push_written(L, w);
}

/* Answers the description at 1 on the options at 2. */
static int answer_description(lua_State *L)
{
  struct description *d = lua_touserdata(L, 1);
  struct msip_sdp_terms terms;
  struct mlua_sdp_asks asks = {0};

  msip_sdp_terms_init(&terms);
  if (!lua_isnoneornil(L, 2))
    mlua_sdp_answer_terms(L, 2, &terms, &asks);
  if (asks.port || asks.formats)
    terms.choices = mlua_sdp_ask(L, &d->sdp, &terms, &asks);
  return write_answer(L, &d->sdp, &terms, asks.previous);
}

static int description_answer(lua_State *L)
{
  check_description(L, 1);
  lua_settop(L, 2);
  return answer_description(L);
}

/* The hot path: one offer in, one answer out, no object made for it.  Where
 * functions are to be asked the offer becomes a description first. */
static int sdp_answer(lua_State *L)
{
  struct workspace *w = workspace_of(L);
  struct msip_sdp_terms terms;
  struct mlua_sdp_asks asks = {0};
  struct msip_fault fault = {0};

  lua_settop(L, 2);
  msip_sdp_terms_init(&terms);
  if (!lua_isnil(L, 2))
    mlua_sdp_answer_terms(L, 2, &terms, &asks);
  if (!is_body(L, 1))
    return no_body(L);
  if (asks.port || asks.formats) {
    int results = push_parsed(L, 1);

    if (results != 1)
      return results;
    lua_replace(L, 1);
    lua_settop(L, 2);
    return answer_description(L);
  }
  int err = msip_sdp_reparse(&w->offer, text_at(L, 1), &fault);

  if (err)
    return mlua_fail_at(L, err, &fault);
  return write_answer(L, &w->offer, &terms, asks.previous);
}

static int bad_codecs(lua_State *L)
{
  return luaL_error(L, "option 'formats': 1 to 32 codecs per stream");
}

static int reoffer(lua_State *L, int previous, uint8_t direction,
                   const struct msip_sdp_stream *streams, uint32_t count)
{
  struct workspace *w = workspace_of(L);
  const struct msip_sdp *before = NULL;
  struct msip_fault fault = {0};
  int err = read_previous(L, previous, &before, &fault);

  msip_buf_reset(&w->buf);
  if (err == 0)
    err = msip_sdp_reoffer(&w->buf, before, (enum msip_direction)direction,
                           streams, count);
  if (err == MSIP_EINVALID)
    return bad_codecs(L);
  return err ? mlua_fail_at(L, err, &fault) : push_written(L, w);
}

static int sdp_offer(lua_State *L)
{
  struct workspace *w = workspace_of(L);
  struct msip_sdp_terms terms;
  struct mlua_sdp_asks asks = {0};
  uint32_t count;
  const struct msip_sdp_stream *streams;

  lua_settop(L, 1);
  if (lua_isnil(L, 1)) {
    lua_newtable(L);
    lua_replace(L, 1);
  }
  msip_sdp_terms_init(&terms);
  terms.session_id = (msip_rand_u64(&w->rand) >> 32) + 1;
  terms.version = 1;
  streams = mlua_sdp_offer_terms(L, 1, &terms, &asks, &count);
  if (asks.previous) {
    uint8_t direction = terms.direction;

    if (lua_getfield(L, 1, "direction") == LUA_TNIL)
      direction = MSIP_DIRECTION_UNSAID;
    if (lua_getfield(L, 1, "media") == LUA_TNIL)
      count = 0;
    return reoffer(L, asks.previous, direction, streams, count);
  }
  msip_buf_reset(&w->buf);
  if (msip_sdp_offer(&w->buf, &terms, streams, count) == MSIP_EINVALID)
    return bad_codecs(L);
  return push_written(L, w);
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
  const struct msip_sdp *sdp = &check_description(L, 1)->sdp;
  struct msip_str type;
  bool has = false;

  luaL_checkstring(L, 2);
  type = text_at(L, 2);
  for (uint32_t i = 0; i < sdp->media_count; i++)
    has = has ||
          (sdp->media[i].port != 0 && msip_str_ieq(sdp->media[i].type, type));
  lua_pushboolean(L, has);
  return 1;
}

/* Without an index, of the first stream in use. */
static int description_direction(lua_State *L)
{
  const struct msip_sdp *sdp = &check_description(L, 1)->sdp;
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
  struct workspace *w = workspace_of(L);
  struct description *d = check_description(L, 1);
  enum msip_direction direction = mlua_sdp_direction(L, 2, "direction");
  int index = lua_isnoneornil(L, 3) ? -1 : (int)check_stream(L, 3, &d->sdp);
  struct msip_sdp edited;
  int err;

  msip_buf_reset(&w->buf);
  msip_sdp_redirect(&w->buf, &d->sdp, index, direction);
  if (push_written(L, w) != 1)
    return lua_error(L);
  err = msip_sdp_parse(&edited, &w->pool, text_at(L, -1), NULL);
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
  lua_pushboolean(L, msip_sdp_is_hold(&check_description(L, 1)->sdp));
  return 1;
}

static int description_same_as(lua_State *L)
{
  struct description *a = check_description(L, 1);
  struct description *b = check_description(L, 2);

  lua_pushboolean(L, msip_sdp_same(&a->sdp, &b->sdp));
  return 1;
}

/* description:check(before?): fit to be an offer or answer, and to follow. */
static int description_check(lua_State *L)
{
  const struct msip_sdp *sdp = &check_description(L, 1)->sdp;
  const struct msip_sdp *before = NULL;
  struct msip_fault fault = {0};
  int err;

  if (!lua_isnoneornil(L, 2))
    before = &check_description(L, 2)->sdp;
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
  struct workspace *w = workspace_of(L);
  struct description *d = check_description(L, 1);

  msip_buf_reset(&w->buf);
  msip_sdp_format(&w->buf, &d->sdp);
  return push_written(L, w) == 1 ? 1 : lua_error(L);
}

/* Methods are in the second upvalue; what is not there is computed. */
static int description_index(lua_State *L)
{
  const struct msip_sdp *sdp = &check_description(L, 1)->sdp;
  struct msip_str key;

  lua_settop(L, 2);
  if (lua_type(L, 2) != LUA_TSTRING)
    return 0;
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL)
    return 1;
  key = text_at(L, 2);
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

static const luaL_Reg functions[] = {
    {"answer", sdp_answer},
    {"offer", sdp_offer},
    {"parse", sdp_parse},
    {NULL, NULL},
};

/* With the workspace on top. */
static void open_class(lua_State *L)
{
  int workspace = lua_gettop(L);
  struct workspace *w = lua_touserdata(L, workspace);

  luaL_newmetatable(L, CLASS);
  w->class_table = lua_topointer(L, -1);
  lua_pushcfunction(L, description_gc);
  lua_setfield(L, -2, "__gc");
  lua_pushliteral(L, CLASS); /* scripts get no hold of __gc */
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

int mlua_open_sdp(lua_State *L)
{
  push_workspace(L);
  open_class(L);
  luaL_newlibtable(L, functions);
  lua_insert(L, -2);
  luaL_setfuncs(L, functions, 1);
  return 1;
}
