#include "testing.h"

#include <string.h>

#include "host/admin_address.h"
#include "host/listen.h"
#include "host/watch.h"
#include "net/udp.h"

/* A loop with one thing on it. */
struct rig {
  uv_loop_t loop;
  uv_timer_t limit; /* of one step */
  struct msip_udp *udp;
  struct msip_watch *watch;
  lua_State *L; /* of the running step; the list is on top */
  unsigned changes;
  bool closed;
};

static void add_text(lua_State *L, const char *key,
                     const struct msip_addr *addr)
{
  struct msip_buf buf;

  msip_buf_init(&buf, &testing_pool, 100);
  msip_addr_format(&buf, addr);
  testing_field(L, key, msip_buf_str(&buf));
  msip_buf_fini(&buf);
}

/* Echoes, and notes the datagram in the list of the step. */
static void on_datagram(void *arg, const struct msip_flow *flow,
                        struct msip_str bytes)
{
  struct rig *rig = arg;
  lua_State *L = rig->L;

  lua_createtable(L, 0, 3);
  testing_field(L, "bytes", bytes);
  add_text(L, "remote", &flow->remote);
  add_text(L, "place", &flow->local);
  lua_pushinteger(L, msip_udp_send(rig->udp, flow, bytes));
  lua_setfield(L, -2, "err");
  lua_seti(L, -2, luaL_len(L, -2) + 1);
}

static void on_batch(void *arg)
{
  struct rig *rig = arg;

  uv_stop(&rig->loop);
}

static void on_changed(void *arg)
{
  struct rig *rig = arg;

  rig->changes++;
  uv_stop(&rig->loop);
}

static struct rig *new_rig(lua_State *L)
{
  struct rig *rig = lua_newuserdatauv(L, sizeof *rig, 0);

  memset(rig, 0, sizeof *rig);
  uv_loop_init(&rig->loop);
  uv_timer_init(&rig->loop, &rig->limit);
  luaL_setmetatable(L, "testing.rig");
  return rig;
}

static int refuse(lua_State *L, const char *why)
{
  lua_pushnil(L);
  lua_pushstring(L, why);
  return 2;
}

/* testing.udp_echo(uri) -> rig, "127.0.0.1:40000" */
static int udp_echo(lua_State *L)
{
  const char *uri = luaL_checkstring(L, 1);
  struct rig *rig = new_rig(L);
  struct msip_udp_config config = {.loop = &rig->loop,
                                   .pool = &testing_pool,
                                   .link = 3,
                                   .receive = on_datagram,
                                   .batch = on_batch,
                                   .arg = rig};
  char why[200];

  if (msip_listen_parse(&config.local, uri, why, sizeof why) ||
      msip_udp_new(&rig->udp, &config, why, sizeof why))
    return refuse(L, why);
  lua_newtable(L);
  add_text(L, "name", msip_udp_local(rig->udp));
  lua_getfield(L, -1, "name");
  lua_remove(L, -2);
  return 2;
}

/* testing.listen_uri(uri) -> "127.0.0.1:5060", or nil and why */
static int listen_uri(lua_State *L)
{
  struct msip_addr addr;
  char why[200];

  if (msip_listen_parse(&addr, luaL_checkstring(L, 1), why, sizeof why))
    return refuse(L, why);
  lua_newtable(L);
  add_text(L, "name", &addr);
  lua_getfield(L, -1, "name");
  return 1;
}

/* testing.admin_address(text) -> is local, or nil and why */
static int admin_address(lua_State *L)
{
  struct msip_admin_address address;
  char why[200];

  if (msip_admin_address_parse(&address, luaL_checkstring(L, 1), why,
                               sizeof why))
    return refuse(L, why);
  lua_pushboolean(L, msip_admin_is_local(&address));
  return 1;
}

static void set_files(lua_State *L, struct rig *rig, int list)
{
  const char *files[16];
  unsigned count = 0;

  for (lua_Integer i = 1; i <= luaL_len(L, list) && count < 16; i++) {
    lua_geti(L, list, i);
    files[count++] = luaL_checkstring(L, -1);
  }
  msip_watch_set(rig->watch, files, count,
                 lua_isnumber(L, list + 1)
                     ? (uint64_t)(lua_tonumber(L, list + 1) * 1e9)
                     : MSIP_WATCH_AS_IS);
}

/* testing.watch(files) -> rig */
static int watch(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);

  struct rig *rig = new_rig(L);

  msip_watch_new(&rig->watch, &rig->loop, on_changed, rig);
  set_files(L, rig, 1);
  lua_settop(L, 2);
  return 1;
}

static struct rig *check_rig(lua_State *L)
{
  return luaL_checkudata(L, 1, "testing.rig");
}

/* rig:set(files, [when they were read, as of os.time()]) */
static int rig_set(lua_State *L)
{
  set_files(L, check_rig(L), 2);
  return 0;
}

static void on_limit(uv_timer_t *timer)
{
  uv_stop(timer->loop);
}

/* rig:step(ms) -> datagrams, changes so far.  Returns early when something
 * came. */
static int rig_step(lua_State *L)
{
  struct rig *rig = check_rig(L);

  rig->L = L;
  lua_newtable(L);
  uv_update_time(&rig->loop);
  uv_timer_start(&rig->limit, on_limit, (uint64_t)luaL_checkinteger(L, 2), 0);
  uv_run(&rig->loop, UV_RUN_DEFAULT);
  lua_pushinteger(L, rig->changes);
  return 2;
}

static int rig_close(lua_State *L)
{
  struct rig *rig = check_rig(L);

  if (rig->closed)
    return 0;
  rig->closed = true;
  msip_udp_free(rig->udp);
  msip_watch_free(rig->watch);
  uv_close((uv_handle_t *)&rig->limit, NULL);
  while (uv_loop_close(&rig->loop) == UV_EBUSY)
    uv_run(&rig->loop, UV_RUN_DEFAULT);
  return 0;
}

void testing_open_net(lua_State *L)
{
  static const luaL_Reg methods[] = {
      {"step", rig_step}, {"set", rig_set}, {"close", rig_close}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"udp_echo", udp_echo},
                                       {"listen_uri", listen_uri},
                                       {"admin_address", admin_address},
                                       {"watch", watch},
                                       {NULL, NULL}};

  luaL_newmetatable(L, "testing.rig");
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, rig_close);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
}
