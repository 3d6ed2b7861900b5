/* bindings/box.h -- userdata that borrow engine objects.
 *
 * The engine owns every protocol object; Lua holds boxes.  A box is emptied
 * when its object dies, so a script may keep one for ever: its methods then
 * return nil, { code = "EGONE" }.  Collecting a box changes nothing on the
 * wire, except that an unanswered request nobody holds is answered 480.
 *
 * A class check compares one pointer: every box begins with its class.
 */
#pragma once

#include "mlua.h"

struct mlua_box;

struct mlua_class {
  const char *name;        /* "moonsip.Session": metatable __name */
  const luaL_Reg *methods; /* found after the fields */
  /* Pushes the value of a field and returns 1, or returns 0. May be NULL. */
  int (*get)(lua_State *L, void *obj, const char *key);
  /* Takes the value at index 3: 1 when the field may be set, else 0. */
  int (*set)(lua_State *L, void *obj, const char *key);
  int (*gc)(lua_State *L); /* may be NULL */
  int user_values;         /* Lua values the box carries */

  /* Faster than get and set, and asked of empty boxes too: a field by its place
   * in `fields` (NULL-terminated).  `read` pushes the value and returns 1, or 0
   * for nil; `write` takes the value at index 3: 1 when the field may be set.
   */
  const char *const *fields;
  int (*read)(lua_State *L, struct mlua_box *box, int field);
  int (*write)(lua_State *L, struct mlua_box *box, int field);
  lua_CFunction tostring; /* NULL: "moonsip.Session: live" */
  lua_CFunction eq;       /* NULL: identity */
};

struct mlua_box {
  const struct mlua_class *cls;
  void *obj;      /* NULL once it is gone */
  unsigned holds; /* who wants it anchored: mlua_box_hold */
  struct mlua_engine *engine;
  int ref;  /* anchor in the registry while the object lives; LUA_NOREF */
  int gone; /* error code that methods of an empty box return */
  struct mlua_task *waits; /* a parked task of this call, or NULL: task.c */
};

/* Makes the metatable of a class; once per state. */
void mlua_class_open(lua_State *L, const struct mlua_class *cls);
/* Pushes a new box.  `anchored`: kept alive until mlua_box_empty. */
struct mlua_box *mlua_box_new(lua_State *L, struct mlua_engine *engine,
                              const struct mlua_class *cls, void *obj,
                              bool anchored);
/* The same with `size` bytes, of which struct mlua_box is the first member; the
 * others are zero. */
void *mlua_box_new_sized(lua_State *L, struct mlua_engine *engine,
                         const struct mlua_class *cls, void *obj, size_t size);
/* Pushes the userdata of an anchored or remembered box; nil when nobody holds
 * it any more. */
void mlua_box_push(lua_State *L, const struct mlua_box *box);
/* The box on top can be found by mlua_box_push while somebody holds it. */
void mlua_box_remember(lua_State *L, const struct mlua_box *box);
/* Anchors a box that mlua_box_push finds, until as many mlua_box_unhold or
 * mlua_box_empty. */
void mlua_box_hold(lua_State *L, struct mlua_box *box);
void mlua_box_unhold(lua_State *L, struct mlua_box *box);
/* The box at `arg`; raises an argument error when it is none of that class. */
struct mlua_box *mlua_box_check(lua_State *L, int arg,
                                const struct mlua_class *cls);
/* NULL instead of raising. */
struct mlua_box *mlua_box_test(lua_State *L, int arg,
                               const struct mlua_class *cls);
/* The object is dying: forgets it and drops the anchor.  Never raises. */
void mlua_box_empty(lua_State *L, struct mlua_box *box, int gone);

/* The box of an engine object, made on first use and pushed.  Sessions and
 * outgoing requests are anchored until they are released.  A request is not:
 * one that is collected unanswered is answered 480.  Setting its delegate
 * anchors it until it is released, so that on_cancel finds somebody. */
extern const struct mlua_class mlua_request_class;
extern const struct mlua_class mlua_session_class;
extern const struct mlua_class mlua_outgoing_class;
extern const struct mlua_class mlua_subscription_class;
extern const struct mlua_class mlua_message_class;
void mlua_push_request(lua_State *L, struct mlua_engine *engine,
                       struct msip_request *request);
void mlua_push_session(lua_State *L, struct mlua_engine *engine,
                       struct msip_session *session);
void mlua_push_outgoing(lua_State *L, struct mlua_engine *engine,
                        struct msip_outgoing *outgoing);
/* Its box, which is there, keeps no result: nobody will wait for one. */
void mlua_outgoing_quiet(struct msip_outgoing *outgoing);
void mlua_push_subscription(lua_State *L, struct mlua_engine *engine,
                            struct msip_subscription *sub);
/* It is over: its box keeps what scripts may still ask. */
void mlua_subscription_over(struct msip_subscription *sub);
/* A value box: holds a reference to the message. */
void mlua_push_message(lua_State *L, struct mlua_engine *engine,
                       struct msip_msg *message);
/* The argument of on_ack: a table-like { message = }. */
void mlua_push_ack(lua_State *L, struct mlua_engine *engine,
                   struct msip_msg *message);
/* What an outgoing request's delegate and wait() get: { message, status_code,
 * reason_phrase, session, subscription }; `outgoing` may be NULL. */
void mlua_push_response(lua_State *L, struct mlua_engine *engine,
                        struct msip_outgoing *outgoing,
                        struct msip_session *session, struct msip_msg *message);
/* An outgoing request got a response or failed: keeps the result and wakes the
 * tasks in wait().  True: the response, as scripts see it, is on top. */
bool mlua_outgoing_result(lua_State *L, struct mlua_engine *engine,
                          struct msip_outgoing *outgoing,
                          struct msip_session *session,
                          struct msip_msg *message, int err);
