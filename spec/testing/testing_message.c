#include "testing.h"

#include "base/err.h"
#include "message/body.h"
#include "message/build.h"
#include "message/contact.h"
#include "message/msg.h"
#include "message/route.h"

static const struct msip_msg_limits defaults = {
    .message = 65536, .header_line = 8192, .uri = 1024, .headers = 128};

static void field_int(lua_State *L, const char *key, lua_Integer value)
{
  lua_pushinteger(L, value);
  lua_setfield(L, -2, key);
}

static uint32_t limit(lua_State *L, int arg, const char *key, uint32_t usual)
{
  uint32_t value = usual;

  if (lua_istable(L, arg)) {
    lua_getfield(L, arg, key);
    value = (uint32_t)luaL_optinteger(L, -1, usual);
    lua_pop(L, 1);
  }
  return value;
}

static struct msip_msg_limits limits_of(lua_State *L, int arg)
{
  return (struct msip_msg_limits){
      .message = limit(L, arg, "message", defaults.message),
      .header_line = limit(L, arg, "header_line", defaults.header_line),
      .uri = limit(L, arg, "uri", defaults.uri),
      .headers = limit(L, arg, "headers", defaults.headers)};
}

static void push_via(lua_State *L, const struct msip_via *via)
{
  lua_newtable(L);
  testing_field(L, "text", via->text);
  testing_field(L, "transport", via->transport);
  testing_field(L, "host", via->host);
  field_int(L, "port", via->port);
  lua_pushboolean(L, via->has_rport);
  lua_setfield(L, -2, "has_rport");
  field_int(L, "rport", via->rport);
  testing_field(L, "branch", via->branch);
  testing_field(L, "received", via->received);
  testing_field(L, "maddr", via->maddr);
  testing_field(L, "params", via->params);
}

static void push_headers(lua_State *L, const struct msip_msg *m)
{
  lua_newtable(L);
  for (int i = 0; i < m->header_count; i++) {
    lua_createtable(L, 2, 0);
    testing_push(L, msip_row_name(m, &m->header[i]));
    lua_rawseti(L, -2, 1);
    testing_push(L, msip_row_value(m, &m->header[i]));
    lua_rawseti(L, -2, 2);
    lua_rawseti(L, -2, i + 1);
  }
}

static void push_message(lua_State *L, const struct msip_msg *m)
{
  lua_newtable(L);
  testing_field(L, "bytes", msip_msg_bytes(m));
  testing_field(L, "method", msip_method_name(m->method));
  testing_field(L, "method_text", m->method_text);
  testing_field(L, "ruri", m->ruri);
  field_int(L, "status", m->status);
  testing_field(L, "reason", m->reason);
  testing_field(L, "body", m->body);
  field_int(L, "fault_status", m->fault_status);
  if (m->fault_reason)
    testing_field(L, "fault_reason", msip_str_c(m->fault_reason));
  testing_field(L, "call_id", m->call_id);
  testing_field(L, "from", m->from);
  testing_field(L, "to", m->to);
  testing_field(L, "from_tag", m->from_tag);
  testing_field(L, "to_tag", m->to_tag);
  field_int(L, "cseq", m->cseq);
  testing_field(L, "cseq_method", m->cseq_method);
  field_int(L, "max_forwards", m->max_forwards);
  push_via(L, &m->via);
  lua_setfield(L, -2, "via");
  push_headers(L, m);
  lua_setfield(L, -2, "headers");
}

/* testing.parse(bytes, limits) -> table | nil, what, offset */
static int parse(lua_State *L)
{
  struct msip_msg_limits limits = limits_of(L, 2);
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_fault fault = {"", 0};
  struct msip_msg m = {0};

  if (msip_msg_parse(&m, rows, testing_str(L, 1), &limits, &fault) != 0) {
    lua_pushnil(L);
    lua_pushstring(L, fault.what);
    lua_pushinteger(L, fault.at);
    return 3;
  }
  push_message(L, &m);
  return 1;
}

/* The message at argument 1, or an error. */
static void need(lua_State *L, struct msip_msg *m, struct msip_header *rows)
{
  struct msip_fault fault = {"", 0};

  *m = (struct msip_msg){0};
  if (msip_msg_parse(m, rows, testing_str(L, 1), &defaults, &fault) != 0)
    luaL_error(L, "message: %s", fault.what);
}

/* testing.keep(bytes) -> the table of a kept copy, parsed from bytes that are
 * gone by then; nil when memory is out */
static int keep(lua_State *L)
{
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_str bytes = testing_str(L, 1);
  char *copy = lua_newuserdatauv(L, bytes.len + 1, 0);
  struct msip_fault fault = {"", 0};
  struct msip_msg m = {0}, *kept;

  memcpy(copy, bytes.at, bytes.len);
  if (msip_msg_parse(&m, rows, msip_str_of(copy, bytes.len), &defaults,
                     &fault) != 0)
    return luaL_error(L, "message: %s", fault.what);
  kept = msip_msg_keep(&testing_pool, &m);
  if (!kept) {
    lua_pushnil(L);
    return 1;
  }
  memset(copy, 'x', bytes.len);
  memset(rows, 0, sizeof rows);
  msip_msg_drop(msip_msg_keep(&testing_pool, kept));
  push_message(L, kept);
  msip_msg_drop(kept);
  return 1;
}

