#include "error.h"
#include "message/multipart.h"
#include "value.h"

/* Cuts one header field, its folded lines included, off `*rest`. */
static bool next_field(struct msip_str *rest, struct msip_str *field)
{
  size_t end = 0;

  if (rest->len == 0)
    return false;
  do
    end +=
        msip_str_find(msip_str_of(rest->at + end, rest->len - end), '\n') + 1;
  while (end < rest->len && (rest->at[end] == ' ' || rest->at[end] == '\t'));
  if (end > rest->len)
    end = rest->len;
  *field = msip_str_of(rest->at, end);
  *rest = msip_str_of(rest->at + end, rest->len - end);
  return true;
}

/* { name in lower case = value } */
static void push_part_headers(lua_State *L, struct msip_str rest)
{
  struct msip_str field;

  lua_newtable(L);
  while (next_field(&rest, &field)) {
    size_t colon = msip_str_find(field, ':');

    if (colon == field.len)
      continue;
    mlua_push_lower(L, msip_str_trim(msip_str_of(field.at, colon)));
    mlua_push_unfolded(L, msip_str_trim(msip_str_of(field.at + colon + 1,
                                                    field.len - colon - 1)));
    lua_rawset(L, -3);
  }
}

static void push_part(lua_State *L, const struct msip_part *part)
{
  struct msip_str disposition = part->disposition;

  lua_createtable(L, 0, 4);
  push_part_headers(L, part->headers);
  lua_setfield(L, -2, "headers");
  /* RFC 2046 5.1: a part without a type is text. */
  mlua_push_media_type(L, part->content_type.len ? part->content_type
                                                 : MSIP_STR("text/plain"));
  lua_setfield(L, -2, "content_type");
  if (disposition.len) {
    disposition.len = msip_str_find(disposition, ';');
    mlua_push_lower(L, msip_str_trim(disposition));
    lua_setfield(L, -2, "disposition");
  }
  mlua_push_str(L, part->body);
  lua_setfield(L, -2, "body");
}

/* A body that is not multipart is its only part. */
static int push_single(lua_State *L, const struct msip_msg *m)
{
  const struct msip_part part = {
      .headers = MSIP_STR(""),
      .content_type = msip_msg_value(m, MSIP_H_CONTENT_TYPE),
      .disposition = msip_msg_value(m, MSIP_H_CONTENT_DISPOSITION),
      .body = m->body,
  };

  lua_newtable(L);
  if (m->body.len) {
    push_part(L, &part);
    lua_rawseti(L, -2, 1);
  }
  return 1;
}

int mlua_push_parts(lua_State *L, const struct msip_msg *message)
{
  struct msip_str value = msip_msg_value(message, MSIP_H_CONTENT_TYPE);
  struct msip_ctype type;
  struct msip_multipart walk;
  struct msip_part part;
  lua_Integer n = 0;
  int got;

  if (msip_ctype_parse(&type, value) != 0 ||
      !msip_str_ieq(type.type, MSIP_STR("multipart")))
    return push_single(L, message);
  if (msip_multipart_init(&walk, &type, message->body) != 0)
    return mlua_fail(L, MSIP_ESYNTAX, "multipart without its boundary");
  lua_newtable(L);
  while ((got = msip_multipart_next(&walk, &part)) == 1) {
    push_part(L, &part);
    lua_rawseti(L, -2, ++n);
  }
  if (got < 0)
    return mlua_fail(L, MSIP_ESYNTAX, "multipart with a broken part");
  return 1;
}
