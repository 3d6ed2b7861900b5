/* bindings/sdp_in.h -- sip.sdp from the inside: the module and its class. */
#pragma once

#include <lauxlib.h>

#include "base/rand.h"
#include "sdp/sdp.h"

#define MLUA_SDP_CLASS     "moonsip.Description"
#define MLUA_SDP_WORKSPACE lua_upvalueindex(1)

/* Memory of the module in one Lua state, kept between calls; the first upvalue
 * of every function here. */
struct mlua_sdp_workspace {
  struct msip_pool pool;
  struct msip_buf buf;
  struct msip_sdp offer;    /* of the call that runs */
  struct msip_sdp previous; /* the same */
  struct msip_rand rand;
  const void *class_table; /* the metatable of descriptions */
};

/* User value 1 is the text the tree borrows from, 2 the workspace. */
struct mlua_sdp_description {
  struct msip_sdp sdp;
};

static inline struct mlua_sdp_workspace *mlua_sdp_workspace(lua_State *L)
{
  return lua_touserdata(L, MLUA_SDP_WORKSPACE);
}

static inline struct msip_str mlua_sdp_text(lua_State *L, int index)
{
  size_t len;
  const char *at = lua_tolstring(L, index, &len);

  return msip_str_of(at, len);
}

/* The description at `index`; NULL for any other value. */
struct mlua_sdp_description *mlua_sdp_to_description(lua_State *L, int index);
/* The same as an argument; raises. */
struct mlua_sdp_description *mlua_sdp_check_description(lua_State *L, int arg);
/* Pushes the description of the text at `index`, or fails like mlua_fail. */
int mlua_sdp_push_parsed(lua_State *L, int index);
/* Pushes the text that C wrote into the workspace's buffer. */
int mlua_sdp_push_written(lua_State *L, struct mlua_sdp_workspace *w);
/* The answer to the description at 1 with the options at 2. */
int mlua_sdp_answer(lua_State *L);
/* Makes the class of descriptions, with the workspace on top. */
void mlua_sdp_open_class(lua_State *L);
