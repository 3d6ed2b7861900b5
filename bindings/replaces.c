/* Replaces (RFC 3891) as scripts write it: the dialog of a session as its peer
 * sees it. */
#include "engine.h"
#include "error.h"
#include "reading.h"
#include "value.h"

static void add(luaL_Buffer *out, const char *name, struct msip_str value)
{
  luaL_addstring(out, name);
  luaL_addlstring(out, value.at, value.len);
}

/* A peer without a tag has the tag zero (RFC 3891 6.1). */
static void push_value(lua_State *L, const char *head,
                       const struct msip_session *s, bool early_only)
{
  struct msip_str theirs = msip_session_remote_tag(s);
  luaL_Buffer out;

  luaL_buffinit(L, &out);
  add(&out, head, msip_session_call_id(s));
  add(&out, ";to-tag=", theirs.len ? theirs : MSIP_STR("0"));
  add(&out, ";from-tag=", msip_session_local_tag(s));
  if (early_only)
    luaL_addstring(&out, ";early-only");
  luaL_pushresult(&out);
}

static int check(const struct mlua_box *box)
{
  return box->obj ? msip_session_replaceable(box->obj) : box->gone;
}

/* That the call is over is nobody's mistake: it is kept for start(). */
void mlua_read_replaces(lua_State *L, const struct mlua_reading *r)
{
  struct mlua_box *box = mlua_box_test(L, r->index, &mlua_session_class);

  if (!box) {
    mlua_arg_type_error(L, r->name, "session", r->index);
    return; /* never reached: lua.h cannot say that the line above is the end */
  }
  r->out->refused = check(box);
  if (r->out->refused == 0) {
    push_value(L, "Replaces: ", box->obj, false);
    mlua_read_own_header(L, r);
  }
}

int mlua_session_replaces(lua_State *L)
{
  struct mlua_box *box = mlua_box_check(L, 1, &mlua_session_class);
  int err = check(box);

  if (!lua_isnoneornil(L, 2))
    luaL_checktype(L, 2, LUA_TBOOLEAN);
  if (err)
    return mlua_fail(L, err, box->obj ? msip_ua_why(box->engine->ua) : NULL);
  push_value(L, "", box->obj, lua_toboolean(L, 2));
  return 1;
}
