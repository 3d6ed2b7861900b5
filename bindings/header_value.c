#include "message/cseq.h"
#include "message/ctype.h"
#include "message/unfold.h"
#include "uri/nameaddr.h"
#include "uri/param.h"
#include "value.h"

void mlua_push_unfolded(lua_State *L, struct msip_str value)
{
  luaL_Buffer out;
  char *to;

  if (!memchr(value.at, '\n', value.len)) {
    mlua_push_str(L, value);
    return;
  }
  to = luaL_buffinitsize(L, &out, value.len);
  luaL_pushresultsize(&out, (size_t)(msip_put_unfolded(to, value) - to));
}

/* "Alice \"A\" Smith" without its quotes and backslashes; nil when empty. */
static void push_display(lua_State *L, struct msip_str display)
{
  struct msip_str inner = msip_unquote(display);
  luaL_Buffer out;

  if (display.len == 0) {
    lua_pushnil(L);
    return;
  }
  if (inner.len == display.len || msip_str_find(inner, '\\') == inner.len) {
    mlua_push_unfolded(L, inner);
    return;
  }
  luaL_buffinitsize(L, &out, inner.len);
  for (size_t i = 0; i < inner.len; i++) {
    if (inner.at[i] == '\\' && i + 1 < inner.len)
      i++;
    luaL_addchar(&out, inner.at[i]);
  }
  luaL_pushresult(&out);
}

/* Sets a text field of the table on top unless it is empty. */
static void set_text(lua_State *L, const char *key, struct msip_str s)
{
  if (s.len == 0)
    return;
  mlua_push_str(L, s);
  lua_setfield(L, -2, key);
}

static void set_port(lua_State *L, const char *key, unsigned port)
{
  if (port == 0)
    return;
  lua_pushinteger(L, port);
  lua_setfield(L, -2, key);
}

void mlua_push_nameaddr(lua_State *L, struct msip_str text)
{
  struct msip_nameaddr na;

  if (text.len == 0 || msip_nameaddr_parse(&na, text, NULL) != 0 || na.star) {
    lua_pushnil(L);
    return;
  }
  lua_createtable(L, 0, 4);
  push_display(L, na.display);
  lua_setfield(L, -2, "display_name");
  mlua_push_uri(L, na.uri);
  lua_setfield(L, -2, "uri");
  mlua_push_params(L, na.params);
  lua_setfield(L, -2, "params");
  set_text(L, "tag", msip_nameaddr_tag(&na));
}

void mlua_push_contact(lua_State *L, const struct msip_msg *message)
{
  struct msip_values values;
  struct msip_str first;

  msip_values_init(&values, message, MSIP_H_CONTACT);
  if (!msip_values_next(&values, &first))
    lua_pushnil(L);
  else if (msip_str_eq(first, MSIP_STR("*")))
    lua_pushliteral(L, "*");
  else
    mlua_push_nameaddr(L, first);
}

void mlua_push_cseq(lua_State *L, const struct msip_msg *message)
{
  struct msip_cseq cseq;

  if (msip_cseq_parse(&cseq, msip_msg_value(message, MSIP_H_CSEQ)) != 0) {
    lua_pushnil(L);
    return;
  }
  lua_createtable(L, 0, 2);
  lua_pushinteger(L, cseq.number);
  lua_setfield(L, -2, "number");
  set_text(L, "method", cseq.method);
}

static void push_via(lua_State *L, const struct msip_via *via)
{
  lua_createtable(L, 0, 6);
  set_text(L, "transport", via->transport);
  set_text(L, "host", via->host);
  set_port(L, "port", via->port);
  set_text(L, "branch", via->branch);
  set_text(L, "received", via->received);
  if (!via->has_rport)
    return;
  if (via->rport)
    lua_pushinteger(L, via->rport);
  else
    lua_pushboolean(L, 1);
  lua_setfield(L, -2, "rport");
}

void mlua_push_via_list(lua_State *L, const struct msip_msg *message)
{
  struct msip_values values;
  struct msip_str value;
  struct msip_via via;
  struct msip_fault fault;
  lua_Integer n = 0;

  lua_newtable(L);
  msip_values_init(&values, message, MSIP_H_VIA);
  while (msip_values_next(&values, &value)) {
    if (msip_via_parse(&via, value, &fault) != 0)
      continue;
    push_via(L, &via);
    lua_rawseti(L, -2, ++n);
  }
}

void mlua_push_media_type(lua_State *L, struct msip_str value)
{
  struct msip_ctype ctype;

  if (msip_ctype_parse(&ctype, value) != 0) {
    lua_pushnil(L);
    return;
  }
  mlua_push_lower(L, ctype.type);
  lua_pushliteral(L, "/");
  mlua_push_lower(L, ctype.subtype);
  lua_concat(L, 3);
}

void mlua_push_source(lua_State *L, const struct msip_msg *message)
{
  const struct msip_addr *from = &message->flow.remote;
  char room[64] = "";
  struct msip_str address = {room, 0};
  struct msip_buf text;

  msip_buf_init(&text, message->pool, sizeof room);
  msip_addr_format_ip(&text, from, true);
  if (msip_buf_error(&text) == 0) {
    address.len = msip_buf_str(&text).len;
    memcpy(room, msip_buf_str(&text).at, address.len);
  }
  msip_buf_fini(&text); /* before anything below may raise */
  lua_createtable(L, 0, 3);
  mlua_push_lower(L, msip_transport_name(message->flow.transport));
  lua_setfield(L, -2, "transport");
  set_text(L, "address", address);
  set_port(L, "port", from->port);
}
