/* moonsip.IncomingRequest and moonsip.IncomingInviteRequest: one class, two
 * names; the method decides which answers are possible. */
#include "error.h"
#include "reply_args.h"
#include "response.h"

struct request_box {
  struct mlua_box box;
  enum msip_method method;
  bool delegate_held; /* anchored because a delegate was set */
};

/* User values. */
enum { DELEGATE = 1, MESSAGE, SESSION, SUBSCRIPTION, VALUES = 4 };

enum field {
  F_MESSAGE,
  F_DELEGATE,
  F_SESSION,
  F_SUBSCRIPTION,
  F_CANCELLED,
  F_TRANSACTION,
  F_LOGGER,
  F_METHOD,
  F_REPLACES,
};
static const char *const fields[] = {
    "message",     "delegate", "session", "subscription", "cancelled",
    "transaction", "logger",   "method",  "replaces",     NULL};

void mlua_push_request(lua_State *L, struct mlua_engine *engine,
                       struct msip_request *request)
{
  struct mlua_box *old = msip_request_box(request);
  struct request_box *box;

  if (old) {
    mlua_box_push(L, old);
    if (!lua_isnil(L, -1))
      return;
    lua_pop(L, 1);
    old->obj = NULL; /* dead, its finalizer is still to come */
  }
  box =
      mlua_box_new_sized(L, engine, &mlua_request_class, request, sizeof *box);
  box->method = msip_request_message(request)->method;
  mlua_box_remember(L, &box->box);
  msip_request_set_box(request, box);
}

static struct msip_request *request_of(const struct mlua_box *box)
{
  return box->obj;
}

static struct mlua_box *self(lua_State *L)
{
  return mlua_box_check(L, 1, &mlua_request_class);
}

static struct msip_str call_id_of(const struct msip_request *r)
{
  return msip_request_message(r)->call_id;
}

/* Fields */

static int read_message(lua_State *L, struct mlua_box *box)
{
  const struct msip_msg *message;

  if (mlua_value_cached(L, 1, MESSAGE))
    return 1;
  if (!box->obj)
    return 0;
  message = msip_request_message(box->obj);
  mlua_push_message(L, box->engine, (struct msip_msg *)(uintptr_t)message);
  mlua_value_cache(L, 1, MESSAGE);
  return 1;
}

static int read_session(lua_State *L, struct mlua_box *box)
{
  struct msip_session *session =
      box->obj ? msip_request_session(box->obj) : NULL;

  if (mlua_value_cached(L, 1, SESSION))
    return 1;
  if (!session)
    return 0;
  mlua_push_session(L, box->engine, session);
  mlua_value_cache(L, 1, SESSION);
  return 1;
}

/* The call ends by itself, so nothing is kept here. */
static int read_replaces(lua_State *L, struct mlua_box *box)
{
  struct msip_session *session =
      box->obj ? msip_request_replaces(box->obj) : NULL;

  if (!session)
    return 0;
  mlua_push_session(L, box->engine, session);
  return 1;
}

static int read_subscription(lua_State *L, struct mlua_box *box)
{
  struct msip_subscription *sub =
      box->obj ? msip_request_subscription(box->obj) : NULL;

  if (mlua_value_cached(L, 1, SUBSCRIPTION))
    return 1;
  if (!sub)
    return 0;
  mlua_push_subscription(L, box->engine, sub);
  mlua_value_cache(L, 1, SUBSCRIPTION);
  return 1;
}

static int read_method(lua_State *L, struct mlua_box *box)
{
  enum msip_method method = ((struct request_box *)box)->method;

  if (method != MSIP_METHOD_OTHER)
    mlua_push_str(L, msip_method_name(method));
  else if (box->obj)
    mlua_push_str(L, msip_request_message(box->obj)->method_text);
  else
    return 0;
  return 1;
}

/* The server transaction as it is now: { id, state, kind, method } */
static int read_transaction(lua_State *L, struct mlua_box *box)
{
  const struct msip_request *r = box->obj;

  lua_createtable(L, 0, 4);
  lua_pushstring(L, r ? msip_request_txn_state(r) : "terminated");
  lua_setfield(L, -2, "state");
  if (read_method(L, box))
    lua_setfield(L, -2, "method");
  if (!r)
    return 1;
  lua_pushstring(L, msip_request_txn_kind(r));
  lua_setfield(L, -2, "kind");
  mlua_push_str(L, msip_request_txn_id(r));
  lua_setfield(L, -2, "id");
  return 1;
}

