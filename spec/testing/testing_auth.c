#include "testing.h"

#include "auth/attempts.h"
#include "auth/challenge.h"
#include "auth/credentials.h"
#include "auth/digest.h"
#include "auth/nonce.h"
#include "base/err.h"

#define NONCES   "moonsip_testing.nonces"
#define ATTEMPTS "moonsip_testing.attempts"

static struct msip_str field_text(lua_State *L, const char *key)
{
  struct msip_str s = MSIP_STR("");

  if (lua_getfield(L, 1, key) != LUA_TNIL)
    s.at = luaL_checklstring(L, -1, &s.len);
  return s;
}

static enum msip_algorithm algorithm_arg(lua_State *L, int arg)
{
  enum msip_algorithm algorithm = msip_algorithm_of(testing_str(L, arg));

  luaL_argcheck(L, algorithm != MSIP_ALGORITHM_OTHER, arg, "no algorithm");
  return algorithm;
}

static void field_bool(lua_State *L, const char *key, bool value)
{
  lua_pushboolean(L, value);
  lua_setfield(L, -2, key);
}

static int push_err(lua_State *L, int err, const char *why)
{
  lua_pushnil(L);
  lua_pushstring(L, msip_err_name(err));
  lua_pushstring(L, why);
  return 3;
}

/* A copy of argument 1 that may be written to, on the stack. */
static char *copy_arg(lua_State *L, size_t *len)
{
  struct msip_str text = testing_str(L, 1);
  char *copy = lua_newuserdatauv(L, text.len + 1, 0);

  memcpy(copy, text.at, text.len);
  *len = text.len;
  return copy;
}

/* testing.ha1(user, realm, password, algorithm) */
static int ha1(lua_State *L)
{
  struct msip_hex hex;

  if (msip_digest_ha1(&hex, algorithm_arg(L, 4), testing_str(L, 1),
                      testing_str(L, 2), testing_str(L, 3)) != 0)
    return push_err(L, MSIP_EUNSUPPORTED, NULL);
  testing_push(L, msip_hex_str(&hex));
  return 1;
}

/* testing.userhash(user, realm, algorithm) */
static int userhash(lua_State *L)
{
  struct msip_hex hex;

  msip_digest_userhash(&hex, algorithm_arg(L, 3), testing_str(L, 1),
                       testing_str(L, 2));
  testing_push(L, msip_hex_str(&hex));
  return 1;
}

static enum msip_qop qop_of(struct msip_str name)
{
  return msip_str_eq(name, MSIP_STR("auth"))       ? MSIP_QOP_AUTH
         : msip_str_eq(name, MSIP_STR("auth-int")) ? MSIP_QOP_AUTH_INT
                                                   : MSIP_QOP_NONE;
}

/* testing.digest{ algorithm, qop, ha1, method, ... } -> response | nil, code */
static int digest(lua_State *L)
{
  struct msip_hex hex;
  struct msip_digest d = {
      .algorithm = msip_algorithm_of(field_text(L, "algorithm")),
      .qop = qop_of(field_text(L, "qop")),
      .ha1 = field_text(L, "ha1"),
      .method = field_text(L, "method"),
      .uri = field_text(L, "uri"),
      .nonce = field_text(L, "nonce"),
      .nc = field_text(L, "nc"),
      .cnonce = field_text(L, "cnonce"),
      .body = field_text(L, "body"),
  };
  int err = msip_digest_response(&hex, &d);

  if (err)
    return push_err(L, err, NULL);
  testing_push(L, msip_hex_str(&hex));
  return 1;
}

/* testing.digest_equal(a, b) */
static int digest_equal(lua_State *L)
{
  lua_pushboolean(L, msip_digest_equal(testing_str(L, 1), testing_str(L, 2)));
  return 1;
}

