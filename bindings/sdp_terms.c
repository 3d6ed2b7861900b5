#include "sdp_terms.h"

#include <lauxlib.h>

#include "option.h"

enum { LIST_MAX = 64 };

static const char *const answer_options[] = {
    "address",  "direction",    "formats",  "media", "port",
    "previous", "session_name", "username", NULL};
static const char *const offer_options[] = {
    "address",    "direction",    "formats",  "media",   "port", "previous",
    "session_id", "session_name", "username", "version", NULL};
static const char *const stream_options[] = {"direction", "formats", "port",
                                             "type", NULL};

enum msip_direction mlua_sdp_direction(lua_State *L, int index,
                                       const char *what)
{
  size_t len;
  const char *name = lua_tolstring(L, index, &len);
  enum msip_direction direction =
      name ? msip_direction_of(msip_str_of(name, len)) : MSIP_DIRECTION_UNSAID;

  if (direction == MSIP_DIRECTION_UNSAID)
    mlua_option_error(L, what,
                      "sendrecv, sendonly, recvonly or inactive expected");
  return direction;
}

static bool is_word(struct msip_str s)
{
  return s.len > 0 && msip_str_is_line(s) && msip_str_find(s, ' ') == s.len;
}

static bool is_address(struct msip_str s)
{
  for (size_t i = 0; i < s.len; i++) {
    char c = msip_lower(s.at[i]);

    if (!msip_is_digit(c) && (c < 'a' || c > 'z') && c != '.' && c != ':' &&
        c != '-')
      return false;
  }
  return s.len > 0;
}

static void read_direction(lua_State *L, int arg, uint8_t *out)
{
  if (lua_getfield(L, arg, "direction") != LUA_TNIL)
    *out = (uint8_t)mlua_sdp_direction(L, -1, "direction");
}

/* What answers and offers share. */
static void read_common(lua_State *L, int arg, struct msip_sdp_terms *terms,
                        struct mlua_sdp_asks *asks)
{
  luaL_checkstack(L, 32, NULL);
  if (mlua_option_text(L, arg, "address", &terms->address) &&
      !is_address(terms->address))
    mlua_option_error(L, "address", "IP address or host name expected");
  if (mlua_option_text(L, arg, "username", &terms->username) &&
      !is_word(terms->username))
    mlua_option_error(L, "username", "one word expected");
  if (mlua_option_text(L, arg, "session_name", &terms->session_name) &&
      (terms->session_name.len == 0 || !msip_str_is_line(terms->session_name)))
    mlua_option_error(L, "session_name", "one line expected");
  read_direction(L, arg, &terms->direction);
  if (lua_getfield(L, arg, "previous") != LUA_TNIL)
    asks->previous = lua_gettop(L);
}

/* The list on top, without metamethods; the texts live in a userdata and
 * borrow from the list below it. */
static const struct msip_str *read_list(lua_State *L, const char *name,
                                        uint32_t *count)
{
  int list = lua_gettop(L);
  size_t len;
  lua_Unsigned n;

  if (lua_type(L, list) != LUA_TTABLE)
    mlua_option_type_error(L, name, "list of strings");
  n = lua_rawlen(L, list);
  if (n > LIST_MAX)
    mlua_option_error(L, name, "too many");

  struct msip_str *texts =
      lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *texts, 0);

  for (lua_Unsigned i = 0; i < n; i++) {
    if (lua_rawgeti(L, list, (lua_Integer)i + 1) != LUA_TSTRING)
      mlua_option_type_error(L, name, "list of strings");
    texts[i].at = lua_tolstring(L, -1, &len);
    texts[i].len = len;
    if (!is_word(texts[i]))
      mlua_option_error(L, name, "names without spaces expected");
    lua_pop(L, 1);
  }
  *count = (uint32_t)n;
  return texts;
}

/* A name that is no codec would match nothing, silently. */
static const struct msip_str *read_codecs(lua_State *L, uint32_t *count)
{
  const struct msip_str *codecs = read_list(L, "formats", count);
  struct msip_codec codec;

  for (uint32_t i = 0; i < *count; i++)
    if (msip_codec_parse(&codec, codecs[i]) != 0)
      mlua_option_error(L, "formats", "codec names such as \"PCMU\" expected");
  return codecs;
}

static uint16_t read_port(lua_State *L, int arg, uint16_t otherwise)
{
  lua_Integer port = otherwise;

  mlua_option_integer(L, arg, "port", 0, 65535, &port);
  return (uint16_t)port;
}

