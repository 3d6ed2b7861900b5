/* Requests that an engine sends outside dialogs: engine:invite and the like. */
#include "start.h"
#include "across.h"
#include "engine.h"
#include "error.h"
#include "reply_args.h"

int mlua_outgoing_or_fail(lua_State *L, struct mlua_engine *engine,
                          struct msip_outgoing *out, int err,
                          const struct mlua_reply_args *args,
                          const char *method)
{
  const char *why;

  if (err == 0) {
    if (args->timeout)
      msip_outgoing_set_timeout(out, args->timeout);
    if (args->quiet && !args->delegate) {
      lua_pushboolean(L, 1);
      return 1;
    }
    mlua_push_outgoing(L, engine, out);
    if (args->quiet)
      mlua_outgoing_quiet(out);
    if (args->delegate) {
      lua_pushvalue(L, args->delegate);
      lua_setfield(L, -2, "delegate");
    }
    return 1;
  }
  why = msip_ua_why(engine->ua);
  if (!why || !*why)
    why = msip_err_text(err);
  if (err == MSIP_EINVALID)
    return luaL_error(L, "%s: %s", method, why);
  return mlua_fail(L, err, why);
}

enum {
  PLAIN = MLUA_OPTION_TO | MLUA_OPTION_PARTIES | MLUA_OPTION_TIMEOUT |
          MLUA_OPTION_HOPS | MLUA_OPTION_HEADERS | MLUA_OPTION_BODY |
          MLUA_OPTION_DELEGATE | MLUA_OPTION_USER_AGENT | MLUA_OPTION_AUTH |
          MLUA_OPTION_RETRY,
};

/* engine:NAME(options) -> OutgoingRequest | nil, err */
static int start(lua_State *L, enum msip_method method, const char *name,
                 unsigned more)
{
  const struct mlua_reply_rule rule = {.method = name, .options = PLAIN | more};
  struct mlua_engine *engine = mlua_engine_check(L, 1);
  struct mlua_reply_args args;
  struct msip_outgoing *out = NULL;
  int err;

  mlua_reply_args(L, 2, &rule, &args);
  if (!engine->ua)
    return mlua_fail(L, MSIP_EGONE, "the engine is closed");
  if (args.is_like && !args.like)
    return mlua_fail(L, MSIP_EGONE, NULL);
  if (args.like)
    mlua_like_parties(L, &args);
  args.start.method = method;
  args.start.no_retry = !args.retry;
  if (method == MSIP_METHOD_OTHER && args.start.name.len)
    args.start.method = msip_method_of(args.start.name);
  if (method == MSIP_REGISTER && args.start.to.len == 0)
    args.start.to = args.start.from;
  if (args.start.to.len == 0)
    return luaL_error(L, "%s: option 'to' is missing", name);
  if (args.refused)
    return mlua_fail(L, args.refused,
                     args.refused == MSIP_EGONE ? "the call to replace is over"
                                                : msip_ua_why(engine->ua));
  err = msip_ua_start(engine->ua, &args.start, &out);
  return mlua_outgoing_or_fail(L, engine, out, err, &args, name);
}

static int engine_invite(lua_State *L)
{
  return start(L, MSIP_INVITE, "invite",
               MLUA_OPTION_CALL | MLUA_OPTION_ACK | MLUA_OPTION_REPLACES |
                   MLUA_OPTION_LIKE);
}

static int engine_message(lua_State *L)
{
  return start(L, MSIP_MESSAGE, "message", MLUA_OPTION_EXPIRES);
}

static int engine_options(lua_State *L)
{
  return start(L, MSIP_OPTIONS, "options", MLUA_OPTION_EVENT);
}

static int engine_register(lua_State *L)
{
  return start(L, MSIP_REGISTER, "register",
               MLUA_OPTION_CONTACTS | MLUA_OPTION_EXPIRES);
}

static int engine_publish(lua_State *L)
{
  return start(L, MSIP_PUBLISH, "publish",
               MLUA_OPTION_EVENT | MLUA_OPTION_EXPIRES | MLUA_OPTION_ETAG);
}

static int engine_subscribe(lua_State *L)
{
  return start(L, MSIP_SUBSCRIBE, "subscribe",
               MLUA_OPTION_EVENT | MLUA_OPTION_EXPIRES);
}

static int engine_refer(lua_State *L)
{
  return start(L, MSIP_REFER, "refer", MLUA_OPTION_REFER);
}

/* Methods with a meaning of their own have their own function; these two only
 * ever belong to another request. */
static int engine_request(lua_State *L)
{
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_getfield(L, 2, "method");
  if (lua_type(L, -1) != LUA_TSTRING)
    return luaL_error(L, "request: option 'method' is missing");
  if (strcmp(lua_tostring(L, -1), "ACK") == 0 ||
      strcmp(lua_tostring(L, -1), "CANCEL") == 0)
    return luaL_error(L, "request: %s is sent by the engine",
                      lua_tostring(L, -1));
  lua_pop(L, 1);
  return start(L, MSIP_METHOD_OTHER, "request",
               MLUA_OPTION_METHOD | MLUA_OPTION_EVENT | MLUA_OPTION_EXPIRES |
                   MLUA_OPTION_ETAG | MLUA_OPTION_REFER | MLUA_OPTION_CONTACTS |
                   MLUA_OPTION_CALL | MLUA_OPTION_ACK);
}

void mlua_set_start_methods(lua_State *L)
{
  static const luaL_Reg methods[] = {
      {"invite", engine_invite},
      {"message", engine_message},
      {"options", engine_options},
      {"register", engine_register},
      {"publish", engine_publish},
      {"subscribe", engine_subscribe},
      {"refer", engine_refer},
      {"request", engine_request},
      {NULL, NULL},
  };

  luaL_setfuncs(L, methods, 0);
}
