#include "error.h"
#include "reply_args.h"
#include "response.h"
#include "task.h"

struct outgoing_box {
  struct mlua_box box;
  struct msip_link_node waiters;
  enum msip_method method;
  int responses; /* how many came; RESPONSES holds the latest of them */
  int err;       /* it failed */
  bool done;     /* the last response is final, or err is set */
  bool quiet;    /* nobody asks for its responses: only the delegate hears */
};

/* A task in wait() or in the iterator of responses().  It lies on the stack of
 * that task, below the frame that yielded. */
struct waiter {
  struct msip_link_node node;
  struct mlua_task *task;
  bool any; /* provisional responses count too */
};

/* A peer may send provisional responses for as long as it likes. */
enum { RESPONSES_KEPT = 64 };

/* User values. */
enum { DELEGATE = 1, MESSAGE, RESPONSES, SENT, SESSION, VALUES = 5 };

enum field { F_MESSAGE, F_DELEGATE, F_METHOD, F_SESSION };
static const char *const fields[] = {"message", "delegate", "method", "session",
                                     NULL};

void mlua_push_outgoing(lua_State *L, struct mlua_engine *engine,
                        struct msip_outgoing *outgoing)
{
  struct outgoing_box *box = msip_outgoing_box(outgoing);

  if (box) {
    mlua_box_push(L, &box->box);
    return;
  }
  box = mlua_box_new_sized(L, engine, &mlua_outgoing_class, outgoing,
                           sizeof *box);
  msip_list_init(&box->waiters);
  box->method = msip_outgoing_method(outgoing);
  lua_pushvalue(L, -1);
  box->box.ref = luaL_ref(L, LUA_REGISTRYINDEX);
  box->box.holds = 1;
  msip_outgoing_set_box(outgoing, box);
}

void mlua_outgoing_quiet(struct msip_outgoing *outgoing)
{
  struct outgoing_box *box = msip_outgoing_box(outgoing);

  box->quiet = true;
}

static struct outgoing_box *self(lua_State *L)
{
  return (struct outgoing_box *)mlua_box_check(L, 1, &mlua_outgoing_class);
}

/* The bytes as sent: the engine's while it lives, then those kept with the
 * first result.  NULL while the request is queued. */
static struct msip_bytes *sent_bytes(lua_State *L, const struct mlua_box *box)
{
  struct mlua_value *sent = NULL;

  if (box->obj)
    return msip_outgoing_bytes(box->obj);
  if (lua_getiuservalue(L, 1, SENT) != LUA_TNIL)
    sent = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return sent ? sent->bytes : NULL;
}

/* The request as sent, read again like any other message. */
static int read_message(lua_State *L, struct mlua_box *box)
{
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  const struct msip_msg_limits limits = {UINT16_MAX, UINT16_MAX, UINT16_MAX,
                                         MSIP_MSG_HEADERS_MAX};
  struct msip_bytes *bytes;
  struct msip_fault fault;
  struct msip_msg message = {0};

  if (mlua_value_cached(L, 1, MESSAGE))
    return 1;
  bytes = sent_bytes(L, box);
  if (!bytes || msip_msg_parse(&message, rows, msip_bytes_str(bytes), &limits,
                               &fault) != 0)
    return 0;
  mlua_push_message(L, box->engine, &message);
  mlua_value_cache(L, 1, MESSAGE);
  return 1;
}

/* The call it belongs to, or made. */
static int read_session(lua_State *L, struct mlua_box *box)
{
  struct msip_session *session =
      box->obj ? msip_outgoing_session(box->obj) : NULL;

  if (session)
    mlua_push_session(L, box->engine, session);
  else
    lua_getiuservalue(L, 1, SESSION);
  return 1;
}

static int read_field(lua_State *L, struct mlua_box *box, int field)
{
  switch ((enum field)field) {
  case F_MESSAGE:
    return read_message(L, box);
  case F_DELEGATE:
    return mlua_read_delegate(L, box, DELEGATE);
  case F_METHOD:
    mlua_push_str(L, msip_method_name(((struct outgoing_box *)box)->method));
    return 1;
  case F_SESSION:
    return read_session(L, box);
  }
  return 0;
}

