#include "testing.h"

#include "transaction/txn.h"
#include "transport/reply_route.h"

#include <stdio.h>

static const struct msip_txn_timers usual = {500, 4000, 5000};

static int push_error(lua_State *L, int err)
{
  lua_pushnil(L);
  lua_pushstring(L, msip_err_text(err));
  lua_pushstring(L, msip_err_name(err));
  return 3;
}

static uint32_t number_field(lua_State *L, int arg, const char *key,
                             uint32_t standard)
{
  uint32_t number = standard;

  if (lua_istable(L, arg)) {
    if (lua_getfield(L, arg, key) != LUA_TNIL)
      number = (uint32_t)luaL_checkinteger(L, -1);
    lua_pop(L, 1);
  }
  return number;
}

static bool flag_field(lua_State *L, int arg, const char *key)
{
  bool flag = false;

  if (lua_istable(L, arg)) {
    lua_getfield(L, arg, key);
    flag = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
  }
  return flag;
}

static struct msip_txn_timers timers_arg(lua_State *L, int arg)
{
  return (struct msip_txn_timers){
      .t1 = number_field(L, arg, "t1", usual.t1),
      .t2 = number_field(L, arg, "t2", usual.t2),
      .t4 = number_field(L, arg, "t4", usual.t4),
  };
}

/* The four machines. */

#define MACHINE_NAME "testing.machine"

struct machine {
  enum msip_txn_kind kind;
  struct msip_txn_timers timers;
  union {
    struct msip_ict ict;
    struct msip_nict nict;
    struct msip_ist ist;
    struct msip_nist nist;
    enum msip_txn_state state;
  };
};

/* In the order of the enums. */
static const char *const ict_events[] = {
    "1xx",     "2xx",     "failure",         "timer_A", "timer_B",
    "timer_D", "timer_M", "transport_error", NULL};
static const char *const nict_events[] = {
    "1xx", "final", "timer_E", "timer_F", "timer_K", "transport_error", NULL};
static const char *const ist_events[] = {
    "send_100", "send_1xx", "send_2xx", "send_failure",    "repeat",
    "invite",   "ack",      "timer_T",  "timer_P",         "timer_G",
    "timer_H",  "timer_I",  "timer_L",  "transport_error", NULL};
static const char *const nist_events[] = {
    "send_100", "send_1xx", "send_final", "repeat",          "request",
    "timer_T",  "timer_F",  "timer_J",    "transport_error", NULL};

static void push_effect(lua_State *L, const struct msip_fx *fx)
{
  switch (fx->kind) {
  case MSIP_FX_SEND:
    lua_pushliteral(L, "send");
    break;
  case MSIP_FX_ARM:
    lua_pushfstring(L, "arm %c %d", fx->timer, (int)fx->ms);
    break;
  case MSIP_FX_STOP:
    lua_pushfstring(L, "stop %c", fx->timer);
    break;
  case MSIP_FX_TO_USER:
    lua_pushliteral(L, "to user");
    break;
  case MSIP_FX_ACK:
    lua_pushliteral(L, "ack");
    break;
  case MSIP_FX_TIMEOUT:
    lua_pushliteral(L, "timeout");
    break;
  case MSIP_FX_FAILED:
    lua_pushliteral(L, "failed");
    break;
  case MSIP_FX_FORGET:
    lua_pushliteral(L, "forget");
    break;
  case MSIP_FX_GONE:
    lua_pushliteral(L, "gone");
    break;
  }
}