static enum msip_header_id header_arg(lua_State *L, int arg)
{
  return msip_header_of(testing_str(L, arg));
}

/* testing.header_values(bytes, name) -> list of the split values */
static int header_values(lua_State *L)
{
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_msg m;
  struct msip_values v;
  struct msip_str value;
  int n = 0;

  need(L, &m, rows);
  lua_newtable(L);
  for (msip_values_init(&v, &m, header_arg(L, 2));
       msip_values_next(&v, &value);) {
    testing_push(L, value);
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

/* testing.header_rows(bytes, name) -> list of whole rows of that name */
static int header_rows(lua_State *L)
{
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_msg m;
  int n = 0;

  need(L, &m, rows);
  lua_newtable(L);
  for (const struct msip_header *row = msip_msg_named(&m, testing_str(L, 2));
       row; row = msip_msg_next_named(&m, row)) {
    testing_push(L, msip_row_value(&m, row));
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

/* testing.lists(bytes, name, token) -> boolean */
static int lists(lua_State *L)
{
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_msg m;

  need(L, &m, rows);
  lua_pushboolean(L, msip_msg_lists(&m, header_arg(L, 2), testing_str(L, 3)));
  return 1;
}

/* testing.contacts(bytes) -> { { uri, star, q, expires }, ... } | nil */
static int contacts(lua_State *L)
{
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_msg m;
  struct msip_values v;
  struct msip_contact c;
  int got, n = 0;

  need(L, &m, rows);
  lua_newtable(L);
  msip_values_init(&v, &m, MSIP_H_CONTACT);
  while ((got = msip_contact_next(&v, &c)) == 1) {
    lua_newtable(L);
    testing_field(L, "uri", c.address.uri);
    lua_pushboolean(L, c.address.star);
    lua_setfield(L, -2, "star");
    field_int(L, "q", c.q);
    if (c.has_expires)
      field_int(L, "expires", c.expires);
    lua_rawseti(L, -2, ++n);
  }
  if (got != 0)
    lua_pushnil(L);
  return 1;
}

/* testing.routes(bytes, name) -> { { text, host, loose }, ... } | nil */
static int routes(lua_State *L)
{
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_msg m;
  struct msip_values v;
  struct msip_route route;
  int got, n = 0;

  need(L, &m, rows);
  lua_newtable(L);
  msip_values_init(&v, &m, header_arg(L, 2));
  while ((got = msip_route_next(&v, &route)) == 1) {
    lua_newtable(L);
    testing_field(L, "text", route.text);
    testing_field(L, "host", route.uri.host);
    lua_pushboolean(L, route.loose);
    lua_setfield(L, -2, "loose");
    lua_rawseti(L, -2, ++n);
  }
  if (got != 0)
    lua_pushnil(L);
  return 1;
}

/* testing.session_body(bytes) -> sdp | false | nil, error name */
static int session_body(lua_State *L)
{
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_msg m;
  struct msip_str sdp;
  int got;

  need(L, &m, rows);
  got = msip_msg_session_body(&m, &sdp);
  if (got == 1) {
    testing_push(L, sdp);
  } else if (got == 0) {
    lua_pushboolean(L, 0);
  } else {
    lua_pushnil(L);
    lua_pushstring(L, msip_err_name(got));
    return 2;
  }
  return 1;
}

static int push_buf(lua_State *L, struct msip_buf *buf)
{
  int err = msip_buf_error(buf);

  if (err == 0)
    testing_push(L, msip_buf_str(buf));
  else
    lua_pushnil(L);
  msip_buf_fini(buf);
  if (err == 0)
    return 1;
  lua_pushstring(L, msip_err_name(err));
  return 2;
}

/* testing.response(bytes, status, reason, to_tag, ip, port, delay_ms) -> the
 * head of a response as far as msip_build_response writes it */
static int response(lua_State *L)
{
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  unsigned status = (unsigned)luaL_checkinteger(L, 2);
  struct msip_str reason = testing_str(L, 3), tag = testing_str(L, 4);
  size_t ip_len;
  const char *ip = luaL_optlstring(L, 5, "", &ip_len);
  struct msip_msg m;
  struct msip_buf buf;

  need(L, &m, rows);
  if (ip_len && msip_addr_parse(&m.flow.remote, msip_str_of(ip, ip_len)) != 0)
    return luaL_error(L, "no address");
  m.flow.remote.port = (uint16_t)luaL_optinteger(L, 6, 5060);
  m.received_at = 1000;
  msip_buf_init(&buf, &testing_pool, 131072);
  msip_build_response(&buf, &m, status, reason, tag,
                      1000 + (msip_time)luaL_optinteger(L, 7, 0));
  return push_buf(L, &buf);
}

/* testing.build(method, ruri, { {name, value}, ... }, type, disposition, body)
 * -> bytes; a value that is a number goes through msip_build_number */
static int build(lua_State *L)
{
  struct msip_buf buf;

  msip_buf_init(&buf, &testing_pool, 65536);
  msip_build_request_line(&buf, testing_str(L, 1), testing_str(L, 2));
  for (int i = 1; lua_rawgeti(L, 3, i) == LUA_TTABLE; i++) {
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);

    int top = lua_gettop(L);
    struct msip_str name = testing_str(L, top - 1);
    enum msip_header_id id = msip_header_of(name);

    if (lua_isinteger(L, top))
      msip_build_number(&buf, id, (uint64_t)lua_tointeger(L, top));
    else if (id == MSIP_HEADER_OTHER)
      msip_build_named(&buf, name, testing_str(L, top));
    else
      msip_build_header(&buf, id, testing_str(L, top));
    lua_settop(L, top - 3);
  }
  msip_build_body(&buf, testing_str(L, 4), testing_str(L, 5),
                  testing_str(L, 6));
  return push_buf(L, &buf);
}

/* testing.build_via(transport number, sent_by, branch) */
static int build_via(lua_State *L)
{
  struct msip_buf buf;

  msip_buf_init(&buf, &testing_pool, 65536);
  msip_build_via(&buf, (enum msip_transport)luaL_checkinteger(L, 1),
                 testing_str(L, 2), testing_str(L, 3));
  return push_buf(L, &buf);
}

/* testing.build_copy(bytes, name) -> the header's rows as we would send them */
static int build_copy(lua_State *L)
{
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_msg m;
  struct msip_buf buf;

  need(L, &m, rows);
  msip_buf_init(&buf, &testing_pool, 65536);
  msip_build_copy(&buf, &m, header_arg(L, 2));
  return push_buf(L, &buf);
}

static int unfold(lua_State *L)
{
  struct msip_buf buf;

  msip_buf_init(&buf, &testing_pool, 65536);
  msip_unfold(&buf, testing_str(L, 1));
  return push_buf(L, &buf);
}

static int reason_phrase(lua_State *L)
{
  testing_push(L, msip_reason_phrase((unsigned)luaL_checkinteger(L, 1)));
  return 1;
}

/* testing.via(text) -> table | nil, what, offset */
static int via(lua_State *L)
{
  struct msip_fault fault = {"", 0};
  struct msip_via v;

  if (msip_via_parse(&v, testing_str(L, 1), &fault) != 0) {
    lua_pushnil(L);
    lua_pushstring(L, fault.what);
    lua_pushinteger(L, fault.at);
    return 3;
  }
  push_via(L, &v);
  lua_pushboolean(L, msip_via_has_cookie(&v));
  lua_setfield(L, -2, "cookie");
  return 1;
}

/* testing.same_sent_by(via, via) -> boolean */
static int same_sent_by(lua_State *L)
{
  struct msip_via a, b;

  if (msip_via_parse(&a, testing_str(L, 1), NULL) != 0 ||
      msip_via_parse(&b, testing_str(L, 2), NULL) != 0)
    return luaL_error(L, "no Via");
  lua_pushboolean(L, msip_via_same_sent_by(&a, &b));
  return 1;
}

/* testing.header_map() -> { {name, compact, kind}, ... } */
static int header_map(lua_State *L)
{
  static const struct {
    const char *name, *compact, *kind;
  } map[] = {
#define X(id, name, compact, kind) {name, compact, #kind},
      MSIP_HEADER_MAP(X)
#undef X
  };

  lua_newtable(L);
  for (size_t i = 0; i < sizeof map / sizeof *map; i++) {
    lua_newtable(L);
    testing_field(L, "name", msip_str_c(map[i].name));
    testing_field(L, "compact", msip_str_c(map[i].compact));
    testing_field(L, "kind", msip_str_c(map[i].kind));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* testing.header_name(text) -> the name in full, "" when unknown */
static int header_name(lua_State *L)
{
  testing_push(L, msip_header_name(header_arg(L, 1)));
  return 1;
}

/* testing.method_name(text) -> the same, "" when unknown */
static int method_name(lua_State *L)
{
  testing_push(L, msip_method_name(msip_method_of(testing_str(L, 1))));
  return 1;
}

void testing_open_fields(lua_State *L);

void testing_open_message(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"parse", parse},
      {"keep", keep},
      {"header_values", header_values},
      {"header_rows", header_rows},
      {"lists", lists},
      {"contacts", contacts},
      {"routes", routes},
      {"session_body", session_body},
      {"response", response},
      {"build", build},
      {"build_via", build_via},
      {"build_copy", build_copy},
      {"unfold", unfold},
      {"reason_phrase", reason_phrase},
      {"via", via},
      {"same_sent_by", same_sent_by},
      {"header_map", header_map},
      {"header_name", header_name},
      {"method_name", method_name},
      {NULL, NULL},
  };

  luaL_setfuncs(L, functions, 0);
  testing_open_fields(L);
}
