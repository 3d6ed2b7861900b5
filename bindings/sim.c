#include "engine.h"
#include "generation.h"
#include "value.h"

#include <stdlib.h>
#include <string.h>

/* moonsip.sim.core: a ua without a host.  bindings/lua/moonsip/sim/agent.lua
 * is the clock, the network and the only caller. */

/* A message on its way out, until Lua takes it. */
struct parcel {
  struct parcel *next;
  struct msip_addr to;
  size_t len;
  char bytes[];
};

struct agent {
  struct mlua_engine *engine; /* user value 1; NULL once closed */
  struct msip_pool pool;
  struct msip_flow flow; /* of the message that came last; local is ours */
  struct parcel *first;
  struct parcel **last;
  bool link_down;
  bool running; /* inside a turn */
};

#define AGENT_CLASS "moonsip.sim.core.Agent"

static int send_parcel(void *arg, const struct msip_flow *to,
                       struct msip_str bytes)
{
  struct agent *agent = arg;
  struct parcel *parcel;

  if (agent->link_down)
    return MSIP_ETRANSPORT;
  parcel = malloc(sizeof *parcel + bytes.len);
  if (!parcel)
    return MSIP_ETRANSPORT;
  parcel->next = NULL;
  parcel->to = to->remote;
  parcel->len = bytes.len;
  memcpy(parcel->bytes, bytes.at, bytes.len);
  *agent->last = parcel;
  agent->last = &parcel->next;
  return 0;
}

static int open_path(void *arg, enum msip_transport transport,
                     const struct msip_addr *remote, struct msip_flow *flow)
{
  const struct agent *agent = arg;

  if (transport != MSIP_UDP || remote->family != agent->flow.local.family)
    return MSIP_ETRANSPORT;
  *flow = agent->flow;
  flow->remote = *remote;
  return 0;
}

static void drop_first(struct agent *agent)
{
  struct parcel *parcel = agent->first;

  agent->first = parcel->next;
  if (!agent->first)
    agent->last = &agent->first;
  free(parcel);
}

static struct agent *peek(lua_State *L)
{
  return luaL_checkudata(L, 1, AGENT_CLASS);
}

static struct agent *check(lua_State *L)
{
  struct agent *agent = peek(L);

  if (!agent->engine)
    luaL_error(L, "the agent is closed");
  if (agent->running)
    luaL_error(L, "the network cannot run inside a callback");
  return agent;
}

/* Reads "192.0.2.1:5060". */
static void read_address(lua_State *L, int arg, struct msip_addr *out)
{
  struct msip_str text = mlua_check_str(L, arg);
  size_t colon = text.len;
  uint32_t port = 0;

  while (colon > 0 && text.at[colon - 1] != ':')
    colon--;
  if (colon == 0 ||
      msip_addr_parse(out, msip_str_of(text.at, colon - 1)) != 0 ||
      msip_str_u32(msip_str_of(text.at + colon, text.len - colon), 65535,
                   &port) != 0)
    luaL_argerror(L, arg, "an address such as 192.0.2.1:5060 expected");
  out->port = (uint16_t)port;
}

static void push_address(lua_State *L, const struct msip_addr *addr)
{
  struct msip_pool pool;
  struct msip_buf buf;

  if (addr->family == 4) {
    lua_pushfstring(L, "%d.%d.%d.%d:%d", addr->ip[0], addr->ip[1], addr->ip[2],
                    addr->ip[3], addr->port);
    return;
  }
  msip_pool_init(&pool);
  msip_buf_init(&buf, &pool, 64);
  msip_addr_format(&buf, addr);
  mlua_push_str(L, msip_buf_str(&buf));
  msip_buf_fini(&buf);
  msip_pool_fini(&pool);
}

/* Lets delegates run and ended objects go. */
static void turn(struct agent *agent)
{
  agent->running = true;
  mlua_dispatch(agent->engine);
  msip_ua_sweep(agent->engine->ua);
  agent->running = false;
}

/* agent:receive(bytes, "ip:port", now) */
static int agent_receive(lua_State *L)
{
  struct agent *agent = check(L);
  struct msip_str bytes = mlua_check_str(L, 2);
  msip_time now = (msip_time)luaL_checkinteger(L, 4);

  read_address(L, 3, &agent->flow.remote);
  msip_ua_receive(agent->engine->ua, &agent->flow, bytes, now);
  turn(agent);
  return 0;
}

/* agent:advance(now) */
static int agent_advance(lua_State *L)
{
  struct agent *agent = check(L);

  msip_ua_advance(agent->engine->ua, (msip_time)luaL_checkinteger(L, 2));
  turn(agent);
  return 0;
}

/* agent:deadline() -> milliseconds, or nil */
static int agent_deadline(lua_State *L)
{
  msip_time due = msip_ua_deadline(check(L)->engine->ua);

  if (due == MSIP_NEVER)
    lua_pushnil(L);
  else
    lua_pushinteger(L, (lua_Integer)due);
  return 1;
}

/* agent:take() -> bytes, "ip:port" of the next message to send, or nil */
static int agent_take(lua_State *L)
{
  struct agent *agent = peek(L);

  if (!agent->first)
    return 0;
  lua_pushlstring(L, agent->first->bytes, agent->first->len);
  push_address(L, &agent->first->to);
  drop_first(agent);
  return 2;
}

/* agent:reload() -> true, or nil and why */
static int agent_reload(lua_State *L)
{
  struct agent *agent = check(L);
  int err = mlua_generation_reload(agent->engine);

  turn(agent);
  if (err == 0) {
    lua_pushboolean(L, true);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, agent->engine->last_error);
  return 2;
}

