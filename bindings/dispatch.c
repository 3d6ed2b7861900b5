/* bindings/dispatch.c -- the outbox becomes delegate calls. */
#include <stdlib.h>

#include "box.h"
#include "delegate.h"
#include "engine.h"
#include "error.h"
#include "generation.h"
#include "relay.h"
#include "task.h"
#include "ua/limit.h"
#include "ua/relay.h"

enum { DELEGATE = 1 }; /* the user value of every box that has one */

/* The callback of a method, in dialogs and outside. */
static const struct {
  const char *core;
  const char *session;
} callbacks[MSIP_METHOD_COUNT] = {
    [MSIP_METHOD_OTHER] = {"on_request", "on_request"},
    [MSIP_INVITE] = {"on_invite", "on_invite"},
    [MSIP_BYE] = {"on_request", "on_bye"},
    [MSIP_OPTIONS] = {"on_options", NULL},
    [MSIP_REGISTER] = {"on_register", NULL},
    [MSIP_PRACK] = {"on_request", "on_prack"},
    [MSIP_UPDATE] = {"on_request", "on_update"},
    [MSIP_INFO] = {"on_request", "on_info"},
    [MSIP_MESSAGE] = {"on_message", "on_message"},
    [MSIP_NOTIFY] = {"on_notify", "on_notify"},
    [MSIP_REFER] = {"on_refer", "on_refer"},
    [MSIP_SUBSCRIBE] = {"on_subscribe", NULL},
    [MSIP_PUBLISH] = {"on_publish", NULL},
};

/* --- requests ----------------------------------------------------------- */

static void refuse_overload(struct mlua_engine *engine, struct msip_request *r)
{
  struct msip_reply reply = {.status = 503};

  msip_limit_reached(engine->ua, MSIP_LIMIT_TASKS, msip_request_message(r),
                     503);
  msip_request_reject(r, &reply, NULL);
}

static void begin(struct mlua_engine *engine, int nargs, struct msip_request *r,
                  struct mlua_box *session)
{
  if (mlua_task_start(engine, nargs, msip_request_box(r), session) ==
      MSIP_ETOOBIG)
    refuse_overload(engine, r);
}

static void deliver_core(lua_State *L, struct mlua_engine *engine,
                         struct msip_request *r)
{
  enum msip_method method = msip_request_message(r)->method;
  const char *name = callbacks[method].core;

  if (!name || !mlua_generation_find(L, engine, name)) {
    msip_request_default(r);
    return;
  }
  mlua_push_request(L, engine, r);
  begin(engine, 1, r, NULL);
}

static void deliver_in_dialog(lua_State *L, struct mlua_engine *engine,
                              struct msip_request *r)
{
  struct msip_session *session = msip_request_session(r);
  struct mlua_box *box = session ? msip_session_box(session) : NULL;
  enum msip_method method = msip_request_message(r)->method;
  const char *name = callbacks[method].session;

  if (!name || !box || !mlua_delegate_find(L, engine, box, DELEGATE, name)) {
    msip_request_default(r);
    return;
  }
  mlua_push_request(L, engine, r);
  mlua_box_push(L, box);
  begin(engine, 2, r, box);
}

/* A NOTIFY tells, a SUBSCRIBE renews or ends. */
static void deliver_to_subscription(lua_State *L, struct mlua_engine *engine,
                                    struct msip_request *r)
{
  bool tells = msip_request_message(r)->method == MSIP_NOTIFY;
  struct msip_subscription *sub = msip_request_subscription(r);

  mlua_push_subscription(L, engine, sub);
  if (!mlua_delegate_find(L, engine, msip_subscription_box(sub), DELEGATE,
                          tells ? "on_notify" : "on_refresh")) {
    msip_request_default(r);
    return;
  }
  mlua_push_request(L, engine, r);
  mlua_push_subscription(L, engine, sub);
  begin(engine, 2, r, NULL);
  /* RFC 6665 4.1.3: whatever the script waits for, the answer does not. */
  if (tells)
    msip_request_default(r);
}

