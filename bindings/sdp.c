#include "sdp.h"

#include <lauxlib.h>
#include <sys/random.h>

#include "error.h"
#include "sdp_in.h"
#include "sdp_terms.h"
#include "sdp_value.h"

static int workspace_gc(lua_State *L)
{
  struct mlua_sdp_workspace *w = lua_touserdata(L, 1);

  msip_sdp_fini(&w->offer);
  msip_sdp_fini(&w->previous);
  msip_buf_fini(&w->buf);
  msip_pool_fini(&w->pool);
  return 0;
}

static void push_workspace(lua_State *L)
{
  struct mlua_sdp_workspace *w = lua_newuserdatauv(L, sizeof *w, 0);
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
  return is_body(L, 1) ? mlua_sdp_push_parsed(L, 1) : no_body(L);
}

/* The tree of option `previous`: the description's own, or one parsed into the
 * workspace.  Called last, as nothing of Lua's may run afterwards. */
static int read_previous(lua_State *L, int index, const struct msip_sdp **out,
                         struct msip_fault *fault)
{
  struct mlua_sdp_workspace *w = mlua_sdp_workspace(L);
  struct mlua_sdp_description *d;

  if (index == 0)
    return 0;
  if (lua_type(L, index) != LUA_TSTRING) {
    d = mlua_sdp_to_description(L, index);
    if (!d)
      return luaL_error(L,
                        "option 'previous': string or description expected,"
                        " got %s",
                        luaL_typename(L, index));
    *out = &d->sdp;
    return 0;
  }
  int err = msip_sdp_reparse(&w->previous, mlua_sdp_text(L, index), fault);

  if (err == 0)
    *out = &w->previous;
  return err;
}

static int write_answer(lua_State *L, const struct msip_sdp *offer,
                        struct msip_sdp_terms *terms, int previous)
{
  struct mlua_sdp_workspace *w = mlua_sdp_workspace(L);
  struct msip_fault fault = {0};
  int err = read_previous(L, previous, &terms->previous, &fault);

  msip_buf_reset(&w->buf);
  if (err == 0)
    err = msip_sdp_answer(&w->buf, offer, terms, &fault);
  return err ? mlua_fail_at(L, err, &fault) : mlua_sdp_push_written(L, w);
}

/* Answers the description at 1 on the options at 2. */
int mlua_sdp_answer(lua_State *L)
{
  struct mlua_sdp_description *d = lua_touserdata(L, 1);
  struct msip_sdp_terms terms;
  struct mlua_sdp_asks asks = {0};

  msip_sdp_terms_init(&terms);
  if (!lua_isnoneornil(L, 2))
    mlua_sdp_answer_terms(L, 2, &terms, &asks);
  if (asks.port || asks.formats)
    terms.choices = mlua_sdp_ask(L, &d->sdp, &terms, &asks);
  return write_answer(L, &d->sdp, &terms, asks.previous);
}

/* The hot path: one offer in, one answer out, no object made for it.  Where
 * functions are to be asked the offer becomes a description first. */
static int sdp_answer(lua_State *L)
{
  struct mlua_sdp_workspace *w = mlua_sdp_workspace(L);
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
    int results = mlua_sdp_push_parsed(L, 1);

    if (results != 1)
      return results;
    lua_replace(L, 1);
    lua_settop(L, 2);
    return mlua_sdp_answer(L);
  }
  int err = msip_sdp_reparse(&w->offer, mlua_sdp_text(L, 1), &fault);

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
  struct mlua_sdp_workspace *w = mlua_sdp_workspace(L);
  const struct msip_sdp *before = NULL;
  struct msip_fault fault = {0};
  int err = read_previous(L, previous, &before, &fault);

  msip_buf_reset(&w->buf);
  if (err == 0)
    err = msip_sdp_reoffer(&w->buf, before, (enum msip_direction)direction,
                           streams, count);
  if (err == MSIP_EINVALID)
    return bad_codecs(L);
  return err ? mlua_fail_at(L, err, &fault) : mlua_sdp_push_written(L, w);
}

static int sdp_offer(lua_State *L)
{
  struct mlua_sdp_workspace *w = mlua_sdp_workspace(L);
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
  return mlua_sdp_push_written(L, w);
}

static const luaL_Reg functions[] = {
    {"answer", sdp_answer},
    {"offer", sdp_offer},
    {"parse", sdp_parse},
    {NULL, NULL},
};

int mlua_open_sdp(lua_State *L)
{
  push_workspace(L);
  mlua_sdp_open_class(L);
  luaL_newlibtable(L, functions);
  lua_insert(L, -2);
  luaL_setfuncs(L, functions, 1);
  return 1;
}
