#include "testing.h"

#include "base/err.h"
#include "uri/nameaddr.h"
#include "uri/param.h"
#include "uri/uri.h"

static void field_bool(lua_State *L, const char *key, bool value)
{
  lua_pushboolean(L, value);
  lua_setfield(L, -2, key);
}

/* nil, what, offset */
static int push_fault(lua_State *L, const struct msip_fault *fault)
{
  lua_pushnil(L);
  lua_pushstring(L, fault->what);
  lua_pushinteger(L, fault->at);
  return 3;
}

/* testing.uri(text) -> table | nil, what, offset */
static int uri(lua_State *L)
{
  static const char *const schemes[] = {"other", "sip", "sips", "tel"};
  struct msip_uri u;
  struct msip_fault fault = {"", 0};

  if (msip_uri_parse(&u, testing_str(L, 1), &fault) != 0)
    return push_fault(L, &fault);
  lua_newtable(L);
  lua_pushstring(L, schemes[u.scheme]);
  lua_setfield(L, -2, "scheme");
  testing_field(L, "scheme_text", u.scheme_text);
  testing_field(L, "opaque", u.opaque);
  testing_field(L, "user", u.user);
  if (u.has_password)
    testing_field(L, "password", u.password);
  testing_field(L, "host", u.host);
  lua_pushinteger(L, u.port);
  lua_setfield(L, -2, "port");
  testing_field(L, "params", u.params);
  testing_field(L, "headers", u.headers);
  return 1;
}

/* testing.uri_equal(a, b) -> boolean; raises when one does not parse */
static int uri_equal(lua_State *L)
{
  struct msip_uri a, b;
  struct msip_fault fault = {"", 0};

  if (msip_uri_parse(&a, testing_str(L, 1), &fault) != 0 ||
      msip_uri_parse(&b, testing_str(L, 2), &fault) != 0)
    return luaL_error(L, "%s", fault.what);
  lua_pushboolean(L, msip_uri_equal(&a, &b));
  return 1;
}

/* Pushes the text of `buf`, or nil and the error's name. */
static int push_buf(lua_State *L, struct msip_buf *buf, int err)
{
  if (err == 0)
    err = msip_buf_error(buf);
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

/* testing.uri_format(text) -> the parsed URI as text again */
static int uri_format(lua_State *L)
{
  struct msip_buf buf;
  struct msip_uri u;
  struct msip_fault fault = {"", 0};

  if (msip_uri_parse(&u, testing_str(L, 1), &fault) != 0)
    return push_fault(L, &fault);
  msip_buf_init(&buf, &testing_pool, 65536);
  msip_uri_format(&buf, &u);
  return push_buf(L, &buf, 0);
}

static int unescape(lua_State *L)
{
  struct msip_buf buf;

  msip_buf_init(&buf, &testing_pool, 65536);
  return push_buf(L, &buf, msip_unescape(&buf, testing_str(L, 1)));
}

static int escape_user(lua_State *L)
{
  struct msip_buf buf;

  msip_buf_init(&buf, &testing_pool, 65536);
  msip_escape_user(&buf, testing_str(L, 1));
  return push_buf(L, &buf, 0);
}

static int host_is_valid(lua_State *L)
{
  lua_pushboolean(L, msip_host_is_valid(testing_str(L, 1)));
  return 1;
}

/* testing.nameaddr(text) -> table | nil, what, offset */
static int nameaddr(lua_State *L)
{
  struct msip_nameaddr na;
  struct msip_fault fault = {"", 0};

  if (msip_nameaddr_parse(&na, testing_str(L, 1), &fault) != 0)
    return push_fault(L, &fault);
  lua_newtable(L);
  testing_field(L, "display", na.display);
  testing_field(L, "uri", na.uri);
  testing_field(L, "params", na.params);
  testing_field(L, "tag", msip_nameaddr_tag(&na));
  field_bool(L, "bracketed", na.bracketed);
  field_bool(L, "star", na.star);
  return 1;
}

/* testing.params(text) -> { {name, value|false}, ... } | nil */
static int params(lua_State *L)
{
  struct msip_str rest = testing_str(L, 1);
  struct msip_param param;
  int got, n = 0;

  lua_newtable(L);
  while ((got = msip_param_next(&rest, &param)) == 1) {
    lua_createtable(L, 2, 0);
    testing_push(L, param.name);
    lua_rawseti(L, -2, 1);
    if (param.has_value)
      testing_push(L, param.value);
    else
      lua_pushboolean(L, 0);
    lua_rawseti(L, -2, 2);
    lua_rawseti(L, -2, ++n);
  }
  if (got != 0)
    lua_pushnil(L);
  return 1;
}

/* testing.param_check(text) -> boolean */
static int param_check(lua_State *L)
{
  lua_pushboolean(L, msip_param_check(testing_str(L, 1)) == 0);
  return 1;
}

/* testing.param_value(text, name) */
static int param_value(lua_State *L)
{
  testing_push(L, msip_param_value(testing_str(L, 1), testing_str(L, 2)));
  return 1;
}

void testing_open_uri(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"uri", uri},
      {"uri_equal", uri_equal},
      {"uri_format", uri_format},
      {"unescape", unescape},
      {"escape_user", escape_user},
      {"host_is_valid", host_is_valid},
      {"nameaddr", nameaddr},
      {"params", params},
      {"param_check", param_check},
      {"param_value", param_value},
      {NULL, NULL},
  };

  luaL_setfuncs(L, functions, 0);
}