static void deliver_request(lua_State *L, struct mlua_engine *engine,
                            const struct msip_event *event)
{
  enum msip_method method = msip_request_message(event->request)->method;

  if (msip_request_subscription(event->request))
    deliver_to_subscription(L, engine, event->request);
  else if (msip_request_in_dialog(event->request) && method != MSIP_SUBSCRIBE)
    deliver_in_dialog(L, engine, event->request);
  else
    deliver_core(L, engine, event->request);
}

static struct mlua_box *session_box(struct msip_request *r)
{
  struct msip_session *session = msip_request_session(r);

  return session ? msip_session_box(session) : NULL;
}

/* A request that Lua has let go of has no delegate and no waits. */
static void deliver_cancel(lua_State *L, struct mlua_engine *engine,
                           const struct msip_event *event)
{
  struct mlua_box *box = msip_request_box(event->request);

  if (!box)
    return;
  if (!msip_request_is_relayed(event->request)) /* else its end is still due */
    mlua_tasks_of_box_close(engine, box);
  if (!mlua_delegate_find(L, engine, box, DELEGATE, "on_cancel"))
    return;
  if (event->message)
    mlua_push_message(L, engine, event->message);
  else
    lua_pushnil(L);
  mlua_box_push(L, box);
  mlua_task_start(engine, 2, box, session_box(event->request));
}

static void deliver_transport_error(lua_State *L, struct mlua_engine *engine,
                                    const struct msip_event *event)
{
  struct mlua_box *box = msip_request_box(event->request);

  if (!box ||
      !mlua_delegate_find(L, engine, box, DELEGATE, "on_transport_error"))
    return;
  mlua_push_error(L, event->err, NULL);
  mlua_box_push(L, box);
  mlua_task_start(engine, 2, box, session_box(event->request));
}

/* --- sessions ----------------------------------------------------------- */

static void deliver_ack(lua_State *L, struct mlua_engine *engine,
                        const struct msip_event *event)
{
  struct mlua_box *box = msip_session_box(event->session);

  if (!box || !mlua_delegate_find(L, engine, box, DELEGATE, "on_ack"))
    return;
  mlua_push_ack(L, engine, event->message);
  mlua_box_push(L, box);
  mlua_task_start(engine, 2, NULL, box);
}

static void deliver_ack_timeout(lua_State *L, struct mlua_engine *engine,
                                const struct msip_event *event)
{
  struct mlua_box *box = msip_session_box(event->session);

  if (!box || !mlua_delegate_find(L, engine, box, DELEGATE, "on_ack_timeout")) {
    msip_session_ack_timeout_default(event->session);
    return;
  }
  mlua_box_push(L, box);
  if (mlua_task_start(engine, 1, NULL, box) != 0)
    msip_session_ack_timeout_default(event->session);
}

static void deliver_refresh_failed(lua_State *L, struct mlua_engine *engine,
                                   const struct msip_event *event)
{
  struct mlua_box *box = msip_session_box(event->session);

  if (!box ||
      !mlua_delegate_find(L, engine, box, DELEGATE, "on_refresh_failed"))
    return;
  mlua_box_push(L, box);
  mlua_push_error(L, event->err, NULL);
  mlua_task_start(engine, 2, NULL, box);
}

static void deliver_terminated(lua_State *L, struct mlua_engine *engine,
                               const struct msip_event *event)
{
  struct mlua_box *box = msip_session_box(event->session);

  if (!box)
    return;
  mlua_tasks_of_box_close(engine, box);
  if (!mlua_delegate_find(L, engine, box, DELEGATE, "on_terminated"))
    return;
  mlua_box_push(L, box);
  lua_pushstring(L, event->reason ? event->reason : "");
  mlua_task_start(engine, 2, NULL, box);
}

/* --- requests of ours --------------------------------------------------- */

static const char *response_callback(unsigned status)
{
  if (status == 100)
    return "on_trying";
  if (status < 200)
    return "on_progress";
  if (status < 300)
    return "on_accept";
  return status < 400 ? "on_redirect" : "on_reject";
}

static struct mlua_box *outgoing_session(const struct msip_outgoing *outgoing)
{
  struct msip_session *session = msip_outgoing_session(outgoing);

