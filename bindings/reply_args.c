#include "reply_args.h"

#include "base/nearest.h"
#include "header_args.h"
#include "reading.h"
#include "value.h"

void mlua_arg_type_error(lua_State *L, const char *name, const char *wanted,
                         int index)
{
  luaL_error(L, "option '%s': %s expected, got %s", name, wanted,
             luaL_typename(L, index));
}

static struct msip_str text_of(lua_State *L, int index)
{
  size_t len;
  const char *at = lua_tolstring(L, index, &len);

  return msip_str_of(at, len);
}

/* A string that may stand in a header line. */
struct msip_str mlua_arg_line(lua_State *L, const char *name, int index)
{
  struct msip_str s;

  if (lua_type(L, index) != LUA_TSTRING)
    mlua_arg_type_error(L, name, "string", index);
  s = text_of(L, index);
  if (!msip_str_is_line(s))
    luaL_error(L, "option '%s': CR, LF or NUL in it", name);
  return s;
}

static void read_status(lua_State *L, const struct mlua_reading *r)
{
  int whole = 0;
  lua_Integer status = 0;

  if (lua_type(L, r->index) == LUA_TNUMBER)
    status = lua_tointegerx(L, r->index, &whole);
  if (!whole)
    mlua_arg_type_error(L, r->name, "integer", r->index);
  if (status < r->rule->lowest || status > r->rule->highest)
    luaL_error(L, "option '%s': %I is out of range for %s (%d to %d)", r->name,
               (LUAI_UACINT)status, r->rule->method, (int)r->rule->lowest,
               (int)r->rule->highest);
  r->out->reply.status = (unsigned)status;
}

static void read_reason(lua_State *L, const struct mlua_reading *r)
{
  r->out->reply.reason = mlua_arg_line(L, r->name, r->index);
}

static void read_to_tag(lua_State *L, const struct mlua_reading *r)
{
  struct msip_str tag = mlua_arg_line(L, r->name, r->index);

  if (!msip_str_is_token(tag))
    luaL_error(L, "option '%s': not a token", r->name);
  r->out->reply.to_tag = tag;
}

static void read_user_agent(lua_State *L, const struct mlua_reading *r)
{
  r->out->reply.user_agent = mlua_arg_line(L, r->name, r->index);
}

/* A string, or a list of option tags; the joined text stays on the stack. */
static void read_supported(lua_State *L, const struct mlua_reading *r)
{
  luaL_Buffer joined;
  lua_Integer count;

  if (!lua_istable(L, r->index)) {
    r->out->reply.supported = mlua_arg_line(L, r->name, r->index);
    return;
  }
  count = (lua_Integer)lua_rawlen(L, r->index);
  luaL_buffinit(L, &joined);
  for (lua_Integer i = 1; i <= count; i++) {
    if (i > 1)
      luaL_addlstring(&joined, ", ", 2);
    lua_rawgeti(L, r->index, i);
    mlua_arg_line(L, r->name, -1);
    luaL_addvalue(&joined);
  }
  luaL_pushresult(&joined);
  r->out->reply.supported = text_of(L, -1);
}

static void read_headers(lua_State *L, const struct mlua_reading *r)
{
  if (!lua_istable(L, r->index))
    mlua_arg_type_error(L, r->name, "table", r->index);
  mlua_header_args(L, r->index, r->out);
}

static void read_body_field(lua_State *L, struct msip_reply *reply)
{
  struct msip_str key;

  if (lua_type(L, -2) != LUA_TSTRING)
    luaL_error(L, "option 'body': a table with content, content_type and "
                  "content_disposition expected");
  key = text_of(L, -2);
  if (msip_str_eq(key, MSIP_STR("content"))) {
    if (lua_type(L, -1) != LUA_TSTRING)
      mlua_arg_type_error(L, "body.content", "string", -1);
    reply->body = text_of(L, -1);
  } else if (msip_str_eq(key, MSIP_STR("content_type"))) {
    reply->content_type = mlua_arg_line(L, "body.content_type", -1);
  } else if (msip_str_eq(key, MSIP_STR("content_disposition"))) {
    reply->disposition = mlua_arg_line(L, "body.content_disposition", -1);
  } else {
    static const char *const names[] = {"content", "content_type",
                                        "content_disposition"};
    const char *near = msip_nearest(key, names, 3);

    luaL_error(L, "unknown option 'body.%s', did you mean '%s'?", key.at,
               near ? near : "content");
  }
}

