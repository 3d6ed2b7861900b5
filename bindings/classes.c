#include "task.h"
#include "value.h"

void mlua_open_classes(lua_State *L)
{
  static const struct mlua_class *const classes[] = {
      &mlua_request_class,           &mlua_session_class, &mlua_outgoing_class,
      &mlua_subscription_class,      &mlua_message_class, &mlua_response_class,
      &mlua_incoming_response_class, &mlua_ack_class,     &mlua_logger_class,
  };

  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
    mlua_class_open(L, classes[i]);
}

/* Why methods of a box fail once its object is freed. */
static int gone_code(const struct mlua_box *box)
{
  if (box->cls == &mlua_request_class && msip_request_is_cancelled(box->obj))
    return MSIP_ECANCELLED;
  return MSIP_EGONE;
}

void mlua_on_release(void *engine, void *released)
{
  struct mlua_box *box = released;

  if (!box || !box->obj)
    return;
  mlua_tasks_leave(box);
  mlua_box_empty(((struct mlua_engine *)engine)->L, box, gone_code(box));
}