static int write_field(lua_State *L, struct mlua_box *box, int field)
{
  if (field != F_DELEGATE)
    return 0;
  return mlua_write_delegate(L, box, DELEGATE);
}

/* Waiting */

/* The task of a waiter was closed. */
static void left(struct mlua_task *task, void *arg)
{
  (void)task;
  msip_list_del(&((struct waiter *)arg)->node);
}

static int park(lua_State *L, struct outgoing_box *box, bool any)
{
  struct mlua_task *task = mlua_task_current(L);
  struct waiter *waiter = lua_newuserdatauv(L, sizeof *waiter, 0);

  waiter->task = task;
  waiter->any = any;
  msip_list_add(&box->waiters, &waiter->node);
  task->on_close = left;
  task->close_arg = waiter;
  return mlua_task_park(L);
}

/* Pushes response `i` of the box at index `index`. */
static void push_kept(lua_State *L, int index, int i)
{
  lua_getiuservalue(L, index, RESPONSES);
  lua_rawgeti(L, -1, i);
  lua_remove(L, -2);
}

/* call:wait() -> response | nil, err */
static int outgoing_wait(lua_State *L)
{
  struct outgoing_box *box = self(L);

  if (box->err)
    return mlua_fail(L, box->err, NULL);
  if (box->done) {
    push_kept(L, 1, box->responses);
    return 1;
  }
  if (!box->box.obj)
    return mlua_fail(L, box->box.gone, NULL);
  return park(L, box, false);
}

/* Upvalues: the box, how many responses it has given. */
static int next_response(lua_State *L)
{
  struct outgoing_box *box;
  int given = (int)lua_tointeger(L, lua_upvalueindex(2));

  lua_settop(L, 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  box = self(L);
  if (given < box->responses - RESPONSES_KEPT)
    given = box->responses - RESPONSES_KEPT;
  lua_pushinteger(L, given + 1);
  lua_replace(L, lua_upvalueindex(2));
  if (given < box->responses) {
    push_kept(L, 1, given + 1);
    return 1;
  }
  if (box->done || !box->box.obj)
    return 0;
  return park(L, box, true);
}

/* for response in call:responses() do */
static int outgoing_responses(lua_State *L)
{
  self(L);
  lua_settop(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_response, 2);
  return 1;
}

/* Keeps what was sent beyond the life of the request; the box is on top. */
static void keep_sent(lua_State *L, struct mlua_engine *engine,
                      const struct msip_outgoing *outgoing)
{
  struct msip_bytes *bytes = msip_outgoing_bytes(outgoing);

  if (!bytes)
    return;
  mlua_response_new(L, engine)->bytes = msip_bytes_hold(bytes);
  lua_setiuservalue(L, -2, SENT);
}

/* Keeps the call of the first final response, likewise. */
static void keep_session(lua_State *L, struct mlua_engine *engine,
                         struct msip_session *session)
{
  if (lua_getiuservalue(L, -1, SESSION) == LUA_TNIL) {
    mlua_push_session(L, engine, session);
    lua_setiuservalue(L, -3, SESSION);
  }
  lua_pop(L, 1);
}

/* Keeps the response on top of L as the box's latest. */
static void keep_response(lua_State *L, struct outgoing_box *box)
{
  mlua_box_push(L, &box->box);
  if (lua_getiuservalue(L, -1, RESPONSES) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, -3, RESPONSES);
  }
  lua_pushvalue(L, -3);
  lua_rawseti(L, -2, ++box->responses);
  if (box->responses > RESPONSES_KEPT) {
    lua_pushnil(L);
    lua_rawseti(L, -2, box->responses - RESPONSES_KEPT);
  }
  lua_pop(L, 2);
}

/* Resumes one waiter: with the response on top of L (which stays), or with nil
 * and the error. */
