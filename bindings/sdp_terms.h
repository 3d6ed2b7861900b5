/* bindings/sdp_terms.h -- the options of sdp.answer and sdp.offer, read from a
 * Lua table. */
#pragma once

#include <lua.h>

#include "sdp/answer.h"

/* Where in the stack the parts are that only Lua can judge; 0 when absent. */
struct mlua_sdp_asks {
  int port;     /* function(media) -> port */
  int formats;  /* function(codec, media) -> boolean */
  int previous; /* string or description */
};

/* Reads the options at `arg`.  Text and lists stay on the stack, and `terms`
 * borrows from there. */
void mlua_sdp_answer_terms(lua_State *L, int arg, struct msip_sdp_terms *terms,
                           struct mlua_sdp_asks *asks);

/* What the functions among the options choose, per stream of `sdp`, which the
 * script may edit meanwhile; a userdata on the stack. */
const struct msip_sdp_choice *mlua_sdp_ask(lua_State *L,
                                           const struct msip_sdp *sdp,
                                           const struct msip_sdp_terms *terms,
                                           const struct mlua_sdp_asks *asks);

/* The streams of an offer; the result is a userdata on the stack. */
const struct msip_sdp_stream *mlua_sdp_offer_terms(lua_State *L, int arg,
                                                   struct msip_sdp_terms *terms,
                                                   struct mlua_sdp_asks *asks,
                                                   uint32_t *count);

/* "sendonly" at `index`; raises for anything else, naming `what`. */
enum msip_direction mlua_sdp_direction(lua_State *L, int index,
                                       const char *what);