static void set_count(lua_State *L, const char *name, uint64_t value)
{
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

static int agent_census(lua_State *L)
{
  struct agent *agent = check(L);
  struct msip_census census = msip_ua_census(agent->engine->ua);

  lua_createtable(L, 0, 10);
  set_count(L, "sessions", census.sessions);
  set_count(L, "ending", census.ending);
  set_count(L, "requests", census.requests);
  set_count(L, "outgoing", census.outgoing);
  set_count(L, "subscriptions", census.subscriptions);
  set_count(L, "dialogs", census.dialogs);
  set_count(L, "transactions", census.transactions);
  set_count(L, "timers", census.timers);
  set_count(L, "tasks", agent->engine->task_count);
  set_count(L, "pool_bytes", census.pool_bytes);
  return 1;
}

static int agent_counters(lua_State *L)
{
  const struct msip_counters *counters = msip_ua_counters(check(L)->engine->ua);

  lua_newtable(L);
#define X(name, text) set_count(L, #name, counters->name);
  MSIP_COUNTER_MAP(X)
#undef X
  return 1;
}

/* agent:fail_after(n) -> how many were left of an earlier request */
static int agent_fail_after(lua_State *L)
{
  struct agent *agent = check(L);
  lua_Integer n = luaL_checkinteger(L, 2);

  lua_pushinteger(L, (lua_Integer)agent->pool.fail_after);
  agent->pool.fail_after = n > 0 ? (uint64_t)n : 0;
  return 1;
}

static int agent_link_down(lua_State *L)
{
  check(L)->link_down = lua_toboolean(L, 2);
  return 0;
}

static void drop_all(struct agent *agent)
{
  while (agent->first)
    drop_first(agent);
}

/* What on_stop sends can still be taken. */
static void shut(struct agent *agent)
{
  struct mlua_engine *engine = agent->engine;

  drop_all(agent);
  if (!engine)
    return;
  agent->engine = NULL;
  agent->pool.fail_after = 0;
  if (engine->ua) {
    mlua_engine_end(engine);
    mlua_values_release(engine);
    msip_ua_free(engine->ua);
    mlua_engine_detach(engine);
  }
  msip_pool_fini(&agent->pool);
}

static int agent_close(lua_State *L)
{
  shut(check(L));
  return 0;
}

static int agent_gc(lua_State *L)
{
  struct agent *agent = peek(L);

  if (!agent->running) {
    shut(agent);
    drop_all(agent);
  }
  return 0;
}

/* Pushes an agent around the engine on top of the stack. */
static struct agent *new_agent(lua_State *L, struct mlua_engine *engine)
{
  struct agent *agent = lua_newuserdatauv(L, sizeof *agent, 1);

  memset(agent, 0, sizeof *agent);
  agent->last = &agent->first;
  msip_pool_init(&agent->pool);
  agent->flow.transport = MSIP_UDP;
  agent->flow.link = 1;
  luaL_setmetatable(L, AGENT_CLASS);
  lua_pushvalue(L, -2);
  lua_setiuservalue(L, -2, 1);
  agent->engine = engine;
  return agent;
}

static lua_Integer integer_option(lua_State *L, const char *name)
{
  lua_Integer value;

  lua_getfield(L, 1, name);
  value = luaL_optinteger(L, -1, 0);
  lua_pop(L, 1);
  return value;
}

static struct msip_ua *new_ua(lua_State *L, struct agent *agent)
{
  uint64_t seed = (uint64_t)integer_option(L, "seed");
  struct msip_ua_config config = {
      .pool = &agent->pool,
      .settings = &agent->engine->settings,
      .link = {.send = send_parcel, .open = open_path, .arg = agent},
      .log = agent->engine->log,
      .key = {seed, ~seed * 0x9E3779B97F4A7C15u},
      .now = (msip_time)integer_option(L, "now"),
      .arg = agent->engine,
      .on_release = mlua_on_release,
  };

  return msip_ua_new(&config);
}

/* core.agent{ address, script or delegate, settings, log, seed, now } -> agent,
 * or nil and why the script did not load. */
static int core_agent(lua_State *L)
{
  static const char *const more[] = {"address", "seed", "now"};
  struct mlua_engine *engine;
  struct agent *agent;

  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  engine = mlua_engine_new(L);
  mlua_engine_configure(L, engine, 1, more, 3);
  agent = new_agent(L, engine);
  lua_getfield(L, 1, "address");
  read_address(L, -1, &agent->flow.local);
  lua_pop(L, 1);
  if (mlua_generation_first(engine) != 0) {
    lua_pushnil(L);
    lua_pushstring(L, engine->last_error);
    return 2;
  }
  engine->ua = new_ua(L, agent);
  if (!engine->ua)
    return luaL_error(L, "%s", msip_err_text(MSIP_ENOMEM));
  mlua_engine_attach(engine);
  mlua_engine_begin(engine);
  turn(agent);
  return 1;
}

static const luaL_Reg methods[] = {
    {"receive", agent_receive},
    {"advance", agent_advance},
    {"deadline", agent_deadline},
    {"take", agent_take},
    {"reload", agent_reload},
    {"census", agent_census},
    {"counters", agent_counters},
    {"fail_after", agent_fail_after},
    {"link_down", agent_link_down},
    {"close", agent_close},
    {NULL, NULL},
};

int mlua_open_sim(lua_State *L)
{
  luaL_newmetatable(L, AGENT_CLASS);
  lua_pushcfunction(L, agent_gc);
  lua_setfield(L, -2, "__gc");
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, core_agent);
  lua_setfield(L, -2, "agent");
  return 1;
}