/* testing.challenge(text) -> fields, the same written | nil, code, why */
static int challenge(lua_State *L)
{
  struct msip_challenge c;
  struct msip_buf buf;
  const char *why = NULL;
  size_t len;
  char *text = copy_arg(L, &len);
  int err = msip_challenge_read(&c, text, len, &why);

  if (err)
    return push_err(L, err, why);
  lua_newtable(L);
  testing_field(L, "realm", c.realm);
  testing_field(L, "nonce", c.nonce);
  if (c.has_opaque)
    testing_field(L, "opaque", c.opaque);
  testing_field(L, "algorithm", msip_algorithm_name(c.algorithm));
  field_bool(L, "has_qop", c.has_qop);
  field_bool(L, "auth", c.auth);
  field_bool(L, "auth_int", c.auth_int);
  field_bool(L, "stale", c.stale);
  field_bool(L, "userhash", c.userhash);
  msip_buf_init(&buf, &testing_pool, 65535);
  msip_challenge_write(&buf, &c);
  testing_push(L, msip_buf_str(&buf));
  msip_buf_fini(&buf);
  return 2;
}

/* testing.credentials(text) -> fields, the same written | nil, code, why */
static int credentials(lua_State *L)
{
  struct msip_credentials c;
  struct msip_buf buf;
  const char *why = NULL;
  size_t len;
  char *text = copy_arg(L, &len);
  int err = msip_credentials_read(&c, text, len, &why);

  if (err)
    return push_err(L, err, why);
  lua_newtable(L);
  testing_field(L, "username", c.username);
  testing_field(L, "realm", c.realm);
  testing_field(L, "nonce", c.nonce);
  testing_field(L, "uri", c.uri);
  testing_field(L, "response", c.response);
  testing_field(L, "cnonce", c.cnonce);
  testing_field(L, "nc", c.nc);
  testing_field(L, "algorithm", msip_algorithm_name(c.algorithm));
  testing_field(L, "qop", msip_qop_name(c.qop));
  lua_pushinteger(L, c.count);
  lua_setfield(L, -2, "count");
  field_bool(L, "userhash", c.userhash);
  msip_buf_init(&buf, &testing_pool, 65535);
  msip_credentials_write(&buf, &c);
  testing_push(L, msip_buf_str(&buf));
  msip_buf_fini(&buf);
  return 2;
}

/* nonces:make(realm, random, now) */
static int nonce_make(lua_State *L)
{
  const struct msip_nonces *nonces = luaL_checkudata(L, 1, NONCES);
  char text[MSIP_NONCE_LEN];

  msip_nonce_make(nonces, text, testing_str(L, 2),
                  (uint64_t)luaL_checkinteger(L, 3),
                  (msip_time)luaL_checkinteger(L, 4));
  lua_pushlstring(L, text, sizeof text);
  return 1;
}

/* nonces:check(text, realm, now) -> "good" | "stale" | "foreign" */
static int nonce_check(lua_State *L)
{
  static const char *const names[] = {"good", "stale", "foreign"};
  const struct msip_nonces *nonces = luaL_checkudata(L, 1, NONCES);
  struct msip_nonce nonce;

  lua_pushstring(L, names[msip_nonce_check(
                        nonces, &nonce, testing_str(L, 2), testing_str(L, 3),
                        (msip_time)luaL_checkinteger(L, 4))]);
  return 1;
}

/* nonces:count(text, realm, now, count) -> is it new */
static int nonce_count(lua_State *L)
{
  struct msip_nonces *nonces = luaL_checkudata(L, 1, NONCES);
  struct msip_nonce nonce;

  if (msip_nonce_check(nonces, &nonce, testing_str(L, 2), testing_str(L, 3),
                       (msip_time)luaL_checkinteger(L, 4)) != MSIP_NONCE_GOOD)
    return luaL_error(L, "not a good nonce");
  lua_pushboolean(
      L, msip_nonce_count(nonces, &nonce, (uint32_t)luaL_checkinteger(L, 5)));
  return 1;
}

