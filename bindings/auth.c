/* bindings/auth.c -- moonsip.auth.core: what bindings/lua/moonsip/auth.lua is
 * made of.  Credentials are plain tables there; the guard is what an engine
 * remembers: its key, counts of nonces, wrong answers. */
#include "auth/attempts.h"
#include "auth/challenge.h"
#include "auth/credentials.h"
#include "auth/nonce.h"
#include "box.h"
#include "engine.h"
#include "error.h"
#include "message/msg.h"
#include "option.h"
#include "uri/uri.h"

struct guard {
  struct mlua_box box;
  struct msip_attempts attempts;
  struct msip_nonces *nonces; /* the tables are user values, as is the engine */
};

enum { NONCES = 1, WRONG, RIGHT, ENGINE, VALUES = ENGINE, MARKS = 16384 };

static enum msip_algorithm algorithm_arg(lua_State *L, int arg)
{
  enum msip_algorithm algorithm = msip_algorithm_of(mlua_check_str(L, arg));

  luaL_argcheck(L, algorithm != MSIP_ALGORITHM_OTHER, arg,
                "MD5, SHA-256 or SHA-512-256 expected, or one with -sess");
  return algorithm;
}

static void set_text(lua_State *L, const char *key, struct msip_str s)
{
  mlua_push_str(L, s);
  lua_setfield(L, -2, key);
}

/* Hashes. */

static int push_hash(lua_State *L, int err, const struct msip_hex *hex)
{
  if (err)
    return luaL_error(L, "this machine's OpenSSL refuses the algorithm");
  mlua_push_str(L, msip_hex_str(hex));
  return 1;
}

/* core.ha1(username, realm, password, algorithm) */
static int ha1(lua_State *L)
{
  struct msip_hex hex;
  enum msip_algorithm algorithm = algorithm_arg(L, 4);
  int err = msip_digest_ha1(&hex, algorithm, mlua_check_str(L, 1),
                            mlua_check_str(L, 2), mlua_check_str(L, 3));

  return push_hash(L, err, &hex);
}

/* Field `key` of the table at `index`; it stays on the stack. */
static struct msip_str text_of(lua_State *L, int index, const char *key)
{
  lua_getfield(L, index, key);
  return lua_isnil(L, -1) ? MSIP_STR("") : mlua_check_str(L, -1);
}

static enum msip_qop qop_of(struct msip_str name)
{
  return msip_str_eq(name, MSIP_STR("auth"))       ? MSIP_QOP_AUTH
         : msip_str_eq(name, MSIP_STR("auth-int")) ? MSIP_QOP_AUTH_INT
                                                   : MSIP_QOP_NONE;
}

/* What the credentials at 1 are computed from, with the HA1 at 2, the method at
 * 3 and the body at 4. */
static void compute(lua_State *L, struct msip_hex *out)
{
  struct msip_digest d = {.ha1 = mlua_check_str(L, 2),
                          .method = mlua_check_str(L, 3),
                          .body = mlua_check_str(L, 4)};
  int err;

  luaL_checktype(L, 1, LUA_TTABLE);
  d.algorithm = msip_algorithm_of(text_of(L, 1, "algorithm"));
  d.qop = qop_of(text_of(L, 1, "qop"));
  d.uri = text_of(L, 1, "uri");
  d.nonce = text_of(L, 1, "nonce");
  d.nc = text_of(L, 1, "nc");
  d.cnonce = text_of(L, 1, "cnonce");
  err = msip_digest_response(out, &d);
  if (err == MSIP_EINVALID) {
    struct msip_str name = msip_algorithm_name(d.algorithm);

    mlua_push_str(L, name);
    luaL_error(L, "an HA1 for %s has %d lowercase hexadecimal digits",
               lua_tostring(L, -1), (int)msip_algorithm_digits(d.algorithm));
  }
  if (err)
    push_hash(L, err, out);
}

/* core.matches(credentials, ha1, method, body) -> boolean */
static int matches(lua_State *L)
{
  struct msip_hex hex;

  compute(L, &hex);
  lua_pushboolean(
      L, msip_digest_equal(msip_hex_str(&hex), text_of(L, 1, "response")));
  return 1;
}

