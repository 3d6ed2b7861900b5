#include "uri/uri.h"
#include "error.h"
#include "uri/nameaddr.h"
#include "uri/param.h"
#include "value.h"

/* A parsed URI and its text, in one piece. */
struct uri_value {
  struct mlua_box box;
  struct msip_uri uri;
  size_t len;
  char text[];
};

enum field { SCHEME, USER, PASSWORD, HOST, PORT, PARAMS, HEADERS };
static const char *const fields[] = {"scheme", "user",   "password", "host",
                                     "port",   "params", "headers",  NULL};

static int hex(char c)
{
  if (msip_is_digit(c))
    return c - '0';
  c = msip_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void mlua_push_unescaped(lua_State *L, struct msip_str s)
{
  luaL_Buffer out;

  if (msip_str_find(s, '%') == s.len) {
    mlua_push_str(L, s);
    return;
  }
  luaL_buffinitsize(L, &out, s.len);
  for (size_t i = 0; i < s.len; i++) {
    bool escape = s.at[i] == '%' && i + 2 < s.len && hex(s.at[i + 1]) >= 0 &&
                  hex(s.at[i + 2]) >= 0;

    if (escape) {
      luaL_addchar(&out, (char)(hex(s.at[i + 1]) * 16 + hex(s.at[i + 2])));
      i += 2;
    } else {
      luaL_addchar(&out, s.at[i]);
    }
  }
  luaL_pushresult(&out);
}

void mlua_push_lower(lua_State *L, struct msip_str s)
{
  luaL_Buffer out;
  char *to = luaL_buffinitsize(L, &out, s.len);

  for (size_t i = 0; i < s.len; i++)
    to[i] = msip_lower(s.at[i]);
  luaL_pushresultsize(&out, s.len);
}

void mlua_push_params(lua_State *L, struct msip_str params)
{
  struct msip_param p;

  lua_newtable(L);
  while (msip_param_next(&params, &p) == 1) {
    mlua_push_lower(L, p.name);
    if (p.has_value)
      mlua_push_unescaped(L, msip_unquote(p.value));
    else
      lua_pushboolean(L, 1);
    lua_rawset(L, -3);
  }
}

/* "subject=hi&priority=urgent" */
static void push_headers(lua_State *L, struct msip_str rest)
{
  struct msip_str pair;

  lua_newtable(L);
  while (msip_str_cut(&rest, '&', &pair)) {
    size_t equals = msip_str_find(pair, '=');
    size_t value = equals < pair.len ? equals + 1 : pair.len;

    mlua_push_unescaped(L, msip_str_of(pair.at, equals));
    mlua_push_unescaped(L, msip_str_of(pair.at + value, pair.len - value));
    lua_rawset(L, -3);
  }
}

static int read_field(lua_State *L, struct mlua_box *box, int field)
{
  const struct msip_uri *uri = &((struct uri_value *)box)->uri;

  switch ((enum field)field) {
  case SCHEME:
    mlua_push_lower(L, uri->scheme_text);
    return 1;
  case USER:
    if (uri->user.len == 0)
      return 0;
    mlua_push_unescaped(L, uri->user);
    return 1;
  case PASSWORD:
    if (!uri->has_password)
      return 0;
    mlua_push_unescaped(L, uri->password);
    return 1;
  case HOST:
    if (uri->host.len == 0)
      return 0;
    mlua_push_str(L, uri->host);
    return 1;
  case PORT:
    if (uri->port == 0)
      return 0;
    lua_pushinteger(L, uri->port);
    return 1;
  case PARAMS:
    mlua_push_params(L, uri->params);
    return 1;
  case HEADERS:
    push_headers(L, uri->headers);
    return 1;
  }
  return 0;
}

static int show(lua_State *L)
{
  struct uri_value *value =
      (struct uri_value *)mlua_box_check(L, 1, &mlua_uri_class);

  lua_pushlstring(L, value->text, value->len);
  return 1;
}

static int equal(lua_State *L)
{
  struct mlua_box *a = mlua_box_test(L, 1, &mlua_uri_class);
  struct mlua_box *b = mlua_box_test(L, 2, &mlua_uri_class);

  lua_pushboolean(L, a && b &&
                         msip_uri_equal(&((struct uri_value *)a)->uri,
                                        &((struct uri_value *)b)->uri));
  return 1;
}

const struct mlua_class mlua_uri_class = {
    .name = "moonsip.URI",
    .fields = fields,
    .read = read_field,
    .tostring = show,
    .eq = equal,
};

struct msip_str mlua_uri_text(lua_State *L, int arg)
{
  struct mlua_box *box = mlua_box_test(L, arg, &mlua_uri_class);
  struct uri_value *value = (struct uri_value *)box;

  return box ? msip_str_of(value->text, value->len)
             : (struct msip_str){NULL, 0};
}

/* The value borrows from its own copy of the text. */
static void push_parsed(lua_State *L, struct msip_str text)
{
  struct uri_value *value = mlua_box_new_sized(L, NULL, &mlua_uri_class, NULL,
                                               sizeof *value + text.len + 1);

  memcpy(value->text, text.at, text.len);
  value->len = text.len;
  msip_uri_parse(&value->uri, msip_str_of(value->text, text.len), NULL);
  value->box.obj = &value->uri;
}

void mlua_push_uri(lua_State *L, struct msip_str text)
{
  struct msip_uri probe;

  if (msip_uri_parse(&probe, text, NULL) == 0)
    push_parsed(L, text);
  else
    lua_pushnil(L);
}

/* The table that is called comes first. */
static int new_uri(lua_State *L)
{
  struct msip_fault fault = {NULL, 0};
  struct msip_uri probe;
  struct msip_str text;

  lua_remove(L, 1);
  if (mlua_box_test(L, 1, &mlua_uri_class)) {
    lua_settop(L, 1);
    return 1;
  }
  text = mlua_check_str(L, 1);
  if (msip_uri_parse(&probe, text, &fault) != 0)
    return mlua_fail_at(L, MSIP_ESYNTAX, &fault);
  push_parsed(L, text);
  return 1;
}

/* Sets `list` of the table on top: the parameters as they were written. */
static void set_list(lua_State *L, struct msip_str params)
{
  struct msip_param p;
  lua_Integer n = 0;

  lua_newtable(L);
  while (msip_param_next(&params, &p) == 1) {
    struct msip_str last = p.has_value ? p.value : p.name;

    mlua_push_str(L, msip_str_span(p.name.at, last.at + last.len));
    lua_rawseti(L, -2, ++n);
  }
  lua_setfield(L, -2, "list");
}

/* sip.uri.nameaddr(text) -> { display_name, uri, params, tag, list } | nil, err
 */
static int new_nameaddr(lua_State *L)
{
  struct msip_str text = mlua_check_str(L, 1);
  struct msip_fault fault = {NULL, 0};
  struct msip_nameaddr na;
  struct msip_uri uri;

  if (msip_nameaddr_parse(&na, text, &fault) != 0)
    return mlua_fail_at(L, MSIP_ESYNTAX, &fault);
  if (na.star)
    return mlua_fail(L, MSIP_ESYNTAX, "an address expected, not *");
  if (msip_uri_parse(&uri, na.uri, &fault) != 0)
    return mlua_fail_at(L, MSIP_ESYNTAX, &fault);
  mlua_push_nameaddr(L, text);
  set_list(L, na.params);
  return 1;
}

/* Escapes nothing that need not be, and everything else alike. */
static void add_user(lua_State *L, luaL_Buffer *out, struct msip_str user)
{
  struct msip_buf text = {.at = NULL};

  if (msip_str_find(user, '%') == user.len) {
    luaL_addlstring(out, user.at, user.len);
    return;
  }
  text.room = text.max = 3 * user.len;
  text.at = luaL_prepbuffsize(out, text.room);
  mlua_push_unescaped(L, user);
  user = mlua_check_str(L, -1);
  msip_escape_user(&text, user);
  lua_pop(L, 1);
  luaL_addsize(out, text.len);
}

/* sip.uri.aor(uri) -> text | nil, err (RFC 3261 10.3 step 5) */
static int address_of_record(lua_State *L)
{
  struct msip_fault fault = {NULL, 0};
  struct msip_str text = mlua_uri_text(L, 1);
  struct msip_uri uri;
  luaL_Buffer out;

  if (!text.at)
    text = mlua_check_str(L, 1);
  if (msip_uri_parse(&uri, text, &fault) != 0)
    return mlua_fail_at(L, MSIP_ESYNTAX, &fault);
  if (uri.scheme != MSIP_SCHEME_SIP && uri.scheme != MSIP_SCHEME_SIPS)
    return mlua_fail(L, MSIP_EUNSUPPORTED, "sip or sips URI expected");
  luaL_buffinit(L, &out);
  luaL_addstring(&out, "sip:");
  if (uri.user.len) {
    add_user(L, &out, uri.user);
    luaL_addchar(&out, '@');
  }
  for (size_t i = 0; i < uri.host.len; i++)
    luaL_addchar(&out, msip_lower(uri.host.at[i]));
  luaL_pushresult(&out);
  return 1;
}

static bool is_plain(unsigned char c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || (c && strchr("-_.!~*'()", c));
}

/* sip.uri.escape(text) -> text: all but unreserved bytes (RFC 3261 25.1) */
static int escape(lua_State *L)
{
  static const char hex_digits[] = "0123456789ABCDEF";
  struct msip_str text = mlua_check_str(L, 1);
  luaL_Buffer out;

  luaL_buffinit(L, &out);
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.at[i];

    if (is_plain(c)) {
      luaL_addchar(&out, text.at[i]);
      continue;
    }
    luaL_addchar(&out, '%');
    luaL_addchar(&out, hex_digits[c >> 4]);
    luaL_addchar(&out, hex_digits[c & 15]);
  }
  luaL_pushresult(&out);
  return 1;
}

/* A table of functions that is a function itself. */
int mlua_open_uri(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"aor", address_of_record},
      {"escape", escape},
      {"nameaddr", new_nameaddr},
      {NULL, NULL},
  };
  static const luaL_Reg meta[] = {{"__call", new_uri}, {NULL, NULL}};

  mlua_class_open(L, &mlua_uri_class);
  luaL_newlib(L, functions);
  luaL_newlib(L, meta);
  lua_setmetatable(L, -2);
  return 1;
}
