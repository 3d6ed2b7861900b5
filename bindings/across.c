/* moonsip.across: description, hops, lines and is_reliable of a request or
 * response. */
#include "across.h"

#include "message/body.h"
#include "reading.h"
#include "value.h"

const struct msip_msg *mlua_message_at(lua_State *L, int index)
{
  struct mlua_box *box = mlua_box_test(L, index, &mlua_request_class);

  if (box)
    return box->obj ? msip_request_message(box->obj) : NULL;
  box = mlua_box_test(L, index, &mlua_incoming_response_class);
  if (!box)
    box = mlua_box_test(L, index, &mlua_ack_class);
  if (!box)
    box = mlua_box_check(L, index, &mlua_message_class);
  return ((struct mlua_value *)box)->message;
}

void mlua_read_like(lua_State *L, const struct mlua_reading *r)
{
  r->out->is_like = true;
  r->out->like = mlua_message_at(L, r->index);
}

void mlua_read_quiet(lua_State *L, const struct mlua_reading *r)
{
  r->out->quiet = mlua_arg_boolean(L, r);
}

/* A From or To without its parameters when it has no brackets; unfolded text
 * stays on the stack. */
static struct msip_str party_of(lua_State *L, const struct msip_msg *m,
                                struct msip_str value)
{
  size_t len;

  if (m->folded) {
    mlua_push_unfolded(L, value);
    value.at = lua_tolstring(L, -1, &len);
    value.len = len;
  }
  if (msip_str_find(value, '<') == value.len)
    value.len = msip_str_find(value, ';');
  return value;
}

void mlua_like_parties(lua_State *L, struct mlua_reply_args *args)
{
  struct msip_start *start = &args->start;

  if (start->to.len == 0)
    start->to = party_of(L, args->like, args->like->to);
  if (start->from.len == 0)
    start->from = party_of(L, args->like, args->like->from);
}

/* description(from) -> string | nil */
static int description(lua_State *L)
{
  const struct msip_msg *m = mlua_message_at(L, 1);
  struct msip_str sdp;

  if (!m || m->body.len == 0 || msip_msg_session_body(m, &sdp) != 1)
    return 0;
  mlua_push_str(L, sdp);
  return 1;
}

/* hops(request) -> Max-Forwards less one | nil: none was given */
static int hops(lua_State *L)
{
  const struct msip_msg *m = mlua_message_at(L, 1);
  uint32_t left;

  if (!m ||
      msip_str_u32(msip_msg_value(m, MSIP_H_MAX_FORWARDS), 255, &left) != 0)
    return 0;
  lua_pushinteger(L, (lua_Integer)left - 1);
  return 1;
}

/* is_reliable(response) -> boolean: a provisional one that wants a PRACK */
static int is_reliable(lua_State *L)
{
  const struct msip_msg *m = mlua_message_at(L, 1);

  lua_pushboolean(L, m && msip_msg_has(m, MSIP_H_RSEQ));
  return 1;
}

/* Its address names, in a set, what the set says of the headers we know. */
static const char known_key;

/* Worked out once for each set. */
static const bool *known_of(lua_State *L, int set)
{
  const bool *known;
  bool *made;

  lua_rawgetp(L, set, &known_key);
  known = lua_touserdata(L, -1);
  lua_pop(L, 1);
  if (known)
    return known;
  made = lua_newuserdatauv(L, MSIP_HEADER_COUNT * sizeof *made, 0);
  for (int id = 0; id < MSIP_HEADER_COUNT; id++)
    made[id] =
        mlua_is_wanted(L, set, msip_header_name((enum msip_header_id)id));
  lua_rawsetp(L, set, &known_key);
  return made;
}

/* lines(from, set): message:lines(set); the set never changes */
static int lines(lua_State *L)
{
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  return mlua_push_lines(L, mlua_message_at(L, 1), 2, known_of(L, 2));
}

int mlua_open_across(lua_State *L)
{
  static const luaL_Reg functions[] = {{"description", description},
                                       {"hops", hops},
                                       {"is_reliable", is_reliable},
                                       {"lines", lines},
                                       {NULL, NULL}};

  luaL_newlib(L, functions);
  return 1;
}