/* core.rspauth(credentials, ha1, "", body) -> text */
static int rspauth(lua_State *L)
{
  struct msip_hex hex;

  compute(L, &hex);
  mlua_push_str(L, msip_hex_str(&hex));
  return 1;
}

/* core.algorithm(name) -> its proper name, rank, the one its HA1 is made with |
 * nil */
static int algorithm_info(lua_State *L)
{
  enum msip_algorithm algorithm = msip_algorithm_of(mlua_check_str(L, 1));

  if (algorithm == MSIP_ALGORITHM_OTHER)
    return 0;
  mlua_push_str(L, msip_algorithm_name(algorithm));
  lua_pushinteger(L, (lua_Integer)algorithm);
  mlua_push_str(L, msip_algorithm_name(msip_algorithm_base(algorithm)));
  return 3;
}

/* Header values. */

static void push_credentials(lua_State *L, const struct msip_credentials *c)
{
  lua_createtable(L, 0, 10);
  set_text(L, "username", c->username);
  set_text(L, "realm", c->realm);
  set_text(L, "nonce", c->nonce);
  set_text(L, "uri", c->uri);
  set_text(L, "response", c->response);
  set_text(L, "cnonce", c->cnonce);
  set_text(L, "nc", c->nc);
  set_text(L, "algorithm", msip_algorithm_name(c->algorithm));
  set_text(L, "qop", msip_qop_name(c->qop));
  lua_pushinteger(L, c->count);
  lua_setfield(L, -2, "count");
  lua_pushboolean(L, c->userhash);
  lua_setfield(L, -2, "userhash");
}

/* core.credentials(text) -> table | nil, err: ESYNTAX with what is wrong;
 * EUNSUPPORTED for another scheme, algorithm or qop */
static int credentials(lua_State *L)
{
  struct msip_str text = mlua_check_str(L, 1);
  struct msip_credentials c;
  const char *why = NULL;
  char *copy = lua_newuserdatauv(L, text.len + 1, 0);
  int err;

  memcpy(copy, text.at, text.len);
  err = msip_credentials_read(&c, copy, text.len, &why);
  if (err)
    return mlua_fail(L, err, why);
  push_credentials(L, &c);
  return 1;
}

/* The same with all that may differ without meaning another user. */
static bool essence(struct msip_str text, struct msip_uri *out)
{
  if (msip_uri_parse(out, text, NULL) != 0)
    return false;
  if (out->scheme == MSIP_SCHEME_SIPS)
    out->scheme = MSIP_SCHEME_SIP;
  if (out->scheme == MSIP_SCHEME_SIP) {
    out->port = 0;
    out->params = out->headers = MSIP_STR("");
  }
  return true;
}

/* core.same_target(uri text, uri text): the same user at the same host (or the
 * same number); port, parameters, headers and "s" of sips are left out. */
static int same_target(lua_State *L)
{
  struct msip_str a = mlua_check_str(L, 1), b = mlua_check_str(L, 2);
  struct msip_uri x, y;

  lua_pushboolean(L, msip_str_eq(a, b) || (essence(a, &x) && essence(b, &y) &&
                                           msip_uri_equal(&x, &y)));
  return 1;
}

/* core.options(table): raises for names that auth.require does not know. */
static int check_options(lua_State *L)
{
  static const char *const names[] = {"realm", "proxy",         "algorithms",
                                      "qop",   "nonce_expires", "check_uri",
                                      NULL};

  mlua_option_names(L, 1, names);
  return 0;
}

/* The guard. */

static const struct mlua_class guard_class;

static struct guard *check_guard(lua_State *L)
{
  struct guard *guard = (struct guard *)mlua_box_check(L, 1, &guard_class);

  if (!guard->box.engine->ua)
    luaL_error(L, "the engine is closed");
  return guard;
}

static msip_time now_of(const struct guard *guard)
{
  return msip_ua_now(guard->box.engine->ua);
}

/* Settings may change while it lives. */
static void take_settings(struct guard *guard)
{
  const struct msip_settings *s = &guard->box.engine->settings;

  guard->attempts.source = (struct msip_attempts_limit){s->auth_source_failures,
                                                        s->auth_failure_pause};
  guard->attempts.user = (struct msip_attempts_limit){s->auth_user_failures,
                                                      s->auth_failure_pause};
}

