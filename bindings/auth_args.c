/* The option `auth` of requests: who we are when somebody asks. */
#include "auth/keyring.h"
#include "option.h"
#include "reading.h"

/* Field `name` of the table on top, which keeps it; false and empty when
 * absent. */
static bool text_field(lua_State *L, const char *name, struct msip_str *out)
{
  int type;

  *out = MSIP_STR("");
  lua_pushstring(L, name);
  type = lua_rawget(L, -2);
  if (type != LUA_TNIL && type != LUA_TSTRING)
    luaL_error(L, "option 'auth': %s: string expected, got %s", name,
               luaL_typename(L, -1));
  if (type == LUA_TSTRING)
    out->at = lua_tolstring(L, -1, &out->len);
  lua_pop(L, 1);
  return type == LUA_TSTRING;
}

/* A colon would shift what is hashed, a control byte break the header. */
static bool is_plain(struct msip_str s, char unwanted)
{
  for (size_t i = 0; i < s.len; i++)
    if ((unsigned char)s.at[i] < ' ' || s.at[i] == 0x7f || s.at[i] == unwanted)
      return false;
  return true;
}

static void read_algorithm(lua_State *L, struct msip_login *login)
{
  struct msip_str name;

  text_field(L, "algorithm", &name);
  login->algorithm = msip_algorithm_base(msip_algorithm_of(name));
  if (name.len && login->algorithm == MSIP_ALGORITHM_OTHER)
    luaL_error(L, "option 'auth': algorithm: MD5, SHA-256 or SHA-512-256 "
                  "expected");
  if (login->ha1.len == 0)
    return;
  /* Only MD5 has so few digits; the others do not differ. */
  if (name.len == 0 && login->ha1.len == 32)
    login->algorithm = MSIP_MD5;
  if (login->algorithm == MSIP_ALGORITHM_OTHER)
    luaL_error(L, "option 'auth': an ha1 needs its algorithm");
  if (!msip_ha1_is_valid(login->algorithm, login->ha1))
    luaL_error(L,
               "option 'auth': an ha1 for %s has %d lowercase hexadecimal "
               "digits",
               msip_algorithm_name(login->algorithm).at,
               (int)msip_algorithm_digits(login->algorithm));
}

/* The table on top. */
static void read_login(lua_State *L, struct msip_login *login)
{
  static const char *const names[] = {"username", "password",  "ha1",
                                      "realm",    "algorithm", NULL};

  bool password, ha1;

  if (!lua_istable(L, -1))
    luaL_error(L, "option 'auth': { username =, password = } expected");
  mlua_option_names(L, lua_gettop(L), names);
  text_field(L, "username", &login->username);
  password = text_field(L, "password", &login->password);
  ha1 = text_field(L, "ha1", &login->ha1);
  text_field(L, "realm", &login->realm);
  if (login->username.len == 0 || !is_plain(login->username, ':'))
    luaL_error(L, "option 'auth': a username without colons and control bytes "
                  "expected");
  if (password == ha1 || (ha1 && login->ha1.len == 0))
    luaL_error(L, "option 'auth': password or ha1 expected");
  read_algorithm(L, login);
}

void mlua_read_auth(lua_State *L, const struct mlua_reading *r)
{
  struct msip_login *list;
  size_t count = 1;
  bool single;

  if (!lua_istable(L, r->index))
    mlua_arg_type_error(L, r->name, "table", r->index);
  lua_pushliteral(L, "username");
  single = lua_rawget(L, r->index) != LUA_TNIL;
  lua_pop(L, 1);
  if (!single)
    count = lua_rawlen(L, r->index);
  if (count == 0 || count > MSIP_LOGINS_MAX)
    luaL_error(L,
               "option 'auth': { username =, password = } or a list of 1 to "
               "%d expected",
               (int)MSIP_LOGINS_MAX);
  list = lua_newuserdatauv(L, count * sizeof *list, 0);
  for (size_t i = 0; i < count; i++) {
    if (single)
      lua_pushvalue(L, r->index);
    else
      lua_rawgeti(L, r->index, (lua_Integer)i + 1);
    read_login(L, &list[i]);
    lua_pop(L, 1);
  }
  r->out->reply.logins = list;
  r->out->reply.login_count = (unsigned)count;
}
