/* What answering a request gives, what an answer to our request is, and the
 * argument of on_ack. */
#include "response.h"

#include "error.h"
#include "reply_args.h"

/* moonsip.Response: user values */
enum { SENT_TEXT = 1, SENT_SESSION, SENT_SUBSCRIPTION, SENT_VALUES = 3 };

enum sent_field {
  SENT_F_MESSAGE,
  SENT_F_SESSION,
  SENT_F_SUBSCRIPTION,
  SENT_F_STATUS
};
static const char *const sent_fields[] = {"message", "session", "subscription",
                                          "status_code", NULL};

struct mlua_value *mlua_response_new(lua_State *L, struct mlua_engine *engine)
{
  return mlua_value_new(L, engine, &mlua_response_class,
                        sizeof(struct mlua_value));
}

void mlua_response_set_session(lua_State *L, struct mlua_engine *engine,
                               struct msip_session *session)
{
  mlua_push_session(L, engine, session);
  lua_setiuservalue(L, -2, SENT_SESSION);
}

void mlua_response_set_subscription(lua_State *L, struct mlua_engine *engine,
                                    struct msip_subscription *sub)
{
  mlua_push_subscription(L, engine, sub);
  lua_setiuservalue(L, -2, SENT_SUBSCRIPTION);
}

/* Digits 9 to 11 of the status line. */
static unsigned status_of(struct msip_str bytes)
{
  uint32_t status = 0;

  if (bytes.len > 12)
    msip_str_u32(msip_str_of(bytes.at + 8, 3), 999, &status);
  return status;
}

static int read_sent(lua_State *L, struct mlua_box *box, int field)
{
  const struct msip_bytes *bytes = ((struct mlua_value *)box)->bytes;

  switch ((enum sent_field)field) {
  case SENT_F_MESSAGE:
    if (mlua_value_cached(L, 1, SENT_TEXT))
      return 1;
    if (!bytes)
      return 0;
    mlua_push_str(L, msip_bytes_str(bytes));
    mlua_value_cache(L, 1, SENT_TEXT);
    return 1;
  case SENT_F_SESSION:
    lua_getiuservalue(L, 1, SENT_SESSION);
    return 1;
  case SENT_F_SUBSCRIPTION:
    lua_getiuservalue(L, 1, SENT_SUBSCRIPTION);
    return 1;
  case SENT_F_STATUS:
    if (!bytes)
      return 0;
    lua_pushinteger(L, status_of(msip_bytes_str(bytes)));
    return 1;
  }
  return 0;
}

static int show_sent(lua_State *L)
{
  struct mlua_box *box = mlua_box_check(L, 1, &mlua_response_class);
  const struct msip_bytes *bytes = ((struct mlua_value *)box)->bytes;

  if (bytes)
    lua_pushfstring(L, "%s: %d", mlua_response_class.name,
                    (int)status_of(msip_bytes_str(bytes)));
  else
    lua_pushfstring(L, "%s: gone", mlua_response_class.name);
  return 1;
}

const struct mlua_class mlua_response_class = {
    .name = "moonsip.Response",
    .gc = mlua_value_collect,
    .user_values = SENT_VALUES,
    .fields = sent_fields,
    .read = read_sent,
    .tostring = show_sent,
};

/* moonsip.IncomingResponse and moonsip.IncomingAckRequest: user values */
enum {
  GOT_MESSAGE = 1,
  GOT_SESSION,
  GOT_REQUEST,
  GOT_SUBSCRIPTION,
  GOT_VALUES = 4
};

enum got_field {
  GOT_F_MESSAGE,
  GOT_F_SESSION,
  GOT_F_SUBSCRIPTION,
  GOT_F_STATUS,
  GOT_F_REASON
};
static const char *const got_fields[] = {
    "message", "session", "subscription", "status_code", "reason_phrase", NULL};
static const char *const ack_fields[] = {"message", NULL};

static int read_message(lua_State *L, struct mlua_box *box)
{
  struct msip_msg *message = ((struct mlua_value *)box)->message;

  if (mlua_value_cached(L, 1, GOT_MESSAGE))
    return 1;
  if (!message)
    return 0;
  mlua_push_message(L, box->engine, message);
  mlua_value_cache(L, 1, GOT_MESSAGE);
  return 1;
}

