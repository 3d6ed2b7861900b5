/* moonsip.relay.core: the response context of a request that is sent on.
 *
 *   context = core.begin(request, { understood = {}, preloaded =, tells = })
 *   branch = context:branch { target =, routes = {}, headers = {}, remove = {},
 *                             realm =, record_route =, path =, max_breadth =,
 *                             timeout = }
 *   branch, response, err = context:next()  waits; nothing when none is open
 *   context:respond(response, others)  context:cancel(branch)
 *   context:silence()
 *
 * Options were checked by moonsip.proxy; what is wrong here is its mistake.
 */
#include "relay.h"

#include "error.h"
#include "response.h"
#include "task.h"
#include "ua/relay.h"

struct context {
  struct mlua_box box;      /* obj is the context itself */
  struct mlua_task *waiter; /* in next() */
  int open;                 /* branches whose end was not told yet */
  int first, last;          /* of the results in QUEUE */
};

/* User values: of a context, then of a branch. */
enum { REQUEST = 1, QUEUE, CONTEXT_VALUES = 2 };
enum { CONTEXT = 1, BRANCH_VALUES = 1 };

/* Provisional responses that nobody took out of QUEUE; more are not told of. */
enum { UNTOLD = 64 };

static const struct mlua_class context_class, branch_class;

static struct context *self(lua_State *L)
{
  return (struct context *)mlua_box_check(L, 1, &context_class);
}

/* --- options ------------------------------------------------------------ */

static struct msip_str text_field(lua_State *L, const char *name)
{
  lua_getfield(L, 2, name);
  return lua_isnil(L, -1) ? MSIP_STR("") : mlua_check_str(L, -1);
}

static bool bool_field(lua_State *L, const char *name)
{
  bool value;

  lua_getfield(L, 2, name);
  value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

static uint32_t integer_field(lua_State *L, const char *name)
{
  lua_Integer value;

  lua_getfield(L, 2, name);
  value = luaL_optinteger(L, -1, 0);
  lua_pop(L, 1);
  return (uint32_t)value;
}

/* A list of strings; the table and the array stay on the stack. */
static unsigned list_field(lua_State *L, const char *name,
                           const struct msip_str **out)
{
  struct msip_str *texts;
  unsigned count;

  *out = NULL;
  if (lua_getfield(L, 2, name) == LUA_TNIL)
    return 0;
  count = (unsigned)luaL_len(L, -1);
  texts = lua_newuserdatauv(L, (count + 1) * sizeof *texts, 0);
  for (unsigned i = 0; i < count; i++) {
    lua_rawgeti(L, -2, (lua_Integer)i + 1);
    texts[i] = mlua_check_str(L, -1);
    lua_pop(L, 1); /* the list keeps it */
  }
  *out = texts;
  return count;
}

/* --- branches ----------------------------------------------------------- */

/* Of the context at 1. */
static struct msip_request *request_of(lua_State *L, int *gone)
{
  struct mlua_box *box;

  self(L);
  lua_getiuservalue(L, 1, REQUEST);
  box = mlua_box_check(L, -1, &mlua_request_class);
  *gone = box->gone;
  return box->obj;
}

/* The author's mistakes are raised. */
static int refused(lua_State *L, const struct mlua_box *box, int err)
{
  const char *why = msip_ua_why(box->engine->ua);

  if (err == MSIP_EINVALID)
    return luaL_error(L, "%s", why);
  return mlua_fail(L, err, why && *why ? why : NULL);
}

/* core.begin(request, rules) -> context | nil, err */
static int begin(lua_State *L)
{
  struct mlua_box *box = mlua_box_check(L, 1, &mlua_request_class);
  struct msip_relay_rules rules = {.preloaded = bool_field(L, "preloaded"),
                                   .tells = bool_field(L, "tells")};
  struct context *context;
  int err;

  if (!box->obj)
    return mlua_fail(L, box->gone, NULL);
  if (!box->engine->settings.proxy)
    return luaL_error(L, "to send requests on, a script says "
                         "script.settings = { proxy = true }");
  rules.understood_count = list_field(L, "understood", &rules.understood);
  context =
      mlua_box_new_sized(L, box->engine, &context_class, NULL, sizeof *context);
  context->box.obj = context;
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, REQUEST);
  lua_newtable(L);
  lua_setiuservalue(L, -2, QUEUE);
  err = msip_request_relay_begin(box->obj, &rules);
  return err ? refused(L, box, err) : 1;
}

