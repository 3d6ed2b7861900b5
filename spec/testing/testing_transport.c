#include "testing_transaction.h"

#include "transport/reply_route.h"

void testing_push_flow(lua_State *L, const struct msip_flow *flow)
{
  struct msip_buf buf;

  msip_buf_init(&buf, &testing_pool, 100);
  msip_buf_add(&buf, msip_transport_name(flow->transport));
  msip_buf_char(&buf, ' ');
  msip_addr_format(&buf, &flow->remote);
  testing_push(L, msip_buf_str(&buf));
  msip_buf_fini(&buf);
}

struct msip_flow testing_flow_arg(lua_State *L, int arg)
{
  static const char *const names[] = {"UDP", "TCP", "TLS", "WS", "WSS", NULL};
  struct msip_flow flow = {.link = testing_number(L, arg, "link", 7)};
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
  flow.remote.port = (uint16_t)testing_number(L, arg, "port", 5060);
  lua_settop(L, arg);
  return flow;
}

const struct msip_msg *testing_parse_arg(lua_State *L, struct testing_parsed *p,
                                         int arg, int flow_at, msip_time now)
{
  const struct msip_msg_limits limits = {65535, 8192, 1024, TESTING_ROWS};
  struct msip_fault fault = {"", 0};

  if (msip_msg_parse(&p->m, p->rows, testing_str(L, arg), &limits, &fault))
    luaL_error(L, "not a message: %s", fault.what);
  p->m.flow = testing_flow_arg(L, flow_at);
  p->m.received_at = now;
  return &p->m;
}

/* testing.reply_route(bytes, flow) -> "UDP 192.0.2.1:5060" | nil, message, code
 */
static int reply_route(lua_State *L)
{
  struct testing_parsed p;
  struct msip_flow to;
  int err = msip_reply_route(testing_parse_arg(L, &p, 1, 2, 0), &to);

  if (err)
    return testing_error(L, err);
  testing_push_flow(L, &to);
  return 1;
}

void testing_open_transport(lua_State *L)
{
  lua_pushcfunction(L, reply_route);
  lua_setfield(L, -2, "reply_route");
}
