/* bindings/across.h -- what goes from one leg of a bridged call to the other,
 * taken from the message itself: no Lua object stands between.
 *
 * For modules of the library only; scripts have moonsip.Message.  Two options
 * belong to it, which no stub names:
 *
 *   like   of engine:invite: an incoming request.  From and To are its own,
 *          where the other options do not say otherwise.
 *   quiet  of answers, and of requests that nobody waits for: no object is made
 *          of what was sent.  Answers return the session or true; a request
 *          without a delegate returns true.
 */
#pragma once

#include "reply_args.h"

/* The message of the box at `index`: a request, a response, an ACK or a
 * message; NULL when it is gone.  Raises for anything else. */
const struct msip_msg *mlua_message_at(lua_State *L, int index);
/* Fills in To and From where options have left them out; args->like is set. */
void mlua_like_parties(lua_State *L, struct mlua_reply_args *args);
