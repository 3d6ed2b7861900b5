#include "error.h"
#include "start.h"
#include "value.h"

/* User values. */
enum { DELEGATE = 1, DATA, VALUES = 2 };

enum field {
  ID,
  CALL_ID,
  LOCAL_TAG,
  LOCAL_URI,
  REMOTE_TAG,
  REMOTE_TARGET,
  REMOTE_URI,
  ROUTE_SET,
  SESSION_STATE,
  SIGNALING_STATE,
  OFFER,
  ANSWER,
  DELEGATE_FIELD,
  DATA_FIELD,
  LOGGER,
  TAKES_UPDATE,
};
static const char *const fields[] = {"id",
                                     "call_id",
                                     "local_tag",
                                     "local_uri",
                                     "remote_tag",
                                     "remote_target",
                                     "remote_uri",
                                     "route_set",
                                     "session_state",
                                     "signaling_state",
                                     "offer",
                                     "answer",
                                     "delegate",
                                     "data",
                                     "logger",
                                     "takes_update",
                                     NULL};

void mlua_push_session(lua_State *L, struct mlua_engine *engine,
                       struct msip_session *session)
{
  struct mlua_box *box = msip_session_box(session);

  if (box) {
    mlua_box_push(L, box);
    return;
  }
  box = mlua_box_new(L, engine, &mlua_session_class, session, true);
  msip_session_set_box(session, box);
}

static int push_text(lua_State *L, struct msip_str s)
{
  if (s.len == 0)
    return 0;
  mlua_push_str(L, s);
  return 1;
}

/* Call-ID and both tags: unique, and the same on every worker. */
static int push_id(lua_State *L, const struct msip_session *s)
{
  mlua_push_str(L, msip_session_call_id(s));
  lua_pushliteral(L, ";");
  mlua_push_str(L, msip_session_local_tag(s));
  lua_pushliteral(L, ";");
  mlua_push_str(L, msip_session_remote_tag(s));
  lua_concat(L, 5);
  return 1;
}

