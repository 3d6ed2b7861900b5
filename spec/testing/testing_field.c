#include "testing.h"

#include "base/err.h"
#include "message/cseq.h"
#include "message/ctype.h"
#include "message/delta.h"
#include "message/disposition.h"
#include "message/event.h"
#include "message/multipart.h"
#include "message/rack.h"
#include "message/reason.h"
#include "message/replaces.h"
#include "message/session_expires.h"
#include "message/warning.h"

/* Each takes the text of one value and gives a table, or nil when it is
 * malformed. */

static void field_int(lua_State *L, const char *key, lua_Integer value)
{
  lua_pushinteger(L, value);
  lua_setfield(L, -2, key);
}

static void field_bool(lua_State *L, const char *key, bool value)
{
  lua_pushboolean(L, value);
  lua_setfield(L, -2, key);
}

static int none(lua_State *L)
{
  lua_pushnil(L);
  return 1;
}

static int cseq(lua_State *L)
{
  struct msip_cseq c;

  if (msip_cseq_parse(&c, testing_str(L, 1)) != 0)
    return none(L);
  lua_newtable(L);
  field_int(L, "number", c.number);
  testing_field(L, "method", c.method);
  return 1;
}

static int rack(lua_State *L)
{
  struct msip_rack r;

  if (msip_rack_parse(&r, testing_str(L, 1)) != 0)
    return none(L);
  lua_newtable(L);
  field_int(L, "rseq", r.rseq);
  field_int(L, "cseq", r.cseq);
  testing_field(L, "method", r.method);
  return 1;
}

static int delta(lua_State *L)
{
  uint32_t seconds;

  if (msip_delta_parse(&seconds, testing_str(L, 1)) != 0)
    return none(L);
  lua_pushinteger(L, seconds);
  return 1;
}

/* testing.ctype(text) ; testing.ctype(text, type, subtype) -> does it match */
static int ctype(lua_State *L)
{
  struct msip_ctype c;

  if (msip_ctype_parse(&c, testing_str(L, 1)) != 0)
    return none(L);
  if (!lua_isnoneornil(L, 2)) {
    lua_pushboolean(L, msip_ctype_is(&c, testing_str(L, 2), testing_str(L, 3)));
    return 1;
  }
  lua_newtable(L);
  testing_field(L, "type", c.type);
  testing_field(L, "subtype", c.subtype);
  testing_field(L, "params", c.params);
  return 1;
}

static int disposition(lua_State *L)
{
  struct msip_disposition d;

  if (msip_disposition_parse(&d, testing_str(L, 1)) != 0)
    return none(L);
  lua_newtable(L);
  testing_field(L, "type", d.type);
  field_bool(L, "optional", d.optional);
  return 1;
}

static int session_expires(lua_State *L)
{
  static const char *const sides[] = {"none", "uac", "uas"};
  struct msip_session_expires se;

  if (msip_session_expires_parse(&se, testing_str(L, 1)) != 0)
    return none(L);
  lua_newtable(L);
  field_int(L, "delta", se.delta);
  testing_field(L, "refresher", msip_str_c(sides[se.refresher]));
  return 1;
}

static int event(lua_State *L)
{
  struct msip_event_name e;

  if (msip_event_parse(&e, testing_str(L, 1)) != 0)
    return none(L);
  lua_newtable(L);
  testing_field(L, "package", e.package);
  testing_field(L, "id", e.id);
  return 1;
}

/* testing.event_equal(a, b) */
static int event_equal(lua_State *L)
{
  struct msip_event_name a, b;

  if (msip_event_parse(&a, testing_str(L, 1)) != 0 ||
      msip_event_parse(&b, testing_str(L, 2)) != 0)
    return none(L);
  lua_pushboolean(L, msip_event_equal(&a, &b));
  return 1;
}

static int reason(lua_State *L)
{
  struct msip_reason r;

  if (msip_reason_parse(&r, testing_str(L, 1)) != 0)
    return none(L);
  lua_newtable(L);
  testing_field(L, "protocol", r.protocol);
  testing_field(L, "text", r.text);
  if (r.has_cause)
    field_int(L, "cause", r.cause);
  return 1;
}

static int replaces(lua_State *L)
{
  struct msip_replaces r;

  if (msip_replaces_parse(&r, testing_str(L, 1)) != 0)
    return none(L);
  lua_newtable(L);
  testing_field(L, "call_id", r.call_id);
  testing_field(L, "to_tag", r.to_tag);
  testing_field(L, "from_tag", r.from_tag);
  field_bool(L, "early_only", r.early_only);
  return 1;
}

static int warning(lua_State *L)
{
  struct msip_warning w;

  if (msip_warning_parse(&w, testing_str(L, 1)) != 0)
    return none(L);
  lua_newtable(L);
  field_int(L, "code", w.code);
  testing_field(L, "agent", w.agent);
  testing_field(L, "text", w.text);
  return 1;
}

/* testing.multipart(content type, body) -> { { headers, content_type,
 * disposition, encoding, body }, ... } | nil */
static int multipart(lua_State *L)
{
  struct msip_ctype type;
  struct msip_multipart mp;
  struct msip_part part;
  int got, n = 0;

  if (msip_ctype_parse(&type, testing_str(L, 1)) != 0 ||
      msip_multipart_init(&mp, &type, testing_str(L, 2)) != 0)
    return none(L);
  lua_newtable(L);
  while ((got = msip_multipart_next(&mp, &part)) == 1) {
    lua_newtable(L);
    testing_field(L, "headers", part.headers);
    testing_field(L, "content_type", part.content_type);
    testing_field(L, "disposition", part.disposition);
    testing_field(L, "encoding", part.encoding);
    testing_field(L, "body", part.body);
    lua_rawseti(L, -2, ++n);
  }
  return got == 0 ? 1 : none(L);
}

void testing_open_fields(lua_State *L);

void testing_open_fields(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"cseq", cseq},
      {"rack", rack},
      {"delta", delta},
      {"ctype", ctype},
      {"disposition", disposition},
      {"session_expires", session_expires},
      {"event", event},
      {"event_equal", event_equal},
      {"reason", reason},
      {"replaces", replaces},
      {"warning", warning},
      {"multipart", multipart},
      {NULL, NULL},
  };

  luaL_setfuncs(L, functions, 0);
}