  return session ? msip_session_box(session) : NULL;
}

/* The 2xx of a further fork is for on_accept only: without it nobody wants that
 * call. */
static bool tell_response(lua_State *L, struct mlua_engine *engine,
                          const struct msip_event *event)
{
  struct msip_outgoing *outgoing = event->outgoing;
  struct mlua_box *box = msip_outgoing_box(outgoing);
  int nargs = 2;

  if (!box)
    return false;
  bool kept = mlua_outgoing_result(L, engine, outgoing, event->session,
                                   event->message, 0);
  if (!mlua_delegate_find(L, engine, box, DELEGATE,
                          response_callback(event->message->status)))
    return false; /* the response goes with the event */
  if (kept)
    lua_insert(L, -2);
  else
    mlua_push_response(L, engine, outgoing, event->session, event->message);
  if (event->message->status >= 400) { /* on_reject(response, err, request) */
    lua_pushnil(L);
    nargs = 3;
  }
  mlua_box_push(L, box);
  mlua_task_start(engine, nargs, NULL,
                  event->session ? msip_session_box(event->session) : NULL);
  return true;
}

static void deliver_response(lua_State *L, struct mlua_engine *engine,
                             const struct msip_event *event)
{
  bool told;

  if (msip_outgoing_is_relay(event->outgoing)) {
    mlua_relay_result(L, event->outgoing, event->message, 0);
    return;
  }
  told = tell_response(L, engine, event);
  msip_outgoing_settle(event->outgoing, event->session, event->message, told);
}

/* There is no response to show: on_reject(nil, err, request). */
static void deliver_failure(lua_State *L, struct mlua_engine *engine,
                            const struct msip_event *event)
{
  struct msip_outgoing *outgoing = event->outgoing;
  struct mlua_box *box = msip_outgoing_box(outgoing);

  if (!box)
    return;
  if (msip_outgoing_is_relay(outgoing)) {
    mlua_relay_result(L, outgoing, NULL, event->err);
    return;
  }
  mlua_outgoing_result(L, engine, outgoing, NULL, NULL, event->err);
  if (!mlua_delegate_find(L, engine, box, DELEGATE, "on_reject"))
    return;
  lua_pushnil(L);
  mlua_push_error(L, event->err, NULL);
  mlua_box_push(L, box);
  mlua_task_start(engine, 3, NULL, outgoing_session(outgoing));
}

/* --- subscriptions ------------------------------------------------------ */

static void deliver_refreshed(lua_State *L, struct mlua_engine *engine,
                              const struct msip_event *event)
{
  struct mlua_box *box = msip_subscription_box(event->subscription);

  if (!box || !mlua_delegate_find(L, engine, box, DELEGATE, "on_refresh"))
    return;
  mlua_push_response(L, engine, NULL, NULL, event->message);
  mlua_box_push(L, box);
  mlua_task_start(engine, 2, NULL, NULL);
}

static void deliver_subscription_over(lua_State *L, struct mlua_engine *engine,
                                      const struct msip_event *event)
{
  struct mlua_box *box = msip_subscription_box(event->subscription);

  mlua_subscription_over(event->subscription);
  if (!box || !mlua_delegate_find(L, engine, box, DELEGATE, "on_terminated"))
    return;
  lua_pushstring(L, event->reason);
  mlua_box_push(L, box);
  mlua_task_start(engine, 2, NULL, NULL);
}

/* --- one event ---------------------------------------------------------- */

