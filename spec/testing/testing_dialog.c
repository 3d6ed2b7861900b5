#include "dialog/dialog.h"
#include "dialog/failure.h"
#include "dialog/gate.h"
#include "dialog/offer.h"
#include "dialog/refresh.h"
#include "dialog/rel1xx.h"
#include "testing.h"

static bool flag(lua_State *L, const char *key)
{
  bool set;

  lua_getfield(L, 1, key);
  set = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return set;
}

static uint32_t number(lua_State *L, const char *key, uint32_t otherwise)
{
  lua_Integer n;

  lua_getfield(L, 1, key);
  n = luaL_optinteger(L, -1, otherwise);
  lua_pop(L, 1);
  return (uint32_t)n;
}

/* testing.gate{ method =, offer = "ours"|"theirs", ... } -> "pass" | status,
 * retry_later */
static int gate(lua_State *L)
{
  static const char *const offers[] = {"none", "ours", "theirs", NULL};
  struct msip_gate g = {.cseq = number(L, "cseq", 2),
                        .remote_seq = number(L, "remote_seq", 1),
                        .has_offer = flag(L, "has_offer"),
                        .over = flag(L, "over"),
                        .invite_open = flag(L, "invite_open"),
                        .invite_answered = flag(L, "invite_answered"),
                        .update_open = flag(L, "update_open"),
                        .own_invite = flag(L, "own_invite"),
                        .own_update = flag(L, "own_update")};
  struct msip_verdict v;

  lua_getfield(L, 1, "offer");
  g.offer = (enum msip_gate_offer)luaL_checkoption(L, -1, "none", offers);
  lua_getfield(L, 1, "method");
  g.method = msip_method_of(testing_str(L, -1));
  v = msip_gate_decide(&g);
  if (v.kind == MSIP_GATE_PASS)
    lua_pushstring(L, "pass");
  else
    lua_pushinteger(L, v.status);
  lua_pushboolean(L, v.kind == MSIP_GATE_RETRY_LATER);
  return 2;
}

static const char *const states[] = {"initial", "ours", "theirs", "stable",
                                     NULL};

/* testing.offer_next(state, "send"|"recv") -> state | nil */
static int offer_next(lua_State *L)
{
  static const char *const moves[] = {"send", "recv", NULL};
  enum msip_offer_state now =
      (enum msip_offer_state)luaL_checkoption(L, 1, NULL, states);
  int next = msip_offer_next(
      now, (enum msip_offer_move)luaL_checkoption(L, 2, NULL, moves));

  if (next < 0)
    lua_pushnil(L);
  else
    lua_pushstring(L, states[next]);
  return 1;
}

/* testing.exchange{ "recv v=1", "save", "send v=2", "restore" } ->
 * state, offer, answer; stops at the first refused move. */
static int exchange(lua_State *L)
{
  struct msip_exchange x = {0}, saved = {0};

  for (lua_Integer i = 1; lua_geti(L, 1, i) == LUA_TSTRING; i++) {
    struct msip_str step = testing_str(L, -1);
    struct msip_str sdp = msip_str_of(step.at + 5, step.len - 5);

    if (msip_str_eq(step, MSIP_STR("save")))
      msip_exchange_save(&saved, &x);
    else if (msip_str_eq(step, MSIP_STR("restore")))
      msip_exchange_restore(&x, &saved);
    else if (msip_exchange_move(&x, &testing_pool,
                                step.at[0] == 's' ? MSIP_OFFER_SEND
                                                  : MSIP_OFFER_RECV,
                                sdp) != 0)
      break;
    lua_pop(L, 1);
  }
  lua_pushstring(L, states[x.state]);
  if (x.offer)
    testing_push(L, msip_bytes_str(x.offer));
  else
    lua_pushnil(L);
  if (x.answer)
    testing_push(L, msip_bytes_str(x.answer));
  else
    lua_pushnil(L);
  msip_exchange_fini(&x);
  msip_exchange_fini(&saved);
  return 3;
}

/* testing.failure_ends_call("UPDATE", 480) -> boolean */
static int failure_ends_call(lua_State *L)
{
  enum msip_method method = msip_method_of(msip_str_c(luaL_checkstring(L, 1)));

  lua_pushboolean(
      L, msip_failure_ends_call(method, (unsigned)luaL_checkinteger(L, 2)));
  return 1;
}

/* testing.refresh{ supported =, interval =, min_se =, refresher =, ours =,
 * our_min = } -> interval, "us"|"them"|"nobody", due, too_small */