static void read_body(lua_State *L, const struct mlua_reading *r)
{
  struct msip_reply *reply = &r->out->reply;

  switch (lua_type(L, r->index)) {
  case LUA_TSTRING:
    reply->body = text_of(L, r->index);
    break;
  case LUA_TTABLE:
    lua_pushnil(L);
    for (; lua_next(L, r->index); lua_pop(L, 1))
      read_body_field(L, reply);
    if (!reply->body.at)
      luaL_error(L, "option 'body': content is missing");
    break;
  default:
    if (!lua_isboolean(L, r->index) || lua_toboolean(L, r->index))
      mlua_arg_type_error(L, r->name, "string, table or false", r->index);
    reply->body_kind = MSIP_REPLY_BODY_NONE;
    return;
  }
  reply->body_kind = MSIP_REPLY_BODY_GIVEN;
}

bool mlua_arg_boolean(lua_State *L, const struct mlua_reading *r)
{
  if (!lua_isboolean(L, r->index))
    mlua_arg_type_error(L, r->name, "boolean", r->index);
  return lua_toboolean(L, r->index);
}

static void read_reliable(lua_State *L, const struct mlua_reading *r)
{
  r->out->reply.reliable = mlua_arg_boolean(L, r);
}

static void read_retry(lua_State *L, const struct mlua_reading *r)
{
  r->out->retry = mlua_arg_boolean(L, r);
}

static struct msip_seconds read_seconds(lua_State *L,
                                        const struct mlua_reading *r)
{
  return (struct msip_seconds){true, mlua_arg_seconds(L, r)};
}

static void read_grant(lua_State *L, const struct mlua_reading *r)
{
  r->out->reply.expires = read_seconds(L, r);
}

static void read_min_expires(lua_State *L, const struct mlua_reading *r)
{
  r->out->reply.min_expires = read_seconds(L, r);
}

static void read_retry_after(lua_State *L, const struct mlua_reading *r)
{
  r->out->retry_after = read_seconds(L, r);
}

static void read_state(lua_State *L, const struct mlua_reading *r)
{
  struct msip_str state = mlua_arg_line(L, r->name, r->index);

  if (msip_str_eq(state, MSIP_STR("active")))
    r->out->state = MSIP_SUBSCRIPTION_ACTIVE;
  else if (msip_str_eq(state, MSIP_STR("pending")))
    r->out->state = MSIP_SUBSCRIPTION_PENDING;
  else
    luaL_error(L, "option '%s': \"active\" or \"pending\" expected", r->name);
}

/* A second copy above the value stays on the stack. */
static void read_delegate(lua_State *L, const struct mlua_reading *r)
{
  if (!lua_istable(L, r->index))
    mlua_arg_type_error(L, r->name, "table", r->index);
  lua_pushvalue(L, r->index);
  /* step_over moves it below the pair. */
  r->out->delegate = r->index - 1;
}