/* testing.nonces{ key =, count =, life = } */
static int new_nonces(lua_State *L)
{
  uint8_t key[MSIP_NONCE_KEY] = {0};
  struct msip_str text = field_text(L, "key");
  lua_Integer count, life;

  memcpy(key, text.at, text.len < sizeof key ? text.len : sizeof key);
  lua_getfield(L, 1, "count");
  count = luaL_optinteger(L, -1, 1024);
  lua_getfield(L, 1, "life");
  life = luaL_optinteger(L, -1, 300000);
  msip_nonces_init(lua_newuserdatauv(L, msip_nonces_size((uint32_t)count), 0),
                   (uint32_t)count, key, (msip_time)life);
  luaL_setmetatable(L, NONCES);
  return 1;
}

struct attempts {
  struct msip_attempts a;
  struct msip_attempt who;
};

/* Reads who tries from arguments 2 and 3. */
static struct attempts *attempts_arg(lua_State *L)
{
  struct attempts *box = luaL_checkudata(L, 1, ATTEMPTS);

  box->who = (struct msip_attempt){.source = testing_str(L, 2),
                                   .realm = MSIP_STR("atlanta"),
                                   .user = testing_str(L, 3)};
  return box;
}

/* attempts:wait(source, user, now) */
static int attempts_wait(lua_State *L)
{
  struct attempts *box = attempts_arg(L);

  lua_pushinteger(
      L, (lua_Integer)msip_attempts_wait(&box->a, &box->who,
                                         (msip_time)luaL_checkinteger(L, 4)));
  return 1;
}

/* attempts:failed(source, user, now) */
static int attempts_failed(lua_State *L)
{
  struct attempts *box = attempts_arg(L);

  msip_attempts_failed(&box->a, &box->who, (msip_time)luaL_checkinteger(L, 4));
  return 0;
}

/* attempts:passed(source, user, now) */
static int attempts_passed(lua_State *L)
{
  struct attempts *box = attempts_arg(L);

  msip_attempts_passed(&box->a, &box->who, (msip_time)luaL_checkinteger(L, 4));
  return 0;
}

static struct msip_marks *new_marks(lua_State *L, uint32_t count)
{
  struct msip_marks *marks = lua_newuserdatauv(L, msip_marks_size(count), 0);

  msip_marks_init(marks, count);
  return marks;
}

/* testing.attempts(marks, source burst, user burst, pause in ms) */
static int new_attempts(lua_State *L)
{
  static const uint64_t key[2] = {1, 2};
  uint32_t count = (uint32_t)luaL_checkinteger(L, 1);
  uint32_t pause = (uint32_t)luaL_checkinteger(L, 4);
  struct attempts *box = lua_newuserdatauv(L, sizeof *box, 2);

  luaL_setmetatable(L, ATTEMPTS);
  memset(box, 0, sizeof *box);
  msip_rand_init(&box->a.hash, key);
  box->a.source =
      (struct msip_attempts_limit){(uint32_t)luaL_checkinteger(L, 2), pause};
  box->a.user =
      (struct msip_attempts_limit){(uint32_t)luaL_checkinteger(L, 3), pause};
  box->a.wrong = new_marks(L, count);
  lua_setiuservalue(L, -2, 1);
  box->a.right = new_marks(L, count);
  lua_setiuservalue(L, -2, 2);
  return 1;
}

static void open_class(lua_State *L, const char *name, const luaL_Reg *methods)
{
  luaL_newmetatable(L, name);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

void testing_open_auth(lua_State *L)
{
  static const luaL_Reg nonces[] = {{"make", nonce_make},
                                    {"check", nonce_check},
                                    {"count", nonce_count},
                                    {NULL, NULL}};
  static const luaL_Reg attempts[] = {{"wait", attempts_wait},
                                      {"failed", attempts_failed},
                                      {"passed", attempts_passed},
                                      {NULL, NULL}};
  static const luaL_Reg functions[] = {{"ha1", ha1},
                                       {"userhash", userhash},
                                       {"digest", digest},
                                       {"digest_equal", digest_equal},
                                       {"challenge", challenge},
                                       {"credentials", credentials},
                                       {"nonces", new_nonces},
                                       {"attempts", new_attempts},
                                       {NULL, NULL}};

  open_class(L, NONCES, nonces);
  open_class(L, ATTEMPTS, attempts);
  luaL_setfuncs(L, functions, 0);
}
