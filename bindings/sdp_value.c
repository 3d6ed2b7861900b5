#include "sdp_value.h"

static void set_text(lua_State *L, const char *key, struct msip_str s)
{
  lua_pushlstring(L, s.at, s.len);
  lua_setfield(L, -2, key);
}

void mlua_sdp_push_number(lua_State *L, struct msip_str digits)
{
  lua_pushlstring(L, digits.at, digits.len);
  if (lua_stringtonumber(L, lua_tostring(L, -1)) == 0)
    return;
  lua_remove(L, lua_isinteger(L, -1) ? -2 : -1);
}

static void push_formats(lua_State *L, const struct msip_sdp_media *media)
{
  struct msip_str rest = media->formats, format;
  lua_Integer n = 0;

  lua_newtable(L);
  while (msip_sdp_next_format(&rest, &format)) {
    lua_pushlstring(L, format.at, format.len);
    lua_rawseti(L, -2, ++n);
  }
}

void mlua_sdp_push_attributes(lua_State *L, const struct msip_sdp *sdp,
                              uint32_t first, uint32_t end)
{
  lua_Integer n = 0;

  lua_newtable(L);
  for (uint32_t i = first; i < end; i++) {
    if (sdp->lines[i].type != 'a')
      continue;
    lua_pushlstring(L, sdp->lines[i].value.at, sdp->lines[i].value.len);
    lua_rawseti(L, -2, ++n);
  }
}

void mlua_sdp_push_stream(lua_State *L, const struct msip_sdp *sdp,
                          uint32_t index)
{
  const struct msip_sdp_media *media = &sdp->media[index];
  struct msip_str connection = msip_sdp_connection(sdp, media);

  lua_createtable(L, 0, 9);
  lua_pushinteger(L, (lua_Integer)index + 1);
  lua_setfield(L, -2, "index");
  set_text(L, "type", media->type);
  set_text(L, "proto", media->proto);
  set_text(L, "direction", msip_direction_name(msip_sdp_direction(sdp, media)));
  lua_pushinteger(L, media->port);
  lua_setfield(L, -2, "port");
  lua_pushinteger(L, media->port_count);
  lua_setfield(L, -2, "port_count");
  if (connection.len)
    set_text(L, "connection", connection);
  push_formats(L, media);
  lua_setfield(L, -2, "formats");
  mlua_sdp_push_attributes(L, sdp, media->first, media->end);
  lua_setfield(L, -2, "attributes");
}

void mlua_sdp_push_codec(lua_State *L, const struct msip_codec *codec,
                         unsigned payload)
{
  lua_createtable(L, 0, 4);
  set_text(L, "name", codec->name);
  lua_pushinteger(L, codec->rate);
  lua_setfield(L, -2, "rate");
  lua_pushinteger(L, payload);
  lua_setfield(L, -2, "payload");
  if (codec->channels.len)
    set_text(L, "channels", codec->channels);
}

void mlua_sdp_push_media(lua_State *L, const struct msip_sdp *sdp)
{
  lua_createtable(L, (int)sdp->media_count, 0);
  for (uint32_t i = 0; i < sdp->media_count; i++) {
    mlua_sdp_push_stream(L, sdp, i);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

void mlua_sdp_push_origin(lua_State *L, const struct msip_sdp *sdp)
{
  lua_createtable(L, 0, 4);
  set_text(L, "username", sdp->origin.username);
  mlua_sdp_push_number(L, sdp->origin.id);
  lua_setfield(L, -2, "session_id");
  mlua_sdp_push_number(L, sdp->origin.version);
  lua_setfield(L, -2, "version");
  set_text(L, "address", msip_sdp_address(sdp->origin.place));
}