static void read_options(lua_State *L, struct msip_relay_options *options)
{
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checkstack(L, 24, "options");
  options->target = text_field(L, "target");
  options->realm = text_field(L, "realm");
  options->route_count = list_field(L, "routes", &options->routes);
  options->header_count = list_field(L, "headers", &options->headers);
  options->remove_count = list_field(L, "remove", &options->remove);
  options->record_route = bool_field(L, "record_route");
  options->path = bool_field(L, "path");
  options->max_breadth = integer_field(L, "max_breadth");
  options->timeout_ms = integer_field(L, "timeout");
}

/* context:branch(options) -> branch | nil, err */
static int start_branch(lua_State *L)
{
  struct context *context = self(L);
  struct msip_relay_options options = {0};
  struct msip_outgoing *outgoing;
  struct mlua_box *branch;
  struct msip_request *r;
  int err, gone;

  lua_settop(L, 2);
  read_options(L, &options);
  r = request_of(L, &gone);
  if (!r)
    return mlua_fail(L, gone, NULL);
  branch = mlua_box_new(L, context->box.engine, &branch_class, NULL, true);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, CONTEXT);
  err = msip_request_relay(r, &options, &outgoing);
  if (err) {
    mlua_box_empty(L, branch, err);
    return refused(L, &context->box, err);
  }
  branch->obj = outgoing;
  msip_outgoing_set_box(outgoing, branch);
  context->open++;
  return 1;
}

/* context:cancel(branch) */
static int cancel(lua_State *L)
{
  struct mlua_box *branch = mlua_box_check(L, 2, &branch_class);

  self(L);
  if (branch->obj)
    msip_outgoing_relay_cancel(branch->obj);
  return 0;
}

/* --- results ------------------------------------------------------------ */

/* Pushes branch, response and error of the first result in the queue that lies
 * on top, and takes it out. */
static int take_result(lua_State *L, struct context *context)
{
  int queue = lua_gettop(L);

  lua_rawgeti(L, queue, ++context->first);
  lua_pushnil(L);
  lua_rawseti(L, queue, context->first);
  for (int i = 1; i <= 3; i++)
    lua_rawgeti(L, queue + 1, i);
  if (context->first == context->last)
    context->first = context->last = 0;
  return 3;
}

static void left(struct mlua_task *task, void *arg)
{
  (void)task;
  ((struct context *)arg)->waiter = NULL;
}

/* context:next() -> branch, response, err */
static int next_result(lua_State *L)
{
  struct context *context = self(L);
  struct mlua_task *task;

  lua_settop(L, 1);
  if (context->first < context->last) {
    lua_getiuservalue(L, 1, QUEUE);
    return take_result(L, context);
  }
  if (context->open == 0)
    return 0;
  task = mlua_task_current(L);
  task->on_close = left;
  task->close_arg = context; /* alive: it lies on the task's stack */
  context->waiter = task;
  return mlua_task_park(L);
}

static void push_response(lua_State *L, struct mlua_engine *engine,
                          struct msip_msg *message)
{
  struct mlua_value *value =
      mlua_value_new(L, engine, &mlua_incoming_response_class, sizeof *value);

  mlua_value_set_message(L, value, message);
}

