#include "delegate.h"
#include "error.h"
#include "start.h"
#include "value.h"

/* User values. */
enum { DELEGATE = 1, DATA, VALUES = 2 };

struct subscription_box {
  struct mlua_box box;
  bool notifier;
  struct msip_seconds again; /* once it is over */
};

enum field {
  ID,
  EVENT,
  STATE,
  EXPIRES,
  ROLE,
  REMOTE_URI,
  LOCAL_URI,
  SESSION,
  RETRY_AFTER,
  DELEGATE_FIELD,
  DATA_FIELD,
};
static const char *const fields[] = {
    "id",        "event",   "state",       "expires",  "role", "remote_uri",
    "local_uri", "session", "retry_after", "delegate", "data", NULL};

/* Until the script gives it one of its own, the delegate of the request that
 * made it hears of it.  The new box is on top. */
static void inherit_delegate(lua_State *L, const struct msip_subscription *sub)
{
  const struct msip_outgoing *maker = msip_subscription_maker(sub);
  struct mlua_box *from = maker ? msip_outgoing_box(maker) : NULL;

  if (!from)
    return;
  mlua_box_push(L, from);
  lua_getiuservalue(L, -1, DELEGATE);
  lua_setiuservalue(L, -3, DELEGATE);
  lua_pop(L, 1);
}

void mlua_push_subscription(lua_State *L, struct mlua_engine *engine,
                            struct msip_subscription *sub)
{
  struct subscription_box *box = msip_subscription_box(sub);

  if (box) {
    mlua_box_push(L, &box->box);
    return;
  }
  luaL_checkstack(L, 4, "a subscription");
  box =
      mlua_box_new_sized(L, engine, &mlua_subscription_class, sub, sizeof *box);
  box->notifier = msip_subscription_is_notifier(sub);
  mlua_box_remember(L, &box->box);
  mlua_box_hold(L, &box->box);
  msip_subscription_set_box(sub, box);
  inherit_delegate(L, sub);
}

void mlua_subscription_over(struct msip_subscription *sub)
{
  struct subscription_box *box = msip_subscription_box(sub);

  if (box)
    box->again = msip_subscription_again(sub);
}

/* Call-ID, both tags, the package and which of them: unique. */
static int push_id(lua_State *L, const struct msip_subscription *sub)
{
  const struct msip_session *dialog = msip_subscription_dialog(sub);
  struct msip_str parts[] = {
      msip_session_call_id(dialog), msip_session_local_tag(dialog),
      msip_session_remote_tag(dialog), msip_subscription_event(sub),
      msip_subscription_id(sub)};
  luaL_Buffer text;

  luaL_buffinit(L, &text);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (i)
      luaL_addchar(&text, ';');
    luaL_addlstring(&text, parts[i].at, parts[i].len);
  }
  luaL_pushresult(&text);
  return 1;
}

static int read_data(lua_State *L)
{
  if (mlua_value_cached(L, 1, DATA))
    return 1;
  lua_newtable(L);
  mlua_value_cache(L, 1, DATA);
  return 1;
}

/* What is left of one that is over. */
static int read_gone(lua_State *L, const struct subscription_box *box,
                     enum field field)
{
  switch ((unsigned)field) {
  case DATA_FIELD:
    return read_data(L);
  case STATE:
    lua_pushliteral(L, "terminated");
    return 1;
  case EXPIRES:
    lua_pushinteger(L, 0);
    return 1;
  case ROLE:
    lua_pushstring(L, box->notifier ? "notifier" : "subscriber");
    return 1;
  case RETRY_AFTER:
    if (!box->again.given)
      return 0;
    lua_pushinteger(L, box->again.n);
    return 1;
  default:
    return 0;
  }
}

static int read_live(lua_State *L, struct subscription_box *box,
                     enum field field)
{
  struct msip_subscription *sub = box->box.obj;
  const struct msip_session *dialog = msip_subscription_dialog(sub);
  struct msip_session *session = msip_subscription_session(sub);

  switch (field) {
  case ID:
    return push_id(L, sub);
  case EVENT:
    mlua_push_str(L, msip_subscription_event(sub));
    return 1;
  case STATE:
    lua_pushstring(L,
                   msip_subscription_state_name(msip_subscription_state(sub)));
    return 1;
  case EXPIRES:
    lua_pushinteger(L, msip_subscription_expires(sub));
    return 1;
  case REMOTE_URI:
    mlua_push_uri(L, msip_session_remote_uri(dialog));
    return 1;
  case LOCAL_URI:
    mlua_push_uri(L, msip_session_local_uri(dialog));
    return 1;
  case SESSION:
    if (!session)
      return 0;
    mlua_push_session(L, box->box.engine, session);
    return 1;
  case DELEGATE_FIELD:
    return mlua_read_delegate(L, &box->box, DELEGATE);
  case ROLE:
  case RETRY_AFTER:
  case DATA_FIELD:
    return read_gone(L, box, field);
  }
  return 0;
}

static int read_field(lua_State *L, struct mlua_box *box, int field)
{
  struct subscription_box *sub = (struct subscription_box *)box;

  return box->obj ? read_live(L, sub, (enum field)field)
                  : read_gone(L, sub, (enum field)field);
}

