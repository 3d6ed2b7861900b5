/* Options of requests: who, where to, and what becomes a header of its own. */
#include <stdlib.h>

#include "reading.h"
#include "value.h"

/* A URI value, or text for a header line; not empty. */
static struct msip_str party(lua_State *L, const struct mlua_reading *r)
{
  struct msip_str s = mlua_uri_text(L, r->index);

  if (s.at)
    return s;
  if (lua_type(L, r->index) != LUA_TSTRING)
    mlua_arg_type_error(L, r->name, "string or URI", r->index);
  s = mlua_arg_line(L, r->name, r->index);
  if (s.len == 0)
    luaL_error(L, "option '%s': empty", r->name);
  return s;
}

void mlua_read_to(lua_State *L, const struct mlua_reading *r)
{
  r->out->start.to = party(L, r);
}

void mlua_read_from(lua_State *L, const struct mlua_reading *r)
{
  r->out->start.from = party(L, r);
}

void mlua_read_uri(lua_State *L, const struct mlua_reading *r)
{
  r->out->start.uri = party(L, r);
}

void mlua_read_contact(lua_State *L, const struct mlua_reading *r)
{
  r->out->start.contact = party(L, r);
}

void mlua_read_call_id(lua_State *L, const struct mlua_reading *r)
{
  r->out->start.call_id = mlua_arg_line(L, r->name, r->index);
}

/* Adds the URI at the top as "<uri>", or a name-addr as it is. */
static void add_address(lua_State *L, const struct mlua_reading *r,
                        luaL_Buffer *out, int index)
{
  struct mlua_reading one = *r;
  struct msip_str text;

  one.index = index;
  text = party(L, &one);
  if (msip_str_find(text, '<') < text.len) {
    luaL_addlstring(out, text.at, text.len);
    return;
  }
  luaL_addchar(out, '<');
  luaL_addlstring(out, text.at, text.len);
  luaL_addchar(out, '>');
}

/* Pushes one address or a list of them as a comma list behind `head`. */
static struct msip_str address_list(lua_State *L, const struct mlua_reading *r,
                                    const char *head)
{
  lua_Integer count = 1;
  luaL_Buffer out;
  size_t len;
  bool list = lua_istable(L, r->index);

  if (list)
    count = (lua_Integer)lua_rawlen(L, r->index);
  luaL_checkstack(L, (int)count + LUA_MINSTACK, r->name);
  for (lua_Integer i = 1; list && i <= count; i++)
    lua_rawgeti(L, r->index, i);
  luaL_buffinit(L, &out);
  luaL_addstring(&out, head);
  for (lua_Integer i = 1; i <= count; i++) {
    if (i > 1)
      luaL_addstring(&out, ", ");
    add_address(L, r, &out, list ? r->index + (int)i : r->index);
  }
  luaL_pushresult(&out);

  const char *at = lua_tolstring(L, -1, &len);

  return msip_str_of(at, len);
}

void mlua_read_route(lua_State *L, const struct mlua_reading *r)
{
  r->out->start.routes = address_list(L, r, "");
}

void mlua_read_timeout(lua_State *L, const struct mlua_reading *r)
{
  lua_Number seconds;

  if (lua_type(L, r->index) != LUA_TNUMBER)
    mlua_arg_type_error(L, r->name, "number", r->index);
  seconds = lua_tonumber(L, r->index);
  if (!(seconds >= 0.001 && seconds <= 86400))
    luaL_error(L, "option '%s': 0.001 to 86400 seconds expected", r->name);
  r->out->timeout = (uint32_t)(seconds * 1000);
}

void mlua_read_follow(lua_State *L, const struct mlua_reading *r)
{
  r->out->start.follow = mlua_arg_boolean(L, r);
}

void mlua_read_ack(lua_State *L, const struct mlua_reading *r)
{
  r->out->start.manual_ack = !mlua_arg_boolean(L, r);
}

void mlua_read_prack(lua_State *L, const struct mlua_reading *r)
{
  r->out->start.manual_prack = !mlua_arg_boolean(L, r);
}

void mlua_read_rel100(lua_State *L, const struct mlua_reading *r)
{
  static const struct {
    struct msip_str name;
    enum msip_rel100_ask ask;
  } asks[] = {{MSIP_STR_INIT("no"), MSIP_ASK_NO},
              {MSIP_STR_INIT("supported"), MSIP_ASK_SUPPORTED},
              {MSIP_STR_INIT("required"), MSIP_ASK_REQUIRED}};
  struct msip_str text = mlua_arg_line(L, r->name, r->index);

  for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
    if (msip_str_eq(text, asks[i].name)) {
      r->out->start.rel100 = asks[i].ask;
      return;
    }
  luaL_error(L, "option '%s': no, supported or required expected", r->name);
}

uint32_t mlua_arg_seconds(lua_State *L, const struct mlua_reading *r)
{
  int whole = 0;
  lua_Integer n = 0;

  if (lua_type(L, r->index) == LUA_TNUMBER)
    n = lua_tointegerx(L, r->index, &whole);
  if (!whole)
    mlua_arg_type_error(L, r->name, "integer", r->index);
  if (n < 0 || n > UINT32_MAX)
    luaL_error(L, "option '%s': seconds from 0 to 4294967295 expected",
               r->name);
  return (uint32_t)n;
}