static int read_got(lua_State *L, struct mlua_box *box, int field)
{
  const struct msip_msg *message = ((struct mlua_value *)box)->message;

  switch ((enum got_field)field) {
  case GOT_F_MESSAGE:
    return read_message(L, box);
  case GOT_F_SESSION:
    lua_getiuservalue(L, 1, GOT_SESSION);
    return 1;
  case GOT_F_SUBSCRIPTION:
    lua_getiuservalue(L, 1, GOT_SUBSCRIPTION);
    return 1;
  case GOT_F_STATUS:
    if (!message)
      return 0;
    lua_pushinteger(L, message->status);
    return 1;
  case GOT_F_REASON:
    if (!message)
      return 0;
    mlua_push_str(L, message->reason);
    return 1;
  }
  return 0;
}

static int read_ack(lua_State *L, struct mlua_box *box, int field)
{
  (void)field; /* it has one */
  return read_message(L, box);
}

static int show_got(lua_State *L)
{
  struct mlua_box *box = mlua_box_check(L, 1, &mlua_incoming_response_class);
  const struct msip_msg *message = ((struct mlua_value *)box)->message;

  if (message)
    lua_pushfstring(L, "%s: %d", box->cls->name, (int)message->status);
  else
    lua_pushfstring(L, "%s: gone", box->cls->name);
  return 1;
}

/* response:ack(options?) -> true | nil, err: of a 2xx to our INVITE.  Without
 * it the engine acknowledges by itself when the callbacks have returned. */
static int got_ack(lua_State *L)
{
  static const struct mlua_reply_rule rule = {
      .method = "ack", .options = MLUA_OPTION_HEADERS | MLUA_OPTION_BODY};
  struct mlua_box *box = mlua_box_check(L, 1, &mlua_incoming_response_class);
  struct mlua_reply_args args;
  struct mlua_box *request, *session;
  int err;

  mlua_reply_args(L, 2, &rule, &args);
  lua_getiuservalue(L, 1, GOT_REQUEST);
  request = mlua_box_test(L, -1, &mlua_outgoing_class);
  lua_getiuservalue(L, 1, GOT_SESSION);
  session = mlua_box_test(L, -1, &mlua_session_class);
  if (!request || !request->obj || !session || !session->obj)
    return mlua_fail(L, MSIP_EGONE, NULL);
  err = msip_outgoing_ack(request->obj, session->obj, &args.reply);
  if (err == MSIP_EINVALID || err == MSIP_EOFFER)
    return luaL_error(L, "%s", msip_ua_why(box->engine->ua));
  if (err)
    return mlua_fail(L, err, msip_ua_why(box->engine->ua));
  lua_pushboolean(L, 1);
  return 1;
}

/* response:prack(options?): session:prack of the session it came in. */
static int got_prack(lua_State *L)
{
  mlua_box_check(L, 1, &mlua_incoming_response_class);
  lua_getiuservalue(L, 1, GOT_SESSION);
  if (!mlua_box_test(L, -1, &mlua_session_class))
    return mlua_fail(L, MSIP_ESTATE, "nothing to acknowledge");
  lua_replace(L, 1);
  lua_getfield(L, 1, "prack");
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static const luaL_Reg got_methods[] = {
    {"ack", got_ack}, {"prack", got_prack}, {NULL, NULL}};

const struct mlua_class mlua_incoming_response_class = {
    .name = "moonsip.IncomingResponse",
    .methods = got_methods,
    .gc = mlua_value_collect,
    .user_values = GOT_VALUES,
    .fields = got_fields,
    .read = read_got,
    .tostring = show_got,
};

const struct mlua_class mlua_ack_class = {
    .name = "moonsip.IncomingAckRequest",
    .gc = mlua_value_collect,
    .user_values = GOT_VALUES,
    .fields = ack_fields,
    .read = read_ack,
};

void mlua_push_ack(lua_State *L, struct mlua_engine *engine,
                   struct msip_msg *message)
{
  struct mlua_value *value =
      mlua_value_new(L, engine, &mlua_ack_class, sizeof *value);

  mlua_value_set_message(L, value, message);
}

void mlua_push_response(lua_State *L, struct mlua_engine *engine,
                        struct msip_outgoing *outgoing,
                        struct msip_session *session, struct msip_msg *message)
{
  struct msip_subscription *sub =
      outgoing ? msip_outgoing_subscription(outgoing, message) : NULL;
  struct mlua_value *value =
      mlua_value_new(L, engine, &mlua_incoming_response_class, sizeof *value);

  mlua_value_set_message(L, value, message);
  if (outgoing) {
    mlua_push_outgoing(L, engine, outgoing);
    lua_setiuservalue(L, -2, GOT_REQUEST);
  }
  if (session) {
    mlua_push_session(L, engine, session);
    lua_setiuservalue(L, -2, GOT_SESSION);
  }
  if (sub) {
    mlua_push_subscription(L, engine, sub);
    lua_setiuservalue(L, -2, GOT_SUBSCRIPTION);
  }
}