static int refresh(lua_State *L)
{
  static const char *const sides[] = {"nobody", "them", "us", NULL};
  struct msip_refresh_ask ask = {.supported = flag(L, "supported"),
                                 .interval = number(L, "interval", 0),
                                 .min_se = number(L, "min_se", 0)};
  uint32_t our_min = number(L, "our_min", 90);
  struct msip_refresh r;

  lua_getfield(L, 1, "refresher");
  ask.refresher =
      (enum msip_refresh_side)luaL_checkoption(L, -1, "nobody", sides);
  r = msip_refresh_grant(&ask, number(L, "ours", 1800), our_min);
  lua_pushinteger(L, r.interval);
  lua_pushstring(L, sides[r.refresher]);
  lua_pushinteger(L, r.interval ? msip_refresh_due(&r) : 0);
  lua_pushboolean(L, msip_refresh_too_small(&ask, our_min));
  return 4;
}

/* testing.rseq(first_random, count) -> list of RSeq numbers, or nil at the end
 */
static int rseq(lua_State *L)
{
  struct msip_rel1xx rel = {.rseq = (uint32_t)luaL_optinteger(L, 3, 0)};
  lua_Integer count = luaL_checkinteger(L, 2);
  uint32_t n;

  lua_newtable(L);
  for (lua_Integer i = 1; i <= count; i++) {
    if (msip_rel1xx_next(&rel, (uint32_t)luaL_checkinteger(L, 1), &n) != 0)
      break;
    lua_pushinteger(L, n);
    lua_rawseti(L, -2, i);
  }
  return 1;
}

static int parse(lua_State *L, int arg, struct msip_msg *m)
{
  static struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_msg_limits limits = {65535, 8192, 1024, 128};
  struct msip_fault fault;

  if (msip_msg_parse(m, rows, testing_str(L, arg), &limits, &fault) != 0)
    return luaL_error(L, "%s", fault.what);
  return 0;
}

/* testing.dialog(invite, tag, method) -> head of a request of ours in it, next
 * hop; nil when the INVITE has no usable Contact or memory is out */
static int dialog(lua_State *L)
{
  struct msip_msg m;
  struct msip_dialog d;
  struct msip_buf buf;

  parse(L, 1, &m);
  if (msip_dialog_init_uas(&d, &testing_pool, &m, testing_str(L, 2)) != 0) {
    lua_pushnil(L);
    return 1;
  }
  msip_buf_init(&buf, &testing_pool, 65535);
  msip_dialog_build(
      &buf, &d,
      &(struct msip_dialog_request){.method = msip_method_of(testing_str(L, 3)),
                                    .name = MSIP_STR(""),
                                    .cseq = 7,
                                    .transport = MSIP_UDP,
                                    .sent_by = MSIP_STR("192.0.2.1:5060"),
                                    .branch = MSIP_STR("z9hG4bKx")});
  if (buf.err)
    lua_pushnil(L);
  else
    testing_push(L, msip_buf_str(&buf));
  testing_push(L, msip_dialog_next_hop(&d));
  msip_buf_fini(&buf);
  msip_dialog_fini(&d);
  return 2;
}

/* testing.dialog_is_secure(invite, "UDP"|"TCP"|"TLS") -> boolean */
static int dialog_is_secure(lua_State *L)
{
  static const char *const names[] = {"UDP", "TCP", "TLS", NULL};
  struct msip_msg m;
  struct msip_dialog d;

  parse(L, 1, &m);
  m.flow.transport = (enum msip_transport)luaL_checkoption(L, 2, NULL, names);
  if (msip_dialog_init_uas(&d, &testing_pool, &m, MSIP_STR("b1")) != 0)
    return luaL_error(L, "no dialog");
  lua_pushboolean(L, d.secure);
  msip_dialog_fini(&d);
  return 1;
}

/* testing.dialog_hash(secret, call_id, local_tag, remote_tag) -> integer */
static int dialog_hash(lua_State *L)
{
  struct msip_rand rand;
  uint64_t key[2] = {(uint64_t)luaL_checkinteger(L, 1), 1};

  msip_rand_init(&rand, key);
  lua_pushinteger(L, (lua_Integer)msip_dialog_hash(&rand, testing_str(L, 2),
                                                   testing_str(L, 3),
                                                   testing_str(L, 4)));
  return 1;
}

void testing_open_dialog(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"gate", gate},
      {"offer_next", offer_next},
      {"exchange", exchange},
      {"refresh", refresh},
      {"failure_ends_call", failure_ends_call},
      {"rseq", rseq},
      {"dialog", dialog},
      {"dialog_is_secure", dialog_is_secure},
      {"dialog_hash", dialog_hash},
      {NULL, NULL},
  };

  luaL_setfuncs(L, functions, 0);
}