void mlua_sdp_answer_terms(lua_State *L, int arg, struct msip_sdp_terms *terms,
                           struct mlua_sdp_asks *asks)
{
  mlua_option_names(L, arg, answer_options);
  read_common(L, arg, terms, asks);
  if (lua_getfield(L, arg, "port") == LUA_TFUNCTION)
    asks->port = lua_gettop(L);
  else
    terms->port = read_port(L, arg, terms->port);
  if (lua_getfield(L, arg, "media") != LUA_TNIL)
    terms->media = read_list(L, "media", &terms->media_count);
  if (lua_getfield(L, arg, "formats") == LUA_TFUNCTION)
    asks->formats = lua_gettop(L);
  else if (!lua_isnil(L, -1))
    terms->codecs = read_codecs(L, &terms->codec_count);
}

/* Only for audio is there a usual choice. */
static void use_usual_codecs(lua_State *L, struct msip_sdp_stream *stream)
{
  static const struct msip_str usual[] = {MSIP_STR_INIT("PCMU"),
                                          MSIP_STR_INIT("PCMA"),
                                          MSIP_STR_INIT("telephone-event")};

  if (stream->codecs)
    return;
  if (!msip_str_ieq(stream->type, MSIP_STR("audio")))
    mlua_option_error(L, "formats", "needed for this type of media");
  stream->codecs = usual;
  stream->codec_count = 3;
}

/* One entry of `media`, on top: a type, or a table that says more. */
static void read_stream(lua_State *L, struct msip_sdp_stream *stream)
{
  int at = lua_gettop(L);
  size_t len;

  if (lua_type(L, at) == LUA_TSTRING) {
    stream->type.at = lua_tolstring(L, at, &len);
    stream->type.len = len;
  } else if (lua_type(L, at) == LUA_TTABLE) {
    mlua_option_names(L, at, stream_options);
    mlua_option_text(L, at, "type", &stream->type);
    stream->port = read_port(L, at, stream->port);
    read_direction(L, at, &stream->direction);
    if (lua_getfield(L, at, "formats") != LUA_TNIL)
      stream->codecs = read_codecs(L, &stream->codec_count);
  } else {
    mlua_option_type_error(L, "media", "list of strings or tables");
  }
  if (!msip_str_is_token(stream->type))
    mlua_option_error(L, "media", "type such as \"audio\" expected");
  use_usual_codecs(L, stream);
}

static const struct msip_sdp_stream *
read_streams(lua_State *L, int arg, const struct msip_sdp_stream *usual,
             uint32_t *count)
{
  lua_Unsigned n = 1;
  int list;

  if (lua_getfield(L, arg, "media") != LUA_TNIL) {
    if (lua_type(L, -1) != LUA_TTABLE)
      mlua_option_type_error(L, "media", "list of strings or tables");
    n = lua_rawlen(L, -1);
    if (n > LIST_MAX)
      mlua_option_error(L, "media", "too many");
  }
  list = lua_gettop(L);

  struct msip_sdp_stream *streams =
      lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *streams, 0);

  luaL_checkstack(L, (int)n * 6 + 8, NULL);
  streams[0] = *usual;
  if (lua_isnil(L, list))
    use_usual_codecs(L, &streams[0]);
  for (lua_Unsigned i = 0; i < n && !lua_isnil(L, list); i++) {
    streams[i] = *usual;
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    read_stream(L, &streams[i]);
  }
  *count = (uint32_t)n;
  return streams;
}

const struct msip_sdp_stream *mlua_sdp_offer_terms(lua_State *L, int arg,
                                                   struct msip_sdp_terms *terms,
                                                   struct mlua_sdp_asks *asks,
                                                   uint32_t *count)
{
  struct msip_sdp_stream usual = {.type = MSIP_STR("audio")};
  lua_Integer number;

  mlua_option_names(L, arg, offer_options);
  read_common(L, arg, terms, asks);
  if (mlua_option_integer(L, arg, "session_id", 1, LUA_MAXINTEGER, &number))
    terms->session_id = (uint64_t)number;
  if (mlua_option_integer(L, arg, "version", 0, LUA_MAXINTEGER >> 1, &number))
    terms->version = (uint64_t)number;
  usual.port = read_port(L, arg, terms->port);
  usual.direction = terms->direction;
  if (lua_getfield(L, arg, "formats") != LUA_TNIL)
    usual.codecs = read_codecs(L, &usual.codec_count);
  return read_streams(L, arg, &usual, count);
}
