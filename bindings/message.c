#include "error.h"
#include "message/body.h"
#include "value.h"

/* User values: the body (a long string is not worth making twice), and a table
 * of the other values that were decoded. */
enum { BODY_VALUE = 1, DECODED_VALUE, VALUES = 2 };

enum field {
  METHOD,
  RURI,
  STATUS_CODE,
  REASON_PHRASE,
  FROM,
  TO,
  CONTACT,
  CALL_ID,
  CSEQ,
  VIA,
  BODY,
  CONTENT_TYPE,
  SOURCE,
};
static const char *const fields[] = {"method",        "ruri",    "status_code",
                                     "reason_phrase", "from",    "to",
                                     "contact",       "call_id", "cseq",
                                     "via",           "body",    "content_type",
                                     "source",        NULL};

void mlua_push_message(lua_State *L, struct mlua_engine *engine,
                       struct msip_msg *message)
{
  struct mlua_value *value =
      mlua_value_new(L, engine, &mlua_message_class, sizeof *value);

  mlua_value_set_message(L, value, message);
}

static const struct msip_msg *message_of(struct mlua_box *box)
{
  return ((struct mlua_value *)box)->message;
}

static int push_text(lua_State *L, struct msip_str s)
{
  if (s.len == 0)
    return 0;
  mlua_push_str(L, s);
  return 1;
}

static int read_body(lua_State *L, const struct msip_msg *m)
{
  if (mlua_value_cached(L, 1, BODY_VALUE))
    return 1;
  if (!push_text(L, m->body))
    return 0;
  mlua_value_cache(L, 1, BODY_VALUE);
  return 1;
}

static void decode(lua_State *L, const struct msip_msg *m, enum field field)
{
  switch (field) {
  case RURI:
    mlua_push_uri(L, m->ruri);
    return;
  case FROM:
    mlua_push_nameaddr(L, m->from);
    return;
  case TO:
    mlua_push_nameaddr(L, m->to);
    return;
  case CONTACT:
    mlua_push_contact(L, m);
    return;
  case CSEQ:
    mlua_push_cseq(L, m);
    return;
  case VIA:
    mlua_push_via_list(L, m);
    return;
  case CONTENT_TYPE:
    mlua_push_media_type(L, msip_msg_value(m, MSIP_H_CONTENT_TYPE));
    return;
  case SOURCE:
    mlua_push_source(L, m);
    return;
  case METHOD:
  case STATUS_CODE:
  case REASON_PHRASE:
  case CALL_ID:
  case BODY:
    break;
  }
  lua_pushnil(L);
}

/* Decodes on first use; a value that is nil is tried again. */
static int read_decoded(lua_State *L, const struct msip_msg *m,
                        enum field field)
{
  if (!mlua_value_cached(L, 1, DECODED_VALUE)) {
    lua_newtable(L);
    mlua_value_cache(L, 1, DECODED_VALUE);
  }
  if (lua_rawgeti(L, -1, (lua_Integer)field) != LUA_TNIL)
    return 1;
  decode(L, m, field);
  lua_pushvalue(L, -1);
  lua_rawseti(L, -4, (lua_Integer)field);
  return 1;
}

static int read_field(lua_State *L, struct mlua_box *box, int field)
{
  const struct msip_msg *m = message_of(box);

  if (!m)
    return 0;
  switch ((enum field)field) {
  case METHOD:
    return push_text(L, m->method_text.len ? m->method_text : m->cseq_method);
  case STATUS_CODE:
    if (m->status == 0)
      return 0;
    lua_pushinteger(L, m->status);
    return 1;
  case REASON_PHRASE:
    return push_text(L, m->reason);
  case CALL_ID:
    return push_text(L, m->call_id);
  case BODY:
    return read_body(L, m);
  case RURI:
    if (m->status)
      return 0;
    return read_decoded(L, m, RURI);
  case FROM:
  case TO:
  case CONTACT:
  case CSEQ:
  case VIA:
  case CONTENT_TYPE:
  case SOURCE:
    return read_decoded(L, m, (enum field)field);
  }
  return 0;
}

/* The message at argument 1; NULL once the engine took its memory back. */
static const struct msip_msg *self(lua_State *L)
{
  return message_of(mlua_box_check(L, 1, &mlua_message_class));
}

/* Walks the values of one header: single values of a list header, whole rows of
 * any other. */
struct walk {
  const struct msip_msg *message;
  const struct msip_header *row; /* of a header that is no list */
  struct msip_values values;
  bool list;
};

static void walk_init(struct walk *w, const struct msip_msg *m,
                      struct msip_str name)
{
  enum msip_header_id id = msip_header_of(name);

  w->message = m;
  w->list = id != MSIP_HEADER_OTHER && msip_header_kind(id) == MSIP_HEADER_LIST;
  if (w->list)
    msip_values_init(&w->values, m, id);
  else
    w->row = msip_msg_named(m, name);
}

