#include "testing_transaction.h"

#include "transaction/txn.h"

#include <stdio.h>

/* The driver: a table of transactions with a clock of its own, whose sends and
 * callbacks are noted in Lua. */

#define TXNS_NAME "testing.txns"

enum { LIVE_MAX = 512 };

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
  testing_push_flow(L, to);
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
  rig->now = testing_number(L, 1, "now", 0);
  rig->sent = new_list(L);
  rig->events = new_list(L);
  msip_wheel_init(&rig->wheel, rig->now);
  msip_rand_init(&rig->rand, key);

  struct msip_txns_config config = {
      .pool = &testing_pool,
      .wheel = &rig->wheel,
      .rand = &rig->rand,
      .link = {.send = note_send, .arg = rig},
      .timers = testing_timers(L, 1),
      .max = testing_number(L, 1, "max", LIVE_MAX - 1),
      .user = {rig, note_ack, note_response, note_failure, note_gone},
  };

  rig->txns = msip_txns_new(&config);
  if (!rig->txns)
    return testing_error(L, MSIP_ENOMEM);
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

/* txns:receive(bytes, flow) -> "absorbed" | "new" | "stray" */
static int rig_receive(lua_State *L)
{
  static const char *const names[] = {"absorbed", "new", "stray"};
  struct rig *rig = rig_arg(L);
  struct testing_parsed p;
  const struct msip_msg *m = testing_parse_arg(L, &p, 2, 3, rig->now);

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
  struct testing_parsed p;
  const struct msip_msg *m = testing_parse_arg(L, &p, 2, 3, rig->now);

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
  struct msip_flow flow = testing_flow_arg(L, 5);
  struct msip_bytes *bytes = bytes_arg(L, 3);
  struct msip_txn *t =
      bytes ? msip_txns_request(rig->txns,
                                &(struct msip_txn_request){
                                    method, bytes, testing_str(L, 4), NULL},
                                &flow, rig->now)
            : NULL;

  msip_bytes_drop(bytes);
  return push_new(L, rig, t);
}

/* txns:path_failed(flow) */
static int rig_path_failed(lua_State *L)
{
  struct rig *rig = rig_arg(L);
  struct msip_flow flow = testing_flow_arg(L, 2);

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
    return testing_error(L, err);
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
  struct testing_parsed p;

  return push_found(
      L, msip_txns_find_cancelled(rig->txns,
                                  testing_parse_arg(L, &p, 2, 3, rig->now)));
}

/* txns:find_merged(bytes) -> number | nothing */
static int rig_find_merged(lua_State *L)
{
  struct rig *rig = rig_arg(L);
  struct testing_parsed p;

  return push_found(
      L, msip_txns_find_merged(rig->txns,
                               testing_parse_arg(L, &p, 2, 3, rig->now)));
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
  msip_txns_set_timers(rig_arg(L)->txns, testing_timers(L, 2));
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
  testing_push_flow(L, msip_txn_flow(t));
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

void testing_open_transaction(lua_State *L)
{
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

  testing_open_machine(L);
  testing_open_transport(L);
  luaL_newmetatable(L, TXNS_NAME);
  luaL_newlib(L, rig);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, rig_close);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_pushcfunction(L, rig_new);
  lua_setfield(L, -2, "txns");
  lua_pushinteger(L, sizeof(struct msip_txn));
  lua_setfield(L, -2, "txn_size");
}