static int read_field(lua_State *L, struct mlua_box *box, int field)
{
  const struct msip_request *r = box->obj;

  switch ((enum field)field) {
  case F_MESSAGE:
    return read_message(L, box);
  case F_DELEGATE:
    return mlua_read_delegate(L, box, DELEGATE);
  case F_SESSION:
    return read_session(L, box);
  case F_SUBSCRIPTION:
    return read_subscription(L, box);
  case F_CANCELLED:
    lua_pushboolean(L, r ? msip_request_is_cancelled(r)
                         : box->gone == MSIP_ECANCELLED);
    return 1;
  case F_TRANSACTION:
    return read_transaction(L, box);
  case F_LOGGER:
    if (!r)
      return 0;
    mlua_push_logger(L, box->engine, call_id_of(r));
    return 1;
  case F_METHOD:
    return read_method(L, box);
  case F_REPLACES:
    return read_replaces(L, box);
  }
  return 0;
}

/* A request whose delegate is set stays until it is released: on_cancel and
 * on_transport_error must find somebody. */
static int write_field(lua_State *L, struct mlua_box *box, int field)
{
  struct request_box *rb = (struct request_box *)box;
  bool wanted = !lua_isnil(L, 3);

  if (field != F_DELEGATE)
    return 0;
  mlua_write_delegate(L, box, DELEGATE);
  if (!box->obj || wanted == rb->delegate_held)
    return 1;
  if (wanted)
    mlua_box_hold(L, box);
  else
    mlua_box_unhold(L, box);
  rb->delegate_held = wanted;
  return 1;
}

/* Answers */

typedef int (*answer_fn)(struct msip_request *r, const struct msip_reply *reply,
                         struct msip_bytes **sent);

static int send_trying(struct msip_request *r, const struct msip_reply *reply,
                       struct msip_bytes **sent)
{
  (void)reply; /* a 100 has no options */
  return msip_request_trying(r, sent);
}

/* What the author did wrong is raised, the rest returned. */
static int refused(lua_State *L, const struct mlua_box *box, int err,
                   const char *method)
{
  const char *why = msip_ua_why(box->engine->ua);

  if (!why || !*why)
    why = msip_err_text(err);
  if (err == MSIP_EINVALID || err == MSIP_EOFFER)
    return luaL_error(L, "%s: %s", method, why);
  if (err == MSIP_ESTATE && msip_request_script_answered(box->obj))
    msip_log(&box->engine->log, MSIP_LOG_WARN, call_id_of(box->obj),
             "%s: the script has answered already", method);
  return mlua_fail(L, err, why);
}

/* The options are read; acts once.  The response is pushed before, so that the
 * reference it gets cannot be lost. */
static int answer(lua_State *L, struct mlua_box *box, answer_fn act,
                  const char *method, const struct msip_reply *reply)
{
  struct msip_request *r = box->obj;
  struct msip_session *session;
  struct msip_subscription *sub;
  struct mlua_value *response;
  int err;

  if (!r)
    return mlua_fail(L, box->gone, NULL);
  response = mlua_response_new(L, box->engine);
  err = act(r, reply, &response->bytes);
  if (err)
    return refused(L, box, err, method);
  session = msip_request_session(r);
  if (session)
    mlua_response_set_session(L, box->engine, session);
  sub = msip_request_subscription(r);
  if (sub)
    mlua_response_set_subscription(L, box->engine, sub);
  return 1;
}

/* across.h: no object of what was sent. */
static int answer_quietly(lua_State *L, struct mlua_box *box, answer_fn act,
                          const char *method, const struct msip_reply *reply)
{
  struct msip_request *r = box->obj;
  struct msip_session *session;
  int err;

  if (!r)
    return mlua_fail(L, box->gone, NULL);
  err = act(r, reply, NULL);
  if (err)
    return refused(L, box, err, method);
  session = msip_request_session(r);
  if (session)
    mlua_push_session(L, box->engine, session);
  else
    lua_pushboolean(L, 1);
  return 1;
}

static int answer_with_options(lua_State *L, answer_fn act,
                               const struct mlua_reply_rule *rule)
{
  struct mlua_box *box = self(L);
  struct mlua_reply_args args;

  mlua_reply_args(L, 2, rule, &args);
  return (args.quiet ? answer_quietly : answer)(L, box, act, rule->method,
                                                &args.reply);
}

/* request:accept(options?) -> response | nil, err */
static int request_accept(lua_State *L)
{
  static const struct mlua_reply_rule rule = {
      "accept", 200, 299, MLUA_RESPONSE_OPTIONS | MLUA_OPTION_QUIET};
  static const struct mlua_reply_rule subscribe = {
      "accept", 200, 299, MLUA_RESPONSE_OPTIONS | MLUA_OPTION_GRANT};
  enum msip_method method = ((struct request_box *)self(L))->method;
  bool makes_subscription = method == MSIP_SUBSCRIBE || method == MSIP_REFER;

  return answer_with_options(L, msip_request_accept,
                             makes_subscription ? &subscribe : &rule);
}