static void deliver(lua_State *L, struct mlua_engine *engine,
                    const struct msip_event *event)
{
  switch (event->kind) {
  case MSIP_EV_REQUEST:
    deliver_request(L, engine, event);
    break;
  case MSIP_EV_CANCEL:
    deliver_cancel(L, engine, event);
    break;
  case MSIP_EV_TRANSPORT_ERROR:
    deliver_transport_error(L, engine, event);
    break;
  case MSIP_EV_ACK:
    deliver_ack(L, engine, event);
    break;
  case MSIP_EV_ACK_TIMEOUT:
    deliver_ack_timeout(L, engine, event);
    break;
  case MSIP_EV_REFRESH_FAILED:
    deliver_refresh_failed(L, engine, event);
    break;
  case MSIP_EV_TERMINATED:
    deliver_terminated(L, engine, event);
    break;
  case MSIP_EV_RESPONSE:
    deliver_response(L, engine, event);
    break;
  case MSIP_EV_OUTGOING_FAILED:
    deliver_failure(L, engine, event);
    break;
  case MSIP_EV_NOTIFY_DUE:
    msip_subscription_notify_default(event->subscription);
    break;
  case MSIP_EV_REFRESHED:
    deliver_refreshed(L, engine, event);
    break;
  case MSIP_EV_SUBSCRIPTION_OVER:
    deliver_subscription_over(L, engine, event);
    break;
  case MSIP_EV_WAKE:
    mlua_task_wake(event->wake);
    break;
  }
}

/* Memory ran out: the script does not hear of it. */
static void give_up(const struct msip_event *event)
{
  if (event->kind == MSIP_EV_REQUEST)
    msip_request_script_failed(event->request);
  if (event->kind == MSIP_EV_ACK_TIMEOUT)
    msip_session_ack_timeout_default(event->session);
  if (event->kind == MSIP_EV_RESPONSE &&
      !msip_outgoing_is_relay(event->outgoing))
    msip_outgoing_settle(event->outgoing, event->session, event->message,
                         false);
  if (event->kind == MSIP_EV_NOTIFY_DUE)
    msip_subscription_notify_default(event->subscription);
}

/* --- requests whose box was collected ----------------------------------- */

/* Takes the place of the collected box, so that the end of the request is
 * heard of. */
struct orphan {
  struct mlua_box box;
  struct msip_link_node node;
};

static const struct mlua_class orphan_class = {.name = "moonsip.orphan"};

void mlua_abandon_later(struct mlua_engine *engine,
                        struct msip_request *request)
{
  struct orphan *orphan = calloc(1, sizeof *orphan);

  if (!orphan)
    return; /* limits.answer_time ends it */
  orphan->box.cls = &orphan_class;
  orphan->box.obj = request;
  orphan->box.engine = engine;
  orphan->box.ref = LUA_NOREF;
  msip_list_add(&engine->orphans, &orphan->node);
  msip_request_set_box(request, &orphan->box);
}

static void abandon_orphans(struct mlua_engine *engine)
{
  struct msip_link_node *node;

  while ((node = msip_list_take(&engine->orphans))) {
    struct orphan *orphan = MSIP_CONTAINER(node, struct orphan, node);
    struct msip_request *request = orphan->box.obj;

    free(orphan);
    if (!request)
      continue;
    msip_request_set_box(request, NULL);
    msip_request_abandon(request);
  }
}

void mlua_orphans_fini(struct mlua_engine *engine)
{
  struct msip_link_node *node;

  while ((node = msip_list_take(&engine->orphans)))
    free(MSIP_CONTAINER(node, struct orphan, node));
}

/* --- all of them --------------------------------------------------------- */

struct delivery {
  struct mlua_engine *engine;
  struct msip_event event; /* the one that is being delivered */
  bool delivering;
};

static int deliver_all(lua_State *L)
{
  struct delivery *d = lua_touserdata(L, 1);

  for (;;) {
    abandon_orphans(d->engine);
    if (!msip_ua_next_event(d->engine->ua, &d->event))
      break;
    d->delivering = true;
    deliver(L, d->engine, &d->event);
    d->delivering = false;
    msip_msg_drop(d->event.message);
    lua_settop(L, 1);
  }
  return 0;
}

/* Only memory that ran out raises: the others get their turn all the same. */
void mlua_dispatch(void *arg)
{
  struct mlua_engine *engine = arg;
  struct delivery d = {.engine = engine};

  if (engine->running)
    return; /* the engine is not at rest */
  while (mlua_enter(engine, deliver_all, &d) != 0 && d.delivering) {
    d.delivering = false;
    give_up(&d.event);
    msip_msg_drop(d.event.message);
  }
}