/* Puts { branch, response, err } behind the others; the context is on top. */
static void queue_result(lua_State *L, struct context *context, int branch,
                         struct msip_msg *message, int err)
{
  lua_getiuservalue(L, -1, QUEUE);
  lua_createtable(L, 3, 0);
  lua_pushvalue(L, branch);
  lua_rawseti(L, -2, 1);
  if (message) {
    push_response(L, context->box.engine, message);
    lua_rawseti(L, -2, 2);
  } else {
    mlua_push_error(L, err, NULL);
    lua_rawseti(L, -2, 3);
  }
  lua_rawseti(L, -2, ++context->last);
}

void mlua_relay_result(lua_State *L, struct msip_outgoing *outgoing,
                       struct msip_msg *message, int err)
{
  struct mlua_box *branch = msip_outgoing_box(outgoing);
  bool final = !message || message->status >= 200;
  int top = lua_gettop(L);
  struct context *context;
  struct mlua_task *task;

  if (!branch)
    return;
  luaL_checkstack(L, 16, "results");
  mlua_box_push(L, branch);
  lua_getiuservalue(L, -1, CONTEXT);
  context = (struct context *)mlua_box_check(L, -1, &context_class);
  if (final || context->last - context->first < UNTOLD)
    queue_result(L, context, top + 1, message, err);
  if (final)
    context->open--;
  task = context->waiter;
  if (task) {
    context->waiter = NULL;
    task->on_close = NULL;
    take_result(L, context);
    luaL_checkstack(task->co, 4, "results");
    lua_xmove(L, task->co, 3);
    mlua_task_resume(task, 3);
  }
  lua_settop(L, top);
}

/* --- the answer --------------------------------------------------------- */

static const struct msip_msg *message_at(lua_State *L, int arg)
{
  struct mlua_box *box = mlua_box_check(L, arg, &mlua_incoming_response_class);

  return ((struct mlua_value *)box)->message;
}

/* context:respond(response, others) -> moonsip.Response | nil, err */
static int respond(lua_State *L)
{
  struct context *context = self(L);
  const struct msip_msg *response = message_at(L, 2), **more;
  struct mlua_value *sent;
  struct msip_request *r;
  unsigned count;
  int err, gone;

  luaL_checktype(L, 3, LUA_TTABLE);
  lua_settop(L, 3);
  count = (unsigned)luaL_len(L, 3);
  more = lua_newuserdatauv(L, (count + 1) * sizeof *more, 0);
  for (unsigned i = 0; i < count; i++) {
    lua_rawgeti(L, 3, (lua_Integer)i + 1);
    more[i] = message_at(L, -1);
    lua_pop(L, 1); /* the list keeps it */
  }
  r = request_of(L, &gone);
  if (!r)
    return mlua_fail(L, gone, NULL);
  sent = mlua_response_new(L, context->box.engine);
  err = msip_request_relay_response(r, response, more, count, &sent->bytes);
  return err ? refused(L, &context->box, err) : 1;
}

/* context:silence() */
static int silence(lua_State *L)
{
  int gone;
  struct msip_request *r = request_of(L, &gone);

  if (r)
    msip_request_relay_silence(r);
  return 0;
}

/* context:breadth() -> what Max-Breadth lets it spread */
static int breadth(lua_State *L)
{
  int gone;
  struct msip_request *r = request_of(L, &gone);

  lua_pushinteger(
      L, r ? (lua_Integer)msip_relay_max_breadth(msip_request_message(r)) : 0);
  return 1;
}

static const luaL_Reg methods[] = {
    {"branch", start_branch},
    {"next", next_result},
    {"cancel", cancel},
    {"respond", respond},
    {"silence", silence},
    {"breadth", breadth},
    {NULL, NULL},
};

static const struct mlua_class context_class = {
    .name = "moonsip.relay.Context",
    .methods = methods,
    .user_values = CONTEXT_VALUES,
};

static const struct mlua_class branch_class = {
    .name = "moonsip.relay.Branch",
    .user_values = BRANCH_VALUES,
};

int mlua_open_relay(lua_State *L)
{
  mlua_class_open(L, &context_class);
  mlua_class_open(L, &branch_class);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, begin);
  lua_setfield(L, -2, "begin");
  return 1;
}