/* request:progress(options?) -> response | nil, err */
static int request_progress(lua_State *L)
{
  static const struct mlua_reply_rule rule = {
      "progress", 101, 199,
      MLUA_RESPONSE_OPTIONS | MLUA_OPTION_RELIABLE | MLUA_OPTION_QUIET};

  if (((struct request_box *)self(L))->method != MSIP_INVITE)
    return luaL_error(L, "progress: only an INVITE can be answered with a "
                         "provisional response (RFC 4320)");
  return answer_with_options(L, msip_request_progress, &rule);
}

/* request:reject(options?) -> response | nil, err */
static int request_reject(lua_State *L)
{
  static const struct mlua_reply_rule rule = {
      "reject", 400, 699, MLUA_RESPONSE_OPTIONS | MLUA_OPTION_MIN_EXPIRES};

  return answer_with_options(L, msip_request_reject, &rule);
}

/* request:redirect(contacts, options?) -> response | nil, err */
static int request_redirect(lua_State *L)
{
  static const struct mlua_reply_rule rule = {"redirect", 300, 399,
                                              MLUA_RESPONSE_OPTIONS};
  struct mlua_box *box = self(L);
  struct mlua_reply_args args;

  lua_settop(L, 3);
  mlua_reply_args(L, 3, &rule, &args);
  mlua_contact_args(L, 2, &args);
  return answer(L, box, msip_request_redirect, rule.method, &args.reply);
}

/* request:trying() -> response | nil, err */
static int request_trying(lua_State *L)
{
  static const struct mlua_reply_rule rule = {"trying", 100, 100, 0};

  return answer_with_options(L, send_trying, &rule);
}

/* request:dispose() */
static int request_dispose(lua_State *L)
{
  struct request_box *rb = (struct request_box *)self(L);
  struct msip_request *r = rb->box.obj;
  struct msip_reply reply = {
      .status = 480,
      .reason = MSIP_STR(""),
      .to_tag = MSIP_STR(""),
      .user_agent = MSIP_STR(""),
      .supported = MSIP_STR(""),
      .body = MSIP_STR(""),
      .content_type = MSIP_STR(""),
      .disposition = MSIP_STR(""),
  };

  if (!r)
    return 0;
  if (!msip_request_is_answered(r))
    msip_request_reject(r, &reply, NULL);
  if (rb->delegate_held)
    mlua_box_unhold(L, &rb->box);
  rb->delegate_held = false;
  return 0;
}

/* request:receive_cancel(message?) -> true | nil, err */
static int request_receive_cancel(lua_State *L)
{
  struct mlua_box *box = self(L);
  const struct msip_msg *cancel = NULL;
  int err;

  if (((struct request_box *)box)->method != MSIP_INVITE)
    return luaL_error(L, "receive_cancel: only an INVITE can be cancelled "
                         "(RFC 3261 9.1)");
  if (!lua_isnoneornil(L, 2)) {
    struct mlua_box *message = mlua_box_check(L, 2, &mlua_message_class);

    cancel = ((struct mlua_value *)message)->message;
  }
  if (!box->obj)
    return mlua_fail(L, box->gone, NULL);
  if (!cancel)
    cancel = msip_request_message(box->obj);
  err = msip_request_receive_cancel(box->obj, cancel);
  if (err)
    return mlua_fail(L, err, NULL);
  lua_pushboolean(L, 1);
  return 1;
}

/* Nobody can answer any more: the engine will, when it is at rest. */
static int collect(lua_State *L)
{
  struct mlua_box *box = lua_touserdata(L, 1);
  struct msip_request *r = request_of(box);

  if (!r)
    return 0;
  box->obj = NULL;
  msip_request_set_box(r, NULL);
  if (!msip_request_is_answered(r))
    mlua_abandon_later(box->engine, r);
  return 0;
}

/* "moonsip.IncomingInviteRequest: proceeding" */
static int show(lua_State *L)
{
  struct mlua_box *box = self(L);
  bool invite = ((struct request_box *)box)->method == MSIP_INVITE;

  lua_pushfstring(L, "moonsip.Incoming%sRequest: %s", invite ? "Invite" : "",
                  box->obj ? msip_request_txn_state(box->obj) : "gone");
  return 1;
}

static const luaL_Reg methods[] = {
    {"accept", request_accept},
    {"progress", request_progress},
    {"redirect", request_redirect},
    {"reject", request_reject},
    {"trying", request_trying},
    {"dispose", request_dispose},
    {"receive_cancel", request_receive_cancel},
    {NULL, NULL},
};

const struct mlua_class mlua_request_class = {
    .name = "moonsip.IncomingRequest",
    .methods = methods,
    .gc = collect,
    .user_values = VALUES,
    .fields = fields,
    .read = read_field,
    .write = write_field,
    .tostring = show,
};