static const struct option {
  struct msip_str name;
  unsigned flag;
  void (*read)(lua_State *L, const struct mlua_reading *r);
} options[] = {
    {MSIP_STR_INIT("body"), MLUA_OPTION_BODY, read_body},
    {MSIP_STR_INIT("status_code"), MLUA_OPTION_STATUS, read_status},
    {MSIP_STR_INIT("reason_phrase"), MLUA_OPTION_REASON, read_reason},
    {MSIP_STR_INIT("extra_headers"), MLUA_OPTION_HEADERS, read_headers},
    {MSIP_STR_INIT("quiet"), MLUA_OPTION_QUIET, mlua_read_quiet},
    {MSIP_STR_INIT("delegate"), MLUA_OPTION_DELEGATE, read_delegate},
    {MSIP_STR_INIT("like"), MLUA_OPTION_LIKE, mlua_read_like},
    {MSIP_STR_INIT("reliable"), MLUA_OPTION_RELIABLE, read_reliable},
    {MSIP_STR_INIT("to_tag"), MLUA_OPTION_TO_TAG, read_to_tag},
    {MSIP_STR_INIT("user_agent"), MLUA_OPTION_USER_AGENT, read_user_agent},
    {MSIP_STR_INIT("supported"), MLUA_OPTION_SUPPORTED, read_supported},
    {MSIP_STR_INIT("retry"), MLUA_OPTION_RETRY, read_retry},
    {MSIP_STR_INIT("to"), MLUA_OPTION_TO, mlua_read_to},
    {MSIP_STR_INIT("from"), MLUA_OPTION_PARTIES, mlua_read_from},
    {MSIP_STR_INIT("uri"), MLUA_OPTION_PARTIES, mlua_read_uri},
    {MSIP_STR_INIT("route"), MLUA_OPTION_PARTIES, mlua_read_route},
    {MSIP_STR_INIT("contact"), MLUA_OPTION_PARTIES, mlua_read_contact},
    {MSIP_STR_INIT("call_id"), MLUA_OPTION_PARTIES, mlua_read_call_id},
    {MSIP_STR_INIT("follow"), MLUA_OPTION_PARTIES, mlua_read_follow},
    {MSIP_STR_INIT("timeout"), MLUA_OPTION_TIMEOUT, mlua_read_timeout},
    {MSIP_STR_INIT("max_forwards"), MLUA_OPTION_HOPS, mlua_read_max_forwards},
    {MSIP_STR_INIT("ack"), MLUA_OPTION_ACK, mlua_read_ack},
    {MSIP_STR_INIT("prack"), MLUA_OPTION_CALL, mlua_read_prack},
    {MSIP_STR_INIT("rel100"), MLUA_OPTION_CALL, mlua_read_rel100},
    {MSIP_STR_INIT("session_expires"), MLUA_OPTION_CALL,
     mlua_read_session_expires},
    {MSIP_STR_INIT("method"), MLUA_OPTION_METHOD, mlua_read_method},
    {MSIP_STR_INIT("expires"), MLUA_OPTION_EXPIRES, mlua_read_expires},
    {MSIP_STR_INIT("event"), MLUA_OPTION_EVENT, mlua_read_event},
    {MSIP_STR_INIT("accept"), MLUA_OPTION_EVENT, mlua_read_accept},
    {MSIP_STR_INIT("etag"), MLUA_OPTION_ETAG, mlua_read_etag},
    {MSIP_STR_INIT("refer_to"), MLUA_OPTION_REFER, mlua_read_refer_to},
    {MSIP_STR_INIT("referred_by"), MLUA_OPTION_REFER, mlua_read_referred_by},
    {MSIP_STR_INIT("subscribe"), MLUA_OPTION_REFER, mlua_read_subscribe},
    {MSIP_STR_INIT("contacts"), MLUA_OPTION_CONTACTS, mlua_read_contacts},
    {MSIP_STR_INIT("cseq"), MLUA_OPTION_CONTACTS, mlua_read_cseq},
    {MSIP_STR_INIT("auth"), MLUA_OPTION_AUTH, mlua_read_auth},
    {MSIP_STR_INIT("expires"), MLUA_OPTION_GRANT, read_grant},
    {MSIP_STR_INIT("min_expires"), MLUA_OPTION_MIN_EXPIRES, read_min_expires},
    {MSIP_STR_INIT("retry_after"), MLUA_OPTION_RETRY_AFTER, read_retry_after},
    {MSIP_STR_INIT("state"), MLUA_OPTION_STATE, read_state},
    {MSIP_STR_INIT("replaces"), MLUA_OPTION_REPLACES, mlua_read_replaces},
};
enum {
  OPTIONS = sizeof options / sizeof *options,
  USUAL_TEXTS = 8, /* that options leave on the stack */
};

static void refuse(lua_State *L, struct msip_str key,
                   const struct mlua_reply_rule *rule)
{
  const char *names[OPTIONS];
  const char *near;
  unsigned count = 0;

  for (unsigned i = 0; i < OPTIONS; i++)
    if (rule->options & options[i].flag)
      names[count++] = options[i].name.at;
  near = count ? msip_nearest(key, names, count) : NULL;
  if (near)
    luaL_error(L, "unknown option '%s' for %s, did you mean '%s'?", key.at,
               rule->method, near);
  luaL_error(L, "unknown option '%s' for %s", key.at, rule->method);
}

