#include "timers.h"
#include "value.h"

/* A logger that carries one call's Call-ID, in its own copy. */
struct logger {
  struct mlua_value value;
  size_t len;
  char call_id[];
};

void mlua_push_logger(lua_State *L, struct mlua_engine *engine,
                      struct msip_str call_id)
{
  struct logger *logger = mlua_value_new(L, engine, &mlua_logger_class,
                                         sizeof *logger + call_id.len);

  logger->len = call_id.len;
  memcpy(logger->call_id, call_id.at, call_id.len);
}

/* logger:info(text, fields?): control bytes are escaped, so that what a peer
 * sent cannot forge a line. */
static int write_line(lua_State *L, enum msip_level level)
{
  struct logger *logger =
      (struct logger *)mlua_box_check(L, 1, &mlua_logger_class);
  const struct msip_log *log;
  char line[1000];

  luaL_checkany(L, 2);
  luaL_argexpected(L, lua_isnoneornil(L, 3) || lua_istable(L, 3), 3, "table");
  if (!logger->value.box.obj)
    return 0;
  log = &logger->value.box.engine->log;
  if (!log->write || level < log->level)
    return 0;
  mlua_log_args(L, line, sizeof line);
  msip_log(log, level, msip_str_of(logger->call_id, logger->len), "%s", line);
  return 0;
}

static int write_debug(lua_State *L)
{
  return write_line(L, MSIP_LOG_DEBUG);
}

static int write_info(lua_State *L)
{
  return write_line(L, MSIP_LOG_INFO);
}

static int write_warn(lua_State *L)
{
  return write_line(L, MSIP_LOG_WARN);
}

static int write_error(lua_State *L)
{
  return write_line(L, MSIP_LOG_ERROR);
}

static const luaL_Reg methods[] = {
    {"debug", write_debug}, {"info", write_info}, {"warn", write_warn},
    {"error", write_error}, {NULL, NULL},
};

const struct mlua_class mlua_logger_class = {
    .name = "moonsip.Logger",
    .methods = methods,
    .gc = mlua_value_collect,
};