/* A table of its own, as user value `n` of the guard on top. */
static void *new_table(lua_State *L, int n, size_t size)
{
  void *table = lua_newuserdatauv(L, size, 0);

  lua_setiuservalue(L, -2, n);
  return table;
}

static struct mlua_engine *engine_here(lua_State *L)
{
  struct mlua_engine *engine = mlua_engine_of(L);

  if (!engine || !engine->ua)
    luaL_error(L, "no engine runs yet: wait for on_start");
  return engine;
}

/* core.guard(): what the engine this code runs in remembers, empty. */
static int new_guard(lua_State *L)
{
  struct mlua_engine *engine = engine_here(L);
  uint32_t count = engine->settings.auth_nonces;
  struct guard *guard =
      mlua_box_new_sized(L, engine, &guard_class, NULL, sizeof *guard);
  uint64_t key[MSIP_NONCE_KEY / sizeof(uint64_t)];
  uint8_t bytes[MSIP_NONCE_KEY];

  mlua_engine_push(L, engine);
  lua_setiuservalue(L, -2, ENGINE);
  for (unsigned i = 0; i < sizeof key / sizeof *key; i++)
    key[i] = msip_ua_random(engine->ua);
  memcpy(bytes, key, sizeof bytes);
  msip_rand_init(&guard->attempts.hash, key);
  guard->nonces = new_table(L, NONCES, msip_nonces_size(count));
  msip_nonces_init(guard->nonces, count, bytes, 0);
  guard->attempts.wrong = new_table(L, WRONG, msip_marks_size(MARKS));
  msip_marks_init(guard->attempts.wrong, MARKS);
  guard->attempts.right = new_table(L, RIGHT, msip_marks_size(MARKS));
  msip_marks_init(guard->attempts.right, MARKS);
  return 1;
}

/* guard:challenge(realm, algorithm, { qop = true }, stale, nonce) -> value of
 * the header */
static int write_challenge(lua_State *L)
{
  enum { NAMES = 128 }; /* of the parameters, with what we write into them */
  struct msip_challenge c = {.realm = mlua_check_str(L, 2),
                             .algorithm = algorithm_arg(L, 3),
                             .has_qop = true,
                             .stale = lua_toboolean(L, 5),
                             .nonce = mlua_check_str(L, 6)};
  struct msip_buf buf = {.at = NULL};
  luaL_Buffer out;

  check_guard(L);
  luaL_checktype(L, 4, LUA_TTABLE);
  c.auth = lua_getfield(L, 4, "auth") != LUA_TNIL;
  c.auth_int = lua_getfield(L, 4, "auth-int") != LUA_TNIL;
  buf.room = buf.max = 2 * (c.realm.len + c.nonce.len) + NAMES;
  buf.at = luaL_buffinitsize(L, &out, buf.room);
  msip_challenge_write(&buf, &c);
  luaL_pushresultsize(&out, buf.len);
  return 1;
}

/* guard:nonce(realm) -> a new one */
static int new_nonce(lua_State *L)
{
  struct guard *guard = check_guard(L);
  uint64_t random = msip_ua_random(guard->box.engine->ua);
  char text[MSIP_NONCE_LEN];

  if (!msip_nonce_make(guard->nonces, text, mlua_check_str(L, 2), random,
                       now_of(guard)))
    mlua_raise_nomem(L);
  lua_pushlstring(L, text, sizeof text);
  return 1;
}

/* Reads the nonce at 2, made for the realm at 3, which lives for the seconds at
 * 4. */
static enum msip_nonce_state nonce_state(lua_State *L, struct guard *guard,
                                         struct msip_nonce *nonce)
{
  guard->nonces->life = (msip_time)(luaL_checknumber(L, 4) * 1000);
  return msip_nonce_check(guard->nonces, nonce, mlua_check_str(L, 2),
                          mlua_check_str(L, 3), now_of(guard));
}

/* guard:check(nonce, realm, life) -> "good", its age | "stale" | "foreign" */
static int check_nonce(lua_State *L)
{
  static const char *const names[] = {"good", "stale", "foreign"};
  struct guard *guard = check_guard(L);
  struct msip_nonce nonce;
  enum msip_nonce_state state = nonce_state(L, guard, &nonce);

  lua_pushstring(L, names[state]);
  if (state != MSIP_NONCE_GOOD)
    return 1;
  lua_pushnumber(L, (lua_Number)(now_of(guard) - nonce.made_at) / 1000);
  return 2;
}