static bool walk_next(struct walk *w, struct msip_str *value)
{
  if (w->list)
    return msip_values_next(&w->values, value);
  if (!w->row)
    return false;
  *value = msip_row_value(w->message, w->row);
  w->row = msip_msg_next_named(w->message, w->row);
  return true;
}

/* message:header(name) -> string | nil */
static int message_header(lua_State *L)
{
  const struct msip_msg *m = self(L);
  struct msip_str name = mlua_check_str(L, 2), value;
  struct walk w;

  if (!m)
    return mlua_fail(L, MSIP_EGONE, NULL);
  walk_init(&w, m, name);
  if (!walk_next(&w, &value))
    return 0;
  mlua_push_unfolded(L, value);
  return 1;
}

/* message:headers(name) -> list of strings */
static int message_headers(lua_State *L)
{
  const struct msip_msg *m = self(L);
  struct msip_str name = mlua_check_str(L, 2), value;
  struct walk w;
  lua_Integer n = 0;

  lua_newtable(L);
  if (!m)
    return 1;
  walk_init(&w, m, name);
  while (walk_next(&w, &value)) {
    mlua_push_unfolded(L, value);
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

/* message:has(name) -> boolean */
static int message_has(lua_State *L)
{
  const struct msip_msg *m = self(L);
  struct msip_str name = mlua_check_str(L, 2);

  lua_pushboolean(L, m && msip_msg_named(m, name));
  return 1;
}

/* message:description() -> string | nil: the session description, also as a
 * part of a multipart body */
static int message_description(lua_State *L)
{
  const struct msip_msg *m = self(L);
  struct msip_str sdp;

  if (!m || m->body.len == 0 || msip_msg_session_body(m, &sdp) != 1)
    return 0;
  mlua_push_str(L, sdp);
  return 1;
}

bool mlua_is_wanted(lua_State *L, int set, struct msip_str name)
{
  char lower[64];
  bool wanted;

  if (name.len == 0 || name.len > sizeof lower)
    return false;
  for (size_t i = 0; i < name.len; i++)
    lower[i] = msip_lower(name.at[i]);
  lua_pushlstring(L, lower, name.len);
  lua_rawget(L, set);
  if (!lua_toboolean(L, -1) && name.len > 2 && lower[0] == 'x' &&
      lower[1] == '-') {
    lua_pop(L, 1);
    lua_pushliteral(L, "x-");
    lua_rawget(L, set);
  }
  wanted = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return wanted;
}

/* What an engine writes by itself into every message is never asked for. */
static bool is_structure(enum msip_header_id id)
{
  return id == MSIP_H_CONTACT || msip_header_is_ours(id);
}

/* Pushes "Name: value"; the name of a compact form in full. */
static void push_line(lua_State *L, const struct msip_msg *m,
                      const struct msip_header *row)
{
  struct msip_str full = msip_header_name((enum msip_header_id)row->id);

  mlua_push_str(L, full.len ? full : msip_row_name(m, row));
  lua_pushliteral(L, ": ");
  mlua_push_unfolded(L, msip_row_value(m, row));
  lua_concat(L, 3);
}

int mlua_push_lines(lua_State *L, const struct msip_msg *m, int set,
                    const bool *known)
{
  lua_Integer n = 0;

  for (unsigned i = 0; m && i < m->header_count; i++) {
    const struct msip_header *row = &m->header[i];
    enum msip_header_id id = (enum msip_header_id)row->id;
    struct msip_str name = msip_header_name(id);

    if (is_structure(id))
      continue;
    if (known && name.len
            ? !known[id]
            : !mlua_is_wanted(L, set, name.len ? name : msip_row_name(m, row)))
      continue;
    if (n == 0)
      lua_newtable(L);
    push_line(L, m, row);
    lua_rawseti(L, -2, ++n);
  }
  return n > 0;
}

/* message:lines(set) -> list of "Name: value" | nil: what a back-to-back user
 * agent hands on */
static int message_lines(lua_State *L)
{
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  return mlua_push_lines(L, self(L), 2, NULL);
}

/* message:parts() -> list | nil, err */
static int message_parts(lua_State *L)
{
  const struct msip_msg *m = self(L);

  if (!m)
    return mlua_fail(L, MSIP_EGONE, NULL);
  return mlua_push_parts(L, m);
}

/* tostring(message): its exact bytes */
static int message_bytes(lua_State *L)
{
  const struct msip_msg *m = self(L);

  if (m)
    mlua_push_str(L, msip_msg_bytes(m));
  else
    lua_pushfstring(L, "%s: gone", mlua_message_class.name);
  return 1;
}

static const luaL_Reg methods[] = {
    {"description", message_description},
    {"header", message_header},
    {"headers", message_headers},
    {"lines", message_lines},
    {"has", message_has},
    {"parts", message_parts},
    {NULL, NULL},
};

const struct mlua_class mlua_message_class = {
    .name = "moonsip.Message",
    .methods = methods,
    .gc = mlua_value_collect,
    .user_values = VALUES,
    .fields = fields,
    .read = read_field,
    .tostring = message_bytes,
};
