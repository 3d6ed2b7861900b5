/* bindings/value.h -- Lua values that hold a piece of the engine's memory.
 *
 * A message or the bytes of a response outlive the call they belong to, as long
 * as a script keeps them; the collector drops the reference.  The engine lists
 * them, so that it can take its memory back when it goes away first.
 */
#pragma once

#include "base/bytes.h"
#include "box.h"

struct mlua_value {
  struct mlua_box box;
  struct msip_link_node node; /* in engine->values */
  struct msip_msg *message;   /* a reference, or NULL */
  struct msip_bytes *bytes;   /* a reference, or NULL */
};

/* Pushes a new value of at least sizeof(struct mlua_value) bytes that holds
 * nothing yet. */
void *mlua_value_new(lua_State *L, struct mlua_engine *engine,
                     const struct mlua_class *cls, size_t size);
/* Takes a reference. */
void mlua_value_set_message(lua_State *L, struct mlua_value *value,
                            const struct msip_msg *message);
/* The __gc of every such class. */
int mlua_value_collect(lua_State *L);

/* Takes back all that values of this engine hold; they stay, empty.  To be
 * called before the pool goes away. */
void mlua_values_release(struct mlua_engine *engine);

/* Pushes the user value `n` of the value at `index` when it is set: true. */
bool mlua_value_cached(lua_State *L, int index, int n);
/* Keeps the value on top as user value `n` of the one at `index`. */
void mlua_value_cache(lua_State *L, int index, int n);

extern const struct mlua_class mlua_uri_class;
extern const struct mlua_class mlua_ack_class;
extern const struct mlua_class mlua_response_class;
extern const struct mlua_class mlua_incoming_response_class;
extern const struct mlua_class mlua_logger_class;

/* moonsip.URI; nil when `text` is malformed. */
void mlua_push_uri(lua_State *L, struct msip_str text);
/* The text of the URI at `arg`, or one with a NULL `at` when it is none. */
struct msip_str mlua_uri_text(lua_State *L, int arg);
/* Undoes escapes; the text as it is when it has none or broken ones. */
void mlua_push_unescaped(lua_State *L, struct msip_str s);
/* { name = value or true } of ";name=value" parameters, names in lower case. */
void mlua_push_params(lua_State *L, struct msip_str params);

/* Decoded header values; nil when absent or malformed. */
void mlua_push_nameaddr(lua_State *L, struct msip_str text);
void mlua_push_contact(lua_State *L, const struct msip_msg *message);
void mlua_push_cseq(lua_State *L, const struct msip_msg *message);
void mlua_push_via_list(lua_State *L, const struct msip_msg *message);
/* "application/sdp": in lower case, without parameters. */
void mlua_push_media_type(lua_State *L, struct msip_str value);
/* { transport, address, port } of where it came from. */
void mlua_push_source(lua_State *L, const struct msip_msg *message);
/* A header value with its folds written as one space each. */
void mlua_push_unfolded(lua_State *L, struct msip_str value);
/* `s` in lower case (ASCII). */
void mlua_push_lower(lua_State *L, struct msip_str s);

/* Names that a set holds in lower case, or as "x-" by their first letters. */
bool mlua_is_wanted(lua_State *L, int set, struct msip_str name);
/* Pushes the list that message:lines() returns and returns 1; 0: nothing is
 * wanted by the set at index `set`.  `known` says so of each header the engine
 * knows; NULL: the set is asked. */
int mlua_push_lines(lua_State *L, const struct msip_msg *message, int set,
                    const bool *known);
/* The list that message:parts() returns, or nil and an error: its results. */
int mlua_push_parts(lua_State *L, const struct msip_msg *message);

/* moonsip.Logger that writes with this Call-ID. */
void mlua_push_logger(lua_State *L, struct mlua_engine *engine,
                      struct msip_str call_id);

/* Pushes the delegate kept in user value `n` of the box at index 1. */
int mlua_read_delegate(lua_State *L, struct mlua_box *box, int n);
/* Keeps the table or nil at index 3 there; raises for anything else. */
int mlua_write_delegate(lua_State *L, struct mlua_box *box, int n);