void mlua_read_session_expires(lua_State *L, const struct mlua_reading *r)
{
  r->out->start.session_expires = mlua_arg_seconds(L, r);
  r->out->start.has_session_expires = true;
}

void mlua_read_cseq(lua_State *L, const struct mlua_reading *r)
{
  lua_Integer n = mlua_arg_seconds(L, r);

  if (n < 1 || n > INT32_MAX)
    luaL_error(L, "option '%s': 1 to 2147483647 expected", r->name);
  r->out->start.cseq = (uint32_t)n;
}

void mlua_read_max_forwards(lua_State *L, const struct mlua_reading *r)
{
  enum { USUAL = 70 };
  int whole = 0;
  lua_Integer n = -1;

  if (lua_type(L, r->index) == LUA_TNUMBER)
    n = lua_tointegerx(L, r->index, &whole);
  if (!whole || n < 0 || n > 255)
    luaL_error(L, "option '%s': 0 to 255 expected", r->name);
  r->out->start.hops_spent = (uint8_t)(n < USUAL ? USUAL - n : 0);
}

void mlua_read_method(lua_State *L, const struct mlua_reading *r)
{
  struct msip_str name = mlua_arg_line(L, r->name, r->index);

  if (!msip_str_is_token(name))
    luaL_error(L, "option '%s': not a token", r->name);
  r->out->start.name = name;
}

void mlua_read_own_header(lua_State *L, const struct mlua_reading *r)
{
  struct mlua_reply_args *out = r->out;
  size_t len;
  const char *at = lua_tolstring(L, -1, &len);

  if (out->own_count < MLUA_OWN_HEADERS)
    out->own_headers[out->own_count++] = msip_str_of(at, len);
}

static void text_header(lua_State *L, const struct mlua_reading *r,
                        const char *header)
{
  mlua_arg_line(L, r->name, r->index);
  lua_pushfstring(L, "%s: %s", header, lua_tostring(L, r->index));
  mlua_read_own_header(L, r);
}

void mlua_read_expires(lua_State *L, const struct mlua_reading *r)
{
  lua_pushfstring(L, "Expires: %I", (LUAI_UACINT)mlua_arg_seconds(L, r));
  mlua_read_own_header(L, r);
}

void mlua_read_event(lua_State *L, const struct mlua_reading *r)
{
  text_header(L, r, "Event");
}

void mlua_read_accept(lua_State *L, const struct mlua_reading *r)
{
  text_header(L, r, "Accept");
}

void mlua_read_etag(lua_State *L, const struct mlua_reading *r)
{
  text_header(L, r, "SIP-If-Match");
}

void mlua_read_refer_to(lua_State *L, const struct mlua_reading *r)
{
  address_list(L, r, "Refer-To: ");
  mlua_read_own_header(L, r);
}

void mlua_read_referred_by(lua_State *L, const struct mlua_reading *r)
{
  address_list(L, r, "Referred-By: ");
  mlua_read_own_header(L, r);
}

/* RFC 4488: false asks the other side to make no subscription. */
void mlua_read_subscribe(lua_State *L, const struct mlua_reading *r)
{
  if (mlua_arg_boolean(L, r))
    return;
  lua_pushliteral(L, "Refer-Sub: false");
  mlua_read_own_header(L, r);
}

/* "*" stands for all bindings (10.2.2), an empty list asks what there is. */
void mlua_read_contacts(lua_State *L, const struct mlua_reading *r)
{
  if (lua_istable(L, r->index) && lua_rawlen(L, r->index) == 0) {
    r->out->start.no_contact = true;
    return;
  }
  if (lua_type(L, r->index) == LUA_TSTRING &&
      strcmp(lua_tostring(L, r->index), "*") == 0)
    lua_pushliteral(L, "Contact: *");
  else
    address_list(L, r, "Contact: ");
  mlua_read_own_header(L, r);
}

static int by_text(const void *a, const void *b)
{
  const struct msip_str *x = a, *y = b;
  size_t len = x->len < y->len ? x->len : y->len;
  int order = memcmp(x->at, y->at, len);

  return order ? order : (x->len > y->len) - (x->len < y->len);
}

void mlua_own_headers(lua_State *L, struct mlua_reply_args *out)
{
  struct msip_reply *reply = &out->reply;
  unsigned count = reply->header_count + out->own_count;
  struct msip_str *list;

  if (out->own_count == 0)
    return;
  /* Tables have no order; equal ones shall give equal messages. */
  qsort(out->own_headers, out->own_count, sizeof *out->own_headers, by_text);
  if (reply->header_count == 0) {
    reply->headers = out->own_headers;
    reply->header_count = count;
    return;
  }
  list = lua_newuserdatauv(L, count * sizeof *list, 0);
  memcpy(list, out->own_headers, out->own_count * sizeof *list);
  memcpy(list + out->own_count, reply->headers,
         reply->header_count * sizeof *list);
  reply->headers = list;
  reply->header_count = count;
}