static int push_effects(lua_State *L, const struct msip_fx_list *list)
{
  lua_createtable(L, list->count, 0);
  for (int i = 0; i < list->count; i++) {
    push_effect(L, &list->fx[i]);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

static void start(struct machine *m, bool reliable, struct msip_fx_list *fx)
{
  switch (m->kind) {
  case MSIP_ICT:
    msip_ict_start(&m->ict, &m->timers, reliable, fx);
    break;
  case MSIP_NICT:
    msip_nict_start(&m->nict, &m->timers, reliable, fx);
    break;
  case MSIP_IST:
    msip_ist_start(&m->ist, reliable, fx);
    break;
  case MSIP_NIST:
    msip_nist_start(&m->nist, &m->timers, reliable, fx);
    break;
  }
}

/* testing.ist{ reliable =, t1 =, t2 =, t4 = } -> machine, first effects */
static int machine_new(lua_State *L)
{
  struct machine *m = lua_newuserdatauv(L, sizeof *m, 0);
  struct msip_fx_list fx = {.count = 0};

  luaL_setmetatable(L, MACHINE_NAME);
  m->kind = (enum msip_txn_kind)lua_tointeger(L, lua_upvalueindex(1));
  m->timers = timers_arg(L, 1);
  start(m, flag_field(L, 1, "reliable"), &fx);
  return 1 + push_effects(L, &fx);
}

static struct machine *machine_arg(lua_State *L)
{
  return luaL_checkudata(L, 1, MACHINE_NAME);
}

static int step(lua_State *L, struct machine *m, struct msip_fx_list *fx)
{
  switch (m->kind) {
  case MSIP_ICT:
    msip_ict_step(&m->ict, &m->timers,
                  (enum msip_ict_event)luaL_checkoption(L, 2, NULL, ict_events),
                  fx);
    return 0;
  case MSIP_NICT:
    msip_nict_step(
        &m->nict, &m->timers,
        (enum msip_nict_event)luaL_checkoption(L, 2, NULL, nict_events), fx);
    return 0;
  case MSIP_IST:
    return msip_ist_step(
        &m->ist, &m->timers,
        (enum msip_ist_event)luaL_checkoption(L, 2, NULL, ist_events), fx);
  case MSIP_NIST:
    return msip_nist_step(
        &m->nist, &m->timers,
        (enum msip_nist_event)luaL_checkoption(L, 2, NULL, nist_events), fx);
  }
  return MSIP_EINVALID;
}

/* machine:step(event) -> effects | nil, message, code */
static int machine_step(lua_State *L)
{
  struct msip_fx_list fx = {.count = 0};
  int err = step(L, machine_arg(L), &fx);

  return err ? push_error(L, err) : push_effects(L, &fx);
}

static int machine_state(lua_State *L)
{
  lua_pushstring(L, msip_txn_state_name(machine_arg(L)->state));
  return 1;
}

static int machine_describe(lua_State *L)
{
  struct machine *m = machine_arg(L);
  struct msip_buf buf;

  msip_buf_init(&buf, &testing_pool, 200);
  switch (m->kind) {
  case MSIP_ICT:
    msip_ict_describe(&m->ict, &buf);
    break;
  case MSIP_NICT:
    msip_nict_describe(&m->nict, &buf);
    break;
  case MSIP_IST:
    msip_ist_describe(&m->ist, &buf);
    break;
  case MSIP_NIST:
    msip_nist_describe(&m->nist, &buf);
    break;
  }
  testing_push(L, msip_buf_str(&buf));
  msip_buf_fini(&buf);
  return 1;
}

/* The driver: a table of transactions with a clock of its own, whose sends and
 * callbacks are noted in Lua. */

#define TXNS_NAME "testing.txns"

enum { LIVE_MAX = 512, ROWS = 64 };

struct rig {
  lua_State *L;
  struct msip_txns *txns;
  struct msip_wheel wheel;
  struct msip_rand rand;
  msip_time now;
  bool link_is_down;
  struct msip_txn *live[LIVE_MAX]; /* by the number scripts know */
  int count;
  int sent, events; /* registry references of two lists */
};

static struct rig *rig_arg(lua_State *L)
{
  struct rig *rig = luaL_checkudata(L, 1, TXNS_NAME);

  luaL_argcheck(L, rig->txns, 1, "closed");
  rig->L = L;
  return rig;
}

static void push_flow(lua_State *L, const struct msip_flow *flow)
{
  struct msip_buf buf;

  msip_buf_init(&buf, &testing_pool, 100);
  msip_buf_add(&buf, msip_transport_name(flow->transport));
  msip_buf_char(&buf, ' ');
  msip_addr_format(&buf, &flow->remote);
  testing_push(L, msip_buf_str(&buf));
  msip_buf_fini(&buf);
}

static int note_send(void *arg, const struct msip_flow *to,
                     struct msip_str bytes)
{
  struct rig *rig = arg;
  lua_State *L = rig->L;

  if (rig->link_is_down)
    return MSIP_ETRANSPORT;
  lua_rawgeti(L, LUA_REGISTRYINDEX, rig->sent);
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, (lua_Integer)rig->now);
  lua_setfield(L, -2, "at");
  testing_field(L, "bytes", bytes);
  push_flow(L, to);
  lua_setfield(L, -2, "to");
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
  return 0;
}

static int id_of(const struct msip_txn *t)
{
  return (int)(intptr_t)msip_txn_user(t);
}

/* Appends "<now> <what> <number> <detail>". */
static void note_event(struct rig *rig, const struct msip_txn *t,
                       const char *what, const char *detail)
{
  lua_State *L = rig->L;

  lua_rawgeti(L, LUA_REGISTRYINDEX, rig->events);
  lua_pushfstring(L, "%I %s %d%s%s", (LUAI_UACINT)rig->now, what, id_of(t),
                  *detail ? " " : "", detail);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
}

static void note_ack(void *arg, struct msip_txn *t, const struct msip_msg *ack)
{
  (void)ack;
  note_event(arg, t, "ack", "");
}

static void note_response(void *arg, struct msip_txn *t,
                          const struct msip_msg *response)
{
  char status[8];

  snprintf(status, sizeof status, "%u", (unsigned)response->status);
  note_event(arg, t, "response", status);
}

static void note_failure(void *arg, struct msip_txn *t, int err)
{
  note_event(arg, t, "failure", msip_err_name(err));
}

static void note_gone(void *arg, struct msip_txn *t)
{
  struct rig *rig = arg;

  note_event(rig, t, "gone", "");
  rig->live[id_of(t)] = NULL;
}

static int new_list(lua_State *L)
{
  lua_newtable(L);
  return luaL_ref(L, LUA_REGISTRYINDEX);
}

/* testing.txns{ t1 =, t2 =, t4 =, max =, now = } -> txns */
static int rig_new(lua_State *L)
{
  static const uint64_t key[2] = {1, 2};
  struct rig *rig = lua_newuserdatauv(L, sizeof *rig, 0);

  memset(rig, 0, sizeof *rig);
  luaL_setmetatable(L, TXNS_NAME);
  rig->now = number_field(L, 1, "now", 0);
  rig->sent = new_list(L);
  rig->events = new_list(L);
  msip_wheel_init(&rig->wheel, rig->now);
  msip_rand_init(&rig->rand, key);

  struct msip_txns_config config = {
      .pool = &testing_pool,
      .wheel = &rig->wheel,
      .rand = &rig->rand,
      .link = {note_send, rig},
      .timers = timers_arg(L, 1),
      .max = number_field(L, 1, "max", LIVE_MAX - 1),
      .user = {rig, note_ack, note_response, note_failure, note_gone},
  };

  rig->txns = msip_txns_new(&config);
  if (!rig->txns)
    return push_error(L, MSIP_ENOMEM);
  return 1;
}

/* txns:close(); what still lives is freed without a word. */
static int rig_close(lua_State *L)
{
  struct rig *rig = luaL_checkudata(L, 1, TXNS_NAME);

  if (rig->txns) {
    msip_txns_free(rig->txns);
    luaL_unref(L, LUA_REGISTRYINDEX, rig->sent);
    luaL_unref(L, LUA_REGISTRYINDEX, rig->events);
  }
  rig->txns = NULL;
  return 0;
}

/* { transport = "UDP", address = "192.0.2.1", port = 5060 } */
static struct msip_flow flow_arg(lua_State *L, int arg)
{
  static const char *const names[] = {"UDP", "TCP", "TLS", "WS", "WSS", NULL};
  struct msip_flow flow = {.link = number_field(L, arg, "link", 7)};
  struct msip_str address = MSIP_STR("192.0.2.1");

  lua_settop(L, arg);
  if (lua_istable(L, arg)) {
    lua_getfield(L, arg, "transport");
    flow.transport = (enum msip_transport)luaL_checkoption(L, -1, "UDP", names);
    lua_getfield(L, arg, "address");
    if (!lua_isnil(L, -1))
      address = testing_str(L, -1);
  }
  luaL_argcheck(L, msip_addr_parse(&flow.remote, address) == 0, arg,
                "bad address");
  flow.remote.port = (uint16_t)number_field(L, arg, "port", 5060);
  lua_settop(L, arg);
  return flow;
}

/* A message on the C stack of the caller. */
struct parsed {
  struct msip_msg m;
  struct msip_header rows[ROWS];
};

static const struct msip_msg *parse_arg(lua_State *L, struct parsed *p, int arg,
                                        int flow_at, msip_time now)
{
  const struct msip_msg_limits limits = {65535, 8192, 1024, ROWS};
  struct msip_fault fault = {"", 0};

  if (msip_msg_parse(&p->m, p->rows, testing_str(L, arg), &limits, &fault))
    luaL_error(L, "not a message: %s", fault.what);
  p->m.flow = flow_arg(L, flow_at);
  p->m.received_at = now;
  return &p->m;
}

/* txns:receive(bytes, flow) -> "absorbed" | "new" | "stray" */
static int rig_receive(lua_State *L)
{
  static const char *const names[] = {"absorbed", "new", "stray"};
  struct rig *rig = rig_arg(L);
  struct parsed p;
  const struct msip_msg *m = parse_arg(L, &p, 2, 3, rig->now);

  lua_pushstring(L, names[msip_txns_receive(rig->txns, m, rig->now)]);
  return 1;
}

static int push_new(lua_State *L, struct rig *rig, struct msip_txn *t)
{
  if (!t)
    return 0;
  luaL_argcheck(L, rig->count + 1 < LIVE_MAX, 1, "too many transactions");
  rig->live[++rig->count] = t;
  msip_txn_set_user(t, (void *)(intptr_t)rig->count);
  lua_pushinteger(L, rig->count);
  return 1;
}

/* txns:open(bytes, flow) -> number | nothing */
static int rig_open(lua_State *L)
{
  struct rig *rig = rig_arg(L);
  struct parsed p;
  const struct msip_msg *m = parse_arg(L, &p, 2, 3, rig->now);

  return push_new(L, rig, msip_txns_open(rig->txns, m, rig->now));
}

static struct msip_txn *txn_arg(lua_State *L, struct rig *rig)
{
  lua_Integer id = luaL_checkinteger(L, 2);

  luaL_argcheck(L, 0 < id && id < LIVE_MAX && rig->live[id], 2,
                "no such transaction");
  return rig->live[id];
}

static struct msip_bytes *bytes_arg(lua_State *L, int arg)
{
  struct msip_buf buf;

  msip_buf_init(&buf, &testing_pool, 65535);
  msip_buf_add(&buf, testing_str(L, arg));
  return msip_bytes_take(&buf);
}

/* txns:request(method, bytes, branch, flow) -> number | nothing */
static int rig_request(lua_State *L)
{
  struct rig *rig = rig_arg(L);
  enum msip_method method = msip_method_of(testing_str(L, 2));
  struct msip_flow flow = flow_arg(L, 5);
  struct msip_bytes *bytes = bytes_arg(L, 3);
  struct msip_txn *t =
      bytes ? msip_txns_request(rig->txns, method, bytes, testing_str(L, 4),
                                &flow, NULL, rig->now)
            : NULL;

  msip_bytes_drop(bytes);
  return push_new(L, rig, t);
}

/* txns:path_failed(flow) */
static int rig_path_failed(lua_State *L)
{
  struct rig *rig = rig_arg(L);
  struct msip_flow flow = flow_arg(L, 2);

  msip_txns_path_failed(rig->txns, &flow);
  return 0;
}

/* txns:trying(number, bytes) */
static int rig_trying(lua_State *L)
{
  struct rig *rig = rig_arg(L);
  struct msip_txn *t = txn_arg(L, rig);
  struct msip_bytes *bytes = bytes_arg(L, 3);

  if (bytes)
    msip_txn_set_trying(t, bytes);
  msip_bytes_drop(bytes);
  return 0;
}

static int push_result(lua_State *L, int err)
{
  if (err)
    return push_error(L, err);
  lua_pushboolean(L, true);
  return 1;
}

/* txns:respond(number, status, bytes) -> true | nil, message, code */
static int rig_respond(lua_State *L)
{
  struct rig *rig = rig_arg(L);
  struct msip_txn *t = txn_arg(L, rig);
  unsigned status = (unsigned)luaL_checkinteger(L, 3);
  struct msip_bytes *bytes = bytes_arg(L, 4);
  int err = MSIP_ENOMEM;

  if (bytes)
    err = msip_txn_respond(rig->txns, t, status, bytes, rig->now);
  msip_bytes_drop(bytes);
  return push_result(L, err);
}

/* txns:can_respond(number, status) -> boolean */
static int rig_can_respond(lua_State *L)
{
  struct msip_txn *t = txn_arg(L, rig_arg(L));

  lua_pushboolean(L,
                  msip_txn_can_respond(t, (unsigned)luaL_checkinteger(L, 3)));
  return 1;
}

/* txns:repeat_response(number) -> true | nil, message, code */
static int rig_repeat(lua_State *L)
{
  struct rig *rig = rig_arg(L);

  return push_result(L, msip_txn_repeat(rig->txns, txn_arg(L, rig)));
}

/* txns:forget(number) */
static int rig_forget(lua_State *L)
{
  msip_txn_forget(txn_arg(L, rig_arg(L)));
  return 0;
}

static int push_found(lua_State *L, const struct msip_txn *t)
{
  if (!t)
    return 0;
  lua_pushinteger(L, id_of(t));
  return 1;
}

/* txns:find_cancelled(bytes) -> number | nothing */
static int rig_find_cancelled(lua_State *L)
{
  struct rig *rig = rig_arg(L);
  struct parsed p;

  return push_found(
      L, msip_txns_find_cancelled(rig->txns, parse_arg(L, &p, 2, 3, rig->now)));
}

/* txns:find_merged(bytes) -> number | nothing */
static int rig_find_merged(lua_State *L)
{
  struct rig *rig = rig_arg(L);
  struct parsed p;

  return push_found(
      L, msip_txns_find_merged(rig->txns, parse_arg(L, &p, 2, 3, rig->now)));
}

static void run_until(struct rig *rig, msip_time now)
{
  struct msip_timer *timer;

  rig->now = now;
  while ((timer = msip_wheel_pop(&rig->wheel, now)) != NULL)
    timer->fire(timer, NULL, now);
}

/* txns:advance(ms, step_ms): from deadline to deadline, or in even steps. */
static int rig_advance(lua_State *L)
{
  struct rig *rig = rig_arg(L);
  msip_time end = rig->now + (msip_time)luaL_checkinteger(L, 2);
  msip_time step_ms = (msip_time)luaL_optinteger(L, 3, 0);

  run_until(rig, rig->now);
  while (rig->now < end || msip_wheel_next(&rig->wheel) <= end) {
    msip_time next =
        step_ms ? rig->now + step_ms : msip_wheel_next(&rig->wheel);

    run_until(rig, next < end ? next : end);
  }
  return 0;
}

/* Gives the list at a reference and puts an empty one in its place. */
static int take_list(lua_State *L, int *ref)
{
  lua_rawgeti(L, LUA_REGISTRYINDEX, *ref);
  luaL_unref(L, LUA_REGISTRYINDEX, *ref);
  *ref = new_list(L);
  return 1;
}

/* txns:sent() -> { { at =, bytes =, to = }, ... } since the last call */
static int rig_sent(lua_State *L)
{
  return take_list(L, &rig_arg(L)->sent);
}

/* txns:events() -> { "32000 failure 1 ETIMEOUT", ... } since the last call */
static int rig_events(lua_State *L)
{
  return take_list(L, &rig_arg(L)->events);
}

/* txns:set_link(works) */
static int rig_set_link(lua_State *L)
{
  rig_arg(L)->link_is_down = !lua_toboolean(L, 2);
  return 0;
}

/* txns:set_timers{ t1 =, t2 =, t4 = } */
static int rig_set_timers(lua_State *L)
{
  msip_txns_set_timers(rig_arg(L)->txns, timers_arg(L, 2));
  return 0;
}

static int rig_count(lua_State *L)
{
  lua_pushinteger(L, msip_txns_count(rig_arg(L)->txns));
  return 1;
}

static int rig_timers_armed(lua_State *L)
{
  lua_pushinteger(L, rig_arg(L)->wheel.count);
  return 1;
}

/* txns:about(number) -> { kind =, state =, method =, branch =, to = } */
static int rig_about(lua_State *L)
{
  const struct msip_txn *t = txn_arg(L, rig_arg(L));

  lua_createtable(L, 0, 5);
  testing_field(L, "kind", msip_str_c(msip_txn_kind_name(msip_txn_kind(t))));
  testing_field(L, "state", msip_str_c(msip_txn_state_name(msip_txn_state(t))));
  testing_field(L, "method", msip_method_name(msip_txn_method(t)));
  testing_field(L, "branch", msip_txn_branch(t));
  push_flow(L, msip_txn_flow(t));
  lua_setfield(L, -2, "to");
  return 1;
}

/* txns:branch() -> a fresh one */
static int rig_branch(lua_State *L)
{
  char out[MSIP_BRANCH_LEN];

  testing_push(L, msip_txns_branch(rig_arg(L)->txns, out));
  return 1;
}

/* testing.reply_route(bytes, flow) -> "UDP 192.0.2.1:5060" | nil, message, code
 */
static int reply_route(lua_State *L)
{
  struct parsed p;
  struct msip_flow to;
  int err = msip_reply_route(parse_arg(L, &p, 1, 2, 0), &to);

  if (err)
    return push_error(L, err);
  push_flow(L, &to);
  return 1;
}

static void open_class(lua_State *L, const char *name, const luaL_Reg *methods)
{
  luaL_newmetatable(L, name);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
}

void testing_open_transaction(lua_State *L)
{
  static const luaL_Reg machine[] = {
      {"step", machine_step},
      {"state", machine_state},
      {"describe", machine_describe},
      {NULL, NULL},
  };
  static const luaL_Reg rig[] = {
      {"about", rig_about},
      {"advance", rig_advance},
      {"branch", rig_branch},
      {"can_respond", rig_can_respond},
      {"close", rig_close},
      {"count", rig_count},
      {"events", rig_events},
      {"find_cancelled", rig_find_cancelled},
      {"find_merged", rig_find_merged},
      {"forget", rig_forget},
      {"open", rig_open},
      {"path_failed", rig_path_failed},
      {"receive", rig_receive},
      {"repeat_response", rig_repeat},
      {"request", rig_request},
      {"respond", rig_respond},
      {"sent", rig_sent},
      {"set_link", rig_set_link},
      {"set_timers", rig_set_timers},
      {"timers_armed", rig_timers_armed},
      {"trying", rig_trying},
      {NULL, NULL},
  };

  open_class(L, MACHINE_NAME, machine);
  lua_pop(L, 1);
  open_class(L, TXNS_NAME, rig);
  lua_pushcfunction(L, rig_close);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  for (int kind = MSIP_ICT; kind <= MSIP_NIST; kind++) {
    lua_pushinteger(L, kind);
    lua_pushcclosure(L, machine_new, 1);
    lua_setfield(L, -2, msip_txn_kind_name((enum msip_txn_kind)kind));
  }
  lua_pushcfunction(L, rig_new);
  lua_setfield(L, -2, "txns");
  lua_pushcfunction(L, reply_route);
  lua_setfield(L, -2, "reply_route");
  lua_pushinteger(L, sizeof(struct msip_txn));
  lua_setfield(L, -2, "txn_size");
}
