#include "testing_transaction.h"

#include "transaction/ict.h"
#include "transaction/ist.h"
#include "transaction/nict.h"
#include "transaction/nist.h"

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
  m->timers = testing_timers(L, 1);
  start(m, testing_flag(L, 1, "reliable"), &fx);
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

  return err ? testing_error(L, err) : push_effects(L, &fx);
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

void testing_open_machine(lua_State *L)
{
  static const luaL_Reg methods[] = {
      {"step", machine_step},
      {"state", machine_state},
      {"describe", machine_describe},
      {NULL, NULL},
  };

  luaL_newmetatable(L, MACHINE_NAME);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  for (int kind = MSIP_ICT; kind <= MSIP_NIST; kind++) {
    lua_pushinteger(L, kind);
    lua_pushcclosure(L, machine_new, 1);
    lua_setfield(L, -2, msip_txn_kind_name((enum msip_txn_kind)kind));
  }
}