static int push_routes(lua_State *L, const struct msip_session *s)
{
  struct msip_str route;

  lua_newtable(L);
  for (unsigned i = 0; (route = msip_session_route(s, i)).len; i++) {
    mlua_push_str(L, route);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* The script's own table: it stays when the call is over. */
static int read_data(lua_State *L)
{
  if (mlua_value_cached(L, 1, DATA))
    return 1;
  lua_newtable(L);
  mlua_value_cache(L, 1, DATA);
  return 1;
}

/* Of a call that is over only this is left. */
static int read_gone(lua_State *L, enum field field)
{
  if (field == DATA_FIELD)
    return read_data(L);
  if (field == SESSION_STATE)
    lua_pushstring(L, msip_session_state_name(MSIP_SESSION_TERMINATED));
  else if (field == SIGNALING_STATE)
    lua_pushstring(L, msip_signaling_state_name(MSIP_SIGNALING_CLOSED));
  else
    return 0;
  return 1;
}

static int push_uri(lua_State *L, struct msip_str text)
{
  mlua_push_uri(L, text);
  return 1;
}

static int read_live(lua_State *L, struct mlua_box *box, enum field field)
{
  const struct msip_session *s = box->obj;

  switch (field) {
  case ID:
    return push_id(L, s);
  case CALL_ID:
    return push_text(L, msip_session_call_id(s));
  case LOCAL_TAG:
    return push_text(L, msip_session_local_tag(s));
  case LOCAL_URI:
    return push_uri(L, msip_session_local_uri(s));
  case REMOTE_TAG:
    return push_text(L, msip_session_remote_tag(s));
  case REMOTE_TARGET:
    return push_uri(L, msip_session_remote_target(s));
  case REMOTE_URI:
    return push_uri(L, msip_session_remote_uri(s));
  case ROUTE_SET:
    return push_routes(L, s);
  case SESSION_STATE:
    lua_pushstring(L, msip_session_state_name(msip_session_state(s)));
    return 1;
  case SIGNALING_STATE:
    lua_pushstring(L, msip_signaling_state_name(msip_session_signaling(s)));
    return 1;
  case OFFER:
    return push_text(L, msip_session_offer(s));
  case ANSWER:
    return push_text(L, msip_session_answer(s));
  case DELEGATE_FIELD:
    return mlua_read_delegate(L, box, DELEGATE);
  case DATA_FIELD:
    return read_data(L);
  case TAKES_UPDATE:
    lua_pushboolean(L, msip_session_takes_update(s));
    return 1;
  case LOGGER:
    mlua_push_logger(L, box->engine, msip_session_call_id(s));
    return 1;
  }
  return 0;
}

static int read_field(lua_State *L, struct mlua_box *box, int field)
{
  return box->obj ? read_live(L, box, (enum field)field)
                  : read_gone(L, (enum field)field);
}

static int write_field(lua_State *L, struct mlua_box *box, int field)
{
  if (field != DELEGATE_FIELD)
    return 0;
  return mlua_write_delegate(L, box, DELEGATE);
}

/* session:bye(options?) -> OutgoingRequest | nil, err */
static int session_bye(lua_State *L)
{
  static const struct mlua_reply_rule rule = {
      .method = "bye",
      .options = MLUA_OPTION_HEADERS | MLUA_OPTION_BODY | MLUA_OPTION_DELEGATE |
                 MLUA_OPTION_AUTH | MLUA_OPTION_TIMEOUT | MLUA_OPTION_QUIET};
  struct mlua_box *box = mlua_box_check(L, 1, &mlua_session_class);
  struct mlua_reply_args args;
  struct msip_outgoing *out = NULL;
  int err;

  mlua_reply_args(L, 2, &rule, &args);
  if (!box->obj)
    return mlua_fail(L, box->gone, NULL);
  err = msip_session_bye(box->obj, &args.reply, &out);
  return mlua_outgoing_or_fail(L, box->engine, out, err, &args, rule.method);
}

static int change(lua_State *L, enum msip_method method, const char *name)
{
  const struct mlua_reply_rule rule = {
      .method = name,
      .options = MLUA_OPTION_HEADERS | MLUA_OPTION_BODY | MLUA_OPTION_RETRY |
                 MLUA_OPTION_DELEGATE | MLUA_OPTION_AUTH | MLUA_OPTION_TIMEOUT |
                 MLUA_OPTION_QUIET |
                 (method == MSIP_INVITE ? MLUA_OPTION_ACK : 0)};
  struct mlua_box *box = mlua_box_check(L, 1, &mlua_session_class);
  struct mlua_reply_args args;
  struct msip_outgoing *out = NULL;
  int err;

  mlua_reply_args(L, 2, &rule, &args);
  if (!box->obj)
    return mlua_fail(L, box->gone, NULL);
  err = msip_session_change(box->obj, method, &args.reply, args.retry,
                            args.start.manual_ack, &out);
  return mlua_outgoing_or_fail(L, box->engine, out, err, &args, name);
}

/* session:invite(options?) -> OutgoingRequest | nil, err: a re-INVITE */
static int session_invite(lua_State *L)
{
  return change(L, MSIP_INVITE, "invite");
}

/* session:update(options?) -> OutgoingRequest | nil, err */
static int session_update(lua_State *L)
{
  return change(L, MSIP_UPDATE, "update");
}

/* Requests that change nothing: info, message, notify, refer, request. */
static int ask(lua_State *L, enum msip_method method, const char *name,
               unsigned more)
{
  const struct mlua_reply_rule rule = {
      .method = name,
      .options = MLUA_OPTION_HEADERS | MLUA_OPTION_BODY | MLUA_OPTION_DELEGATE |
                 MLUA_OPTION_AUTH | MLUA_OPTION_TIMEOUT | more};
  struct mlua_box *box = mlua_box_check(L, 1, &mlua_session_class);
  struct mlua_reply_args args;
  struct msip_outgoing *out = NULL;
  int err;

  mlua_reply_args(L, 2, &rule, &args);
  if (!box->obj)
    return mlua_fail(L, box->gone, NULL);
  if (args.start.name.len)
    method = msip_method_of(args.start.name);
  err = msip_session_request(box->obj, method, args.start.name, &args.reply,
                             &out);
  return mlua_outgoing_or_fail(L, box->engine, out, err, &args, name);
}

static int session_info(lua_State *L)
{
  return ask(L, MSIP_INFO, "info", 0);
}

static int session_message(lua_State *L)
{
  return ask(L, MSIP_MESSAGE, "message", 0);
}

static int session_notify(lua_State *L)
{
  return ask(L, MSIP_NOTIFY, "notify", MLUA_OPTION_EVENT);
}

static int session_refer(lua_State *L)
{
  return ask(L, MSIP_REFER, "refer", MLUA_OPTION_REFER);
}

/* session:request{ method = ... }: what has no function of its own. */
static int session_request(lua_State *L)
{
  static const char *const own[] = {"ACK",   "CANCEL", "INVITE", "BYE",
                                    "PRACK", "UPDATE", NULL};
  const char *method;

  luaL_checktype(L, 2, LUA_TTABLE);
  lua_getfield(L, 2, "method");
  method = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
  if (!method)
    return luaL_error(L, "request: option 'method' is missing");
  for (unsigned i = 0; own[i]; i++)
    if (strcmp(method, own[i]) == 0)
      return luaL_error(L, "request: %s has a function of its own", method);
  lua_pop(L, 1);
  return ask(L, MSIP_METHOD_OTHER, "request",
             MLUA_OPTION_METHOD | MLUA_OPTION_EVENT | MLUA_OPTION_REFER);
}

/* session:prack(options?): of the reliable provisional response that came last
 * (RFC 3262). */
static int session_prack(lua_State *L)
{
  static const struct mlua_reply_rule rule = {
      .method = "prack",
      .options = MLUA_OPTION_HEADERS | MLUA_OPTION_BODY | MLUA_OPTION_DELEGATE |
                 MLUA_OPTION_TIMEOUT};
  struct mlua_box *box = mlua_box_check(L, 1, &mlua_session_class);
  struct mlua_reply_args args;
  struct msip_outgoing *out = NULL;
  int err;

  mlua_reply_args(L, 2, &rule, &args);
  if (!box->obj)
    return mlua_fail(L, box->gone, NULL);
  err = msip_session_prack(box->obj, &args.reply, &out);
  if (err == MSIP_EOFFER)
    return luaL_error(L, "%s", msip_ua_why(box->engine->ua));
  return mlua_outgoing_or_fail(L, box->engine, out, err, &args, rule.method);
}

/* session:dispose() */
static int session_dispose(lua_State *L)
{
  struct mlua_box *box = mlua_box_check(L, 1, &mlua_session_class);

  if (box->obj)
    msip_session_dispose(box->obj);
  return 0;
}

/* "moonsip.Session: confirmed" */
static int show(lua_State *L)
{
  struct mlua_box *box = mlua_box_check(L, 1, &mlua_session_class);
  const char *state =
      box->obj ? msip_session_state_name(msip_session_state(box->obj)) : "gone";

  lua_pushfstring(L, "%s: %s", mlua_session_class.name, state);
  return 1;
}

static const luaL_Reg methods[] = {
    {"bye", session_bye},
    {"dispose", session_dispose},
    {"info", session_info},
    {"invite", session_invite},
    {"message", session_message},
    {"notify", session_notify},
    {"prack", session_prack},
    {"refer", session_refer},
    {"replaces", mlua_session_replaces},
    {"request", session_request},
    {"update", session_update},
    {NULL, NULL},
};

const struct mlua_class mlua_session_class = {
    .name = "moonsip.Session",
    .methods = methods,
    .user_values = VALUES,
    .fields = fields,
    .read = read_field,
    .write = write_field,
    .tostring = show,
};