/* The key at -2, its value at -1; what the reader leaves stays. */
static void read_option(lua_State *L, const struct mlua_reply_rule *rule,
                        struct mlua_reply_args *out)
{
  struct mlua_reading r = {rule, out, NULL, lua_gettop(L)};
  struct msip_str key;

  if (lua_type(L, -2) != LUA_TSTRING)
    luaL_error(L, "option names are strings, got a %s", luaL_typename(L, -2));
  key = text_of(L, -2);
  for (unsigned i = 0; i < OPTIONS; i++)
    if ((rule->options & options[i].flag) &&
        msip_str_eq(key, options[i].name)) {
      r.name = options[i].name.at;
      options[i].read(L, &r);
      return;
    }
  refuse(L, key, rule);
}

/* What an option left above its value moves below the pair, out of the way of
 * lua_next; the value goes. */
static void step_over(lua_State *L, int value)
{
  int left = lua_gettop(L) - value;

  if (left > 0)
    lua_rotate(L, value - 1, left);
  lua_pop(L, 1);
}

void mlua_reply_args(lua_State *L, int arg, const struct mlua_reply_rule *rule,
                     struct mlua_reply_args *out)
{
  static const struct msip_reply none = {
      .reason = MSIP_STR_INIT(""),
      .to_tag = MSIP_STR_INIT(""),
      .user_agent = MSIP_STR_INIT(""),
      .supported = MSIP_STR_INIT(""),
      .content_type = MSIP_STR_INIT(""),
      .disposition = MSIP_STR_INIT(""),
  };

  static const struct msip_start no_start = {
      .name = MSIP_STR_INIT(""),
      .to = MSIP_STR_INIT(""),
      .from = MSIP_STR_INIT(""),
      .uri = MSIP_STR_INIT(""),
      .routes = MSIP_STR_INIT(""),
      .contact = MSIP_STR_INIT(""),
      .call_id = MSIP_STR_INIT(""),
  };

  int enough;

  out->reply = none;
  out->start = no_start;
  out->start.options = &out->reply;
  out->own_count = 0;
  out->retry = true;
  out->quiet = false;
  out->is_like = false;
  out->like = NULL;
  out->timeout = 0;
  out->refused = 0;
  out->delegate = 0;
  out->state = MSIP_SUBSCRIPTION_INIT;
  out->retry_after = (struct msip_seconds){false, 0};
  if (!lua_isnoneornil(L, arg)) {
    luaL_checktype(L, arg, LUA_TTABLE);
    luaL_checkstack(L, USUAL_TEXTS + LUA_MINSTACK, "options");
    enough = lua_gettop(L) + USUAL_TEXTS;
    lua_pushnil(L);
    while (lua_next(L, arg)) {
      int value = lua_gettop(L);

      if (value > enough)
        luaL_checkstack(L, LUA_MINSTACK, "options");
      read_option(L, rule, out);
      step_over(L, value);
    }
  }
  if (!out->reply.body.at)
    out->reply.body = MSIP_STR("");
  mlua_own_headers(L, out);
}

static struct msip_str contact_value(lua_State *L, int index)
{
  struct msip_str s = mlua_uri_text(L, index);

  if (s.at)
    return s;
  if (lua_type(L, index) != LUA_TSTRING)
    luaL_error(L, "contacts: string, URI or a list of them expected, got %s",
               luaL_typename(L, index));
  s = text_of(L, index);
  if (s.len == 0 || !msip_str_is_line(s))
    luaL_error(L, "contacts: empty, or CR, LF or NUL in one");
  return s;
}

void mlua_contact_args(lua_State *L, int arg, struct mlua_reply_args *out)
{
  struct msip_str *list = out->few_contacts;
  size_t count = 1;

  if (!lua_istable(L, arg)) {
    list[0] = contact_value(L, arg);
  } else {
    count = lua_rawlen(L, arg);
    if (count == 0)
      luaL_error(L, "contacts: at least one expected");
    if (count > MLUA_FEW_CONTACTS)
      list = lua_newuserdatauv(L, count * sizeof *list, 0);
    for (size_t i = 0; i < count; i++) {
      lua_rawgeti(L, arg, (lua_Integer)i + 1);
      list[i] = contact_value(L, -1);
      lua_pop(L, 1);
    }
  }
  out->reply.contacts = list;
  out->reply.contact_count = (unsigned)count;
}
