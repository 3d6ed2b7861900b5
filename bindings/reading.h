/* bindings/reading.h -- readers of single options, for reply_args.c.
 *
 * A reader checks the value of one option and keeps it; mistakes are raised.
 * Text that it makes it leaves on the stack, above the value.
 */
#pragma once

#include "reply_args.h"

/* What a reader works on; the value is at `index`. */
struct mlua_reading {
  const struct mlua_reply_rule *rule;
  struct mlua_reply_args *out;
  const char *name;
  int index;
};

/* Raises "option 'name': wanted expected, got ...". */
void mlua_arg_type_error(lua_State *L, const char *name, const char *wanted,
                         int index);
/* A string that may stand in a header line. */
struct msip_str mlua_arg_line(lua_State *L, const char *name, int index);
bool mlua_arg_boolean(lua_State *L, const struct mlua_reading *r);
uint32_t mlua_arg_seconds(lua_State *L, const struct mlua_reading *r);

void mlua_read_to(lua_State *L, const struct mlua_reading *r);
void mlua_read_from(lua_State *L, const struct mlua_reading *r);
void mlua_read_uri(lua_State *L, const struct mlua_reading *r);
void mlua_read_route(lua_State *L, const struct mlua_reading *r);
void mlua_read_contact(lua_State *L, const struct mlua_reading *r);
void mlua_read_call_id(lua_State *L, const struct mlua_reading *r);
void mlua_read_follow(lua_State *L, const struct mlua_reading *r);
void mlua_read_cseq(lua_State *L, const struct mlua_reading *r);
void mlua_read_timeout(lua_State *L, const struct mlua_reading *r);
void mlua_read_ack(lua_State *L, const struct mlua_reading *r);
void mlua_read_max_forwards(lua_State *L, const struct mlua_reading *r);
void mlua_read_prack(lua_State *L, const struct mlua_reading *r);
void mlua_read_rel100(lua_State *L, const struct mlua_reading *r);
void mlua_read_session_expires(lua_State *L, const struct mlua_reading *r);
void mlua_read_method(lua_State *L, const struct mlua_reading *r);
void mlua_read_expires(lua_State *L, const struct mlua_reading *r);
void mlua_read_event(lua_State *L, const struct mlua_reading *r);
void mlua_read_accept(lua_State *L, const struct mlua_reading *r);
void mlua_read_etag(lua_State *L, const struct mlua_reading *r);
void mlua_read_refer_to(lua_State *L, const struct mlua_reading *r);
void mlua_read_referred_by(lua_State *L, const struct mlua_reading *r);
void mlua_read_subscribe(lua_State *L, const struct mlua_reading *r);
void mlua_read_contacts(lua_State *L, const struct mlua_reading *r);

/* replaces.c */
void mlua_read_replaces(lua_State *L, const struct mlua_reading *r);
/* Takes the header line on top of the stack. */
void mlua_read_own_header(lua_State *L, const struct mlua_reading *r);
/* across.h */
void mlua_read_like(lua_State *L, const struct mlua_reading *r);
void mlua_read_quiet(lua_State *L, const struct mlua_reading *r);

void mlua_read_auth(lua_State *L, const struct mlua_reading *r);

/* Puts the headers that such options make before those of extra_headers. */
void mlua_own_headers(lua_State *L, struct mlua_reply_args *out);