static int write_field(lua_State *L, struct mlua_box *box, int field)
{
  if (field != DELEGATE_FIELD)
    return 0;
  return mlua_write_delegate(L, box, DELEGATE);
}

static struct mlua_box *self(lua_State *L)
{
  return mlua_box_check(L, 1, &mlua_subscription_class);
}

static int notify(lua_State *L, struct mlua_box *box,
                  struct msip_notice *notice,
                  const struct mlua_reply_args *args, const char *method)
{
  struct msip_outgoing *out = NULL;
  int err;

  if (!box->obj)
    return mlua_fail(L, box->gone, NULL);
  notice->options = &args->reply;
  err = msip_subscription_notify(box->obj, notice, &out);
  return mlua_outgoing_or_fail(L, box->engine, out, err, args, method);
}

/* subscription:notify(options?) -> OutgoingRequest | nil, err */
static int subscription_notify(lua_State *L)
{
  static const struct mlua_reply_rule rule = {
      "notify", 100, 699,
      MLUA_OPTION_HEADERS | MLUA_OPTION_BODY | MLUA_OPTION_STATUS |
          MLUA_OPTION_REASON | MLUA_OPTION_DELEGATE | MLUA_OPTION_STATE};
  struct mlua_box *box = self(L);
  struct mlua_reply_args args;
  struct msip_notice notice = {.reason = MSIP_STR("")};

  mlua_reply_args(L, 2, &rule, &args);
  notice.state = args.state;
  return notify(L, box, &notice, &args, rule.method);
}

/* subscription:terminate(reason?, options?) -> OutgoingRequest | nil, err */
static int subscription_terminate(lua_State *L)
{
  static const struct mlua_reply_rule rule = {
      "terminate", 100, 699,
      MLUA_OPTION_HEADERS | MLUA_OPTION_BODY | MLUA_OPTION_STATUS |
          MLUA_OPTION_REASON | MLUA_OPTION_DELEGATE | MLUA_OPTION_RETRY_AFTER};
  struct mlua_box *box = self(L);
  struct mlua_reply_args args;
  struct msip_notice notice = {.state = MSIP_SUBSCRIPTION_TERMINATED,
                               .reason = MSIP_STR("")};

  lua_settop(L, 3);
  if (!lua_isnil(L, 2))
    notice.reason = mlua_check_str(L, 2);
  mlua_reply_args(L, 3, &rule, &args);
  notice.retry_after = args.retry_after;
  return notify(L, box, &notice, &args, rule.method);
}

static int renew(lua_State *L, const struct mlua_reply_rule *rule, bool end)
{
  struct mlua_box *box = self(L);
  struct mlua_reply_args args;
  struct msip_outgoing *out = NULL;
  int err;

  mlua_reply_args(L, 2, rule, &args);
  if (!box->obj)
    return mlua_fail(L, box->gone, NULL);
  if (end)
    args.reply.expires = (struct msip_seconds){true, 0};
  err = msip_subscription_refresh(box->obj, &args.reply, args.reply.expires,
                                  &out);
  return mlua_outgoing_or_fail(L, box->engine, out, err, &args, rule->method);
}

/* subscription:refresh(options?) -> OutgoingRequest | nil, err */
static int subscription_refresh(lua_State *L)
{
  static const struct mlua_reply_rule rule = {
      .method = "refresh",
      .options = MLUA_OPTION_HEADERS | MLUA_OPTION_BODY | MLUA_OPTION_DELEGATE |
                 MLUA_OPTION_GRANT};

  return renew(L, &rule, false);
}

/* subscription:unsubscribe(options?) -> OutgoingRequest | nil, err */
static int subscription_unsubscribe(lua_State *L)
{
  static const struct mlua_reply_rule rule = {
      .method = "unsubscribe",
      .options = MLUA_OPTION_HEADERS | MLUA_OPTION_BODY | MLUA_OPTION_DELEGATE};

  return renew(L, &rule, true);
}

/* subscription:dispose() */
static int subscription_dispose(lua_State *L)
{
  struct mlua_box *box = self(L);

  if (box->obj)
    msip_subscription_dispose(box->obj);
  return 0;
}

/* "moonsip.Subscription: active" */
static int show(lua_State *L)
{
  struct mlua_box *box = self(L);

  lua_pushfstring(
      L, "%s: %s", mlua_subscription_class.name,
      box->obj ? msip_subscription_state_name(msip_subscription_state(box->obj))
               : "gone");
  return 1;
}

static const luaL_Reg methods[] = {
    {"dispose", subscription_dispose},
    {"notify", subscription_notify},
    {"refresh", subscription_refresh},
    {"terminate", subscription_terminate},
    {"unsubscribe", subscription_unsubscribe},
    {NULL, NULL},
};

const struct mlua_class mlua_subscription_class = {
    .name = "moonsip.Subscription",
    .methods = methods,
    .user_values = VALUES,
    .fields = fields,
    .read = read_field,
    .write = write_field,
    .tostring = show,
};