static void wake(lua_State *L, struct waiter *waiter, int err)
{
  struct mlua_task *task = waiter->task;
  int results = 1;

  msip_list_del(&waiter->node);
  task->on_close = NULL;
  luaL_checkstack(task->co, 4, "results");
  if (err) {
    results = mlua_fail(task->co, err, NULL);
  } else {
    lua_pushvalue(L, -1);
    lua_xmove(L, task->co, 1);
  }
  mlua_task_resume(task, results);
}

/* Those in the list now that this concerns; who waits again waits for more. */
static void wake_all(lua_State *L, struct outgoing_box *box, int err)
{
  struct msip_link_node due;
  struct msip_link_node *node = box->waiters.next;

  msip_list_init(&due);
  while (node != &box->waiters) {
    struct waiter *waiter = MSIP_CONTAINER(node, struct waiter, node);

    node = node->next;
    if (!box->done && !waiter->any)
      continue;
    msip_list_del(&waiter->node);
    msip_list_add(&due, &waiter->node);
  }
  while (!msip_list_empty(&due))
    wake(L, MSIP_CONTAINER(due.next, struct waiter, node), err);
}

bool mlua_outgoing_result(lua_State *L, struct mlua_engine *engine,
                          struct msip_outgoing *outgoing,
                          struct msip_session *session,
                          struct msip_msg *message, int err)
{
  struct outgoing_box *box = msip_outgoing_box(outgoing);
  int top = lua_gettop(L);

  if (!box || box->done || box->quiet)
    return false;
  luaL_checkstack(L, 8, "results");
  mlua_box_push(L, &box->box); /* alive while its waiters run */
  box->done = err || !message || message->status >= 200;
  box->err = err;
  if (box->done)
    keep_sent(L, engine, outgoing);
  if (session && message && message->status >= 200)
    keep_session(L, engine, session);
  if (message) {
    mlua_push_response(L, engine, outgoing, session, message);
    keep_response(L, box);
  }
  wake_all(L, box, err);
  if (!message) {
    lua_settop(L, top);
    return false;
  }
  lua_settop(L, top + 2);
  lua_remove(L, top + 1);
  return true;
}

/* call:cancel(options?) -> true | nil, err */
static int outgoing_cancel(lua_State *L)
{
  static const struct mlua_reply_rule rule = {.method = "cancel",
                                              .options = MLUA_OPTION_HEADERS};
  struct outgoing_box *box = self(L);
  struct mlua_reply_args args;
  const char *why;
  int err;

  mlua_reply_args(L, 2, &rule, &args);
  if (!box->box.obj)
    return mlua_fail(L, box->done ? MSIP_ESTATE : box->box.gone, NULL);
  err = msip_outgoing_cancel(box->box.obj, &args.reply);
  why = msip_ua_why(box->box.engine->ua);
  if (err == MSIP_EINVALID)
    return luaL_error(L, "cancel: %s", why);
  if (err)
    return mlua_fail(L, err, why);
  lua_pushboolean(L, 1);
  return 1;
}

/* call:dispose(): its result interests nobody; the engine ends it by itself. */
static int outgoing_dispose(lua_State *L)
{
  self(L);
  lua_pushnil(L);
  lua_setiuservalue(L, 1, DELEGATE);
  return 0;
}

static int show(lua_State *L)
{
  struct outgoing_box *box = self(L);
  const char *state = "waiting";

  if (box->done)
    state = "done";
  else if (!box->box.obj)
    state = "gone";
  lua_pushfstring(L, "%s: %s", mlua_outgoing_class.name, state);
  return 1;
}

static const luaL_Reg methods[] = {
    {"wait", outgoing_wait},
    {"responses", outgoing_responses},
    {"cancel", outgoing_cancel},
    {"dispose", outgoing_dispose},
    {NULL, NULL},
};

const struct mlua_class mlua_outgoing_class = {
    .name = "moonsip.OutgoingRequest",
    .methods = methods,
    .user_values = VALUES,
    .fields = fields,
    .read = read_field,
    .write = write_field,
    .tostring = show,
};
