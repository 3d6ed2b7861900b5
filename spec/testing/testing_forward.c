/* testing.forward, forward_response, forward_cancel: message/forward.h. */
#include "testing.h"

#include "message/build.h"
#include "message/forward.h"

enum { ROWS = MSIP_MSG_HEADERS_MAX, MOST = 8, BYTES = 200000 };

static const struct msip_msg_limits limits = {.message = UINT32_MAX,
                                              .header_line = UINT32_MAX,
                                              .uri = UINT32_MAX,
                                              .headers = ROWS};

static void need(lua_State *L, int arg, struct msip_msg *m,
                 struct msip_header *rows)
{
  struct msip_fault fault = {"", 0};

  *m = (struct msip_msg){0};
  if (msip_msg_parse(m, rows, testing_str(L, arg), &limits, &fault) != 0)
    luaL_error(L, "message: %s", fault.what);
}

/* The text of a field; stays on the stack. */
static struct msip_str text(lua_State *L, const char *name)
{
  lua_getfield(L, 2, name);
  return lua_isnil(L, -1) ? MSIP_STR("") : testing_str(L, -1);
}

static unsigned number(lua_State *L, const char *name)
{
  lua_getfield(L, 2, name);
  return (unsigned)luaL_optinteger(L, -1, 0);
}

static unsigned list(lua_State *L, const char *name, struct msip_str *out)
{
  unsigned count = 0;

  lua_getfield(L, 2, name);
  if (!lua_istable(L, -1))
    return 0;
  for (int t = lua_gettop(L); count < MOST; count++) {
    if (lua_rawgeti(L, t, (lua_Integer)count + 1) == LUA_TNIL)
      break;
    out[count] = testing_str(L, -1);
  }
  return count;
}

static int result(lua_State *L, struct msip_buf *buf)
{
  int err = msip_buf_error(buf);

  if (err) {
    lua_pushnil(L);
    lua_pushstring(L, msip_err_name(err));
  } else {
    testing_push(L, msip_buf_str(buf));
  }
  msip_buf_fini(buf);
  return err ? 2 : 1;
}

static void source(lua_State *L, struct msip_msg *m)
{
  struct msip_str ip = text(L, "source");

  if (ip.len && msip_addr_parse(&m->flow.remote, ip) != 0)
    luaL_error(L, "source");
  m->flow.remote.port = (uint16_t)number(L, "port");
}

/* testing.forward(bytes, options) -> bytes, next hop | nil, error name */
static int forward(lua_State *L)
{
  struct msip_str routes[MOST], removed[MOST], headers[MOST], hop;
  struct msip_header rows[ROWS];
  struct msip_forward f = {.transport = MSIP_UDP};
  struct msip_msg m;
  struct msip_buf buf;

  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checkstack(L, 4 * MOST + 32, NULL);
  need(L, 1, &m, rows);
  source(L, &m);
  lua_getfield(L, 2, "strict");
  f.strict = lua_toboolean(L, -1);
  f.pop = number(L, "pop");
  f.max_breadth = number(L, "max_breadth");
  f.target = text(L, "target");
  f.record_route = text(L, "record_route");
  f.path = text(L, "path");
  f.realm = text(L, "realm");
  f.sent_by = MSIP_STR("192.0.2.1:5060");
  f.branch = MSIP_STR("z9hG4bKours");
  f.routes = routes;
  f.route_count = list(L, "routes", routes);
  f.remove = removed;
  f.remove_count = list(L, "remove", removed);
  f.headers = headers;
  f.header_count = list(L, "headers", headers);
  msip_buf_init(&buf, &testing_pool, BYTES);
  msip_forward_request(&buf, &f, &m);
  if (result(L, &buf) == 2)
    return 2;
  if (msip_forward_next_hop(&hop, &f, &m) != 0)
    return luaL_error(L, "no next hop");
  testing_push(L, hop);
  return 2;
}

/* testing.forward_response(bytes, more) -> bytes */
static int forward_response(lua_State *L)
{
  struct msip_header rows[ROWS], more_rows[MOST][ROWS];
  struct msip_msg m, others[MOST];
  const struct msip_msg *more[MOST];
  struct msip_buf buf;
  unsigned count = 0;

  need(L, 1, &m, rows);
  for (; count + 2 <= (unsigned)lua_gettop(L) && count < MOST; count++) {
    need(L, (int)count + 2, &others[count], more_rows[count]);
    more[count] = &others[count];
  }
  msip_buf_init(&buf, &testing_pool, BYTES);
  msip_forward_response(&buf, &m, more, count);
  return result(L, &buf);
}

/* testing.forward_cancel(bytes) -> bytes */
static int forward_cancel(lua_State *L)
{
  struct msip_header rows[ROWS];
  struct msip_msg m;
  struct msip_buf buf;

  need(L, 1, &m, rows);
  msip_buf_init(&buf, &testing_pool, BYTES);
  msip_forward_cancel(&buf, &m, MSIP_STR("SIP;cause=200"));
  return result(L, &buf);
}

void testing_open_forward(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"forward", forward},
      {"forward_response", forward_response},
      {"forward_cancel", forward_cancel},
      {NULL, NULL},
  };

  luaL_setfuncs(L, functions, 0);
}