/* guard:count(nonce, realm, life, count) -> false when it came before */
static int count_nonce(lua_State *L)
{
  struct guard *guard = check_guard(L);
  lua_Integer count = luaL_checkinteger(L, 5);
  struct msip_nonce nonce;

  lua_pushboolean(L,
                  nonce_state(L, guard, &nonce) == MSIP_NONCE_GOOD &&
                      msip_nonce_count(guard->nonces, &nonce, (uint32_t)count));
  return 1;
}

/* Source, realm and user are the arguments from 2. */
static struct msip_attempt attempt_of(lua_State *L)
{
  return (struct msip_attempt){.source = mlua_check_str(L, 2),
                               .realm = mlua_check_str(L, 3),
                               .user = mlua_check_str(L, 4)};
}

/* guard:wait(source, realm, user) -> seconds until they may try | nil */
static int wait_for(lua_State *L)
{
  struct guard *guard = check_guard(L);
  struct msip_attempt who = attempt_of(L);
  msip_time wait;

  take_settings(guard);
  wait = msip_attempts_wait(&guard->attempts, &who, now_of(guard));
  if (wait == 0)
    return 0;
  msip_ua_counters(guard->box.engine->ua)->refused_guesses++;
  lua_pushnumber(L, (lua_Number)wait / 1000);
  return 1;
}

/* guard:failed(source, realm, user) */
static int note_failed(lua_State *L)
{
  struct guard *guard = check_guard(L);
  struct msip_attempt who = attempt_of(L);

  take_settings(guard);
  msip_attempts_failed(&guard->attempts, &who, now_of(guard));
  msip_ua_counters(guard->box.engine->ua)->wrong_passwords++;
  return 0;
}

/* guard:passed(source, realm, user) */
static int note_passed(lua_State *L)
{
  struct guard *guard = check_guard(L);
  struct msip_attempt who = attempt_of(L);

  msip_attempts_passed(&guard->attempts, &who, now_of(guard));
  return 0;
}

/* Pushes the host of our Contact: what peers know us by. */
static void push_own_host(lua_State *L, const struct mlua_engine *engine,
                          const struct msip_request *request)
{
  const struct msip_flow *flow = &msip_request_message(request)->flow;
  char room[64];
  struct msip_buf buf = {.at = room, .room = sizeof room, .max = sizeof room};
  struct msip_uri uri;

  if (msip_uri_parse(&uri, msip_str_c(engine->settings.contact), NULL) == 0 &&
      uri.host.len) {
    mlua_push_str(L, uri.host);
    return;
  }
  msip_addr_format_ip(&buf, &flow->local, true);
  mlua_push_str(L, msip_buf_str(&buf));
}

/* core.defaults(request) -> realm, seconds a nonce lives | nil when it is gone;
 * raises for anything but a request that can be answered */
static int defaults(lua_State *L)
{
  struct mlua_box *box = mlua_box_check(L, 1, &mlua_request_class);
  struct mlua_engine *engine = box->engine;

  if (!box->obj)
    return 0;
  if (engine->settings.auth_realm[0])
    lua_pushstring(L, engine->settings.auth_realm);
  else
    push_own_host(L, engine, box->obj);
  lua_pushinteger(L, engine->settings.auth_nonce_expires);
  return 2;
}

static const luaL_Reg guard_methods[] = {
    {"challenge", write_challenge},
    {"nonce", new_nonce},
    {"check", check_nonce},
    {"count", count_nonce},
    {"wait", wait_for},
    {"failed", note_failed},
    {"passed", note_passed},
    {NULL, NULL},
};

static const struct mlua_class guard_class = {
    .name = "moonsip.auth.Guard",
    .methods = guard_methods,
    .user_values = VALUES,
};

int mlua_open_auth(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"ha1", ha1},
      {"matches", matches},
      {"rspauth", rspauth},
      {"algorithm", algorithm_info},
      {"credentials", credentials},
      {"same_target", same_target},
      {"options", check_options},
      {"defaults", defaults},
      {"guard", new_guard},
      {NULL, NULL},
  };

  mlua_class_open(L, &guard_class);
  luaL_newlib(L, functions);
  return 1;
}
