/* bindings/log.c -- log lines: from scripts into the engine's log, and from the
 * engine to standard error or to a function of the program. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "box.h"
#include "engine.h"
#include "task.h"
#include "timers.h"

static const char *const level_names[] = {"DEBUG", "INFO", "WARN", "ERROR"};
static const char *const level_words[] = {"debug", "info", "warn", "error"};

enum { LINE = 4096 };

static void stamp(char *out, size_t room)
{
  struct timespec now;
  struct tm parts;
  char day[32];

  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &parts);
  strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(out, room, "%s.%03ldZ", day, now.tv_nsec / 1000000);
}

static void write_text(enum msip_level level, struct msip_str call_id,
                       struct msip_str text)
{
  char time_text[48], call[256];

  stamp(time_text, sizeof time_text);
  fprintf(stderr, "%s %s %s %.*s\n", time_text, level_names[level],
          call_id.len ? msip_log_text(call, sizeof call, call_id) : "-",
          (int)text.len, text.at);
}

/* A JSON string, quotes and all. */
static void write_json_text(FILE *out, struct msip_str s)
{
  fputc('"', out);
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.at[i];
    if (c == '"' || c == '\\')
      fprintf(out, "\\%c", c);
    else if (c < 0x20 || c == 0x7f)
      fprintf(out, "\\u%04x", c);
    else
      fputc(c, out);
  }
  fputc('"', out);
}

static void write_json(enum msip_level level, struct msip_str call_id,
                       struct msip_str text)
{
  char time_text[48], line[LINE], call[256];
  FILE *out = fmemopen(line, sizeof line, "w");

  if (!out)
    return;
  stamp(time_text, sizeof time_text);
  fprintf(out, "{\"time\":\"%s\",\"level\":\"%s\"", time_text,
          level_words[level]);
  if (call_id.len) {
    fputs(",\"call_id\":", out);
    write_json_text(out, msip_str_c(msip_log_text(call, sizeof call, call_id)));
  }
  fputs(",\"text\":", out);
  write_json_text(out, text);
  fputs("}\n", out);
  long len = ftell(out);
  fclose(out);
  if (len > 0)
    fwrite(line, 1, (size_t)len, stderr);
}

struct line {
  struct mlua_engine *engine;
  enum msip_level level;
  struct msip_str call_id, text;
};

static int call_log(lua_State *L)
{
  struct line *line = lua_touserdata(L, 1);

  if (!mlua_engine_push_value(L, line->engine, MLUA_ENGINE_LOG))
    return 0;
  lua_pushstring(L, level_words[line->level]);
  mlua_push_str(L, line->call_id);
  mlua_push_str(L, line->text);
  lua_call(L, 3, 0);
  return 0;
}

/* The function of the options.  One that raises costs its line only. */
static void write_function(struct line *line)
{
  lua_State *L = line->engine->L;
  int top = lua_gettop(L);

  if (!lua_checkstack(L, LUA_MINSTACK))
    return;
  lua_pushcfunction(L, call_log);
  lua_pushlightuserdata(L, line);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK)
    fprintf(stderr, "log function: %s\n",
            lua_isstring(L, -1) ? lua_tostring(L, -1) : "error");
  lua_settop(L, top);
}

void mlua_log_write(void *arg, enum msip_level level, struct msip_str call_id,
                    struct msip_str text)
{
  struct mlua_engine *engine = arg;
  char safe[512];
  struct msip_str shown = msip_str_c(msip_log_text(safe, sizeof safe, call_id));
  struct line line = {engine, level, shown, text};

  if (engine->log_function)
    write_function(&line);
  else if (engine->log_json)
    write_json(level, call_id, text);
  else
    write_text(level, call_id, text);
}

/* One line of a traceback: "a.lua:3: in function 'f' < [C]: in ...".  What else
 * is no text is escaped: an error message may quote a peer. */
static void flatten(char *out, size_t room, const char *traceback)
{
  size_t len = 0;

  while (*traceback && len + 6 < room) {
    size_t plain = strcspn(traceback, "\n\t\"");

    if (plain) {
      if (plain > (room - len - 2) / 4)
        plain = (room - len - 2) / 4;
      msip_log_text(out + len, room - len, msip_str_of(traceback, plain));
      len += strlen(out + len);
      traceback += plain;
      continue;
    }
    if (*traceback == '\n')
      out[len++] = ' ';
    out[len++] = *traceback == '\n' ? '<' : *traceback == '\t' ? ' ' : '"';
    traceback++;
  }
  out[len] = '\0';
}

void mlua_log_script_error(struct mlua_engine *engine, struct msip_str call_id,
                           const char *message, const char *traceback)
{
  static const char head[] = "stack traceback:\n\t";
  char cause[512], trail[400];

  flatten(cause, sizeof cause, message);
  if (strncmp(traceback, head, sizeof head - 1) == 0)
    traceback += sizeof head - 1;
  flatten(trail, sizeof trail, traceback);
  msip_log(&engine->log, MSIP_LOG_ERROR, call_id, "script error: %s (%s)",
           cause, trail);
}

/* --- sip.log ------------------------------------------------------------ */

/* Adds " name=value" for each field of the table at `index`; what does not fit
 * is left out. */
static void add_fields(lua_State *L, int index, char *line, size_t room)
{
  size_t used = strlen(line), len;
  char name[64], value[256];

  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 2)) {
    lua_pushvalue(L, -2);
    const char *key = luaL_tolstring(L, -1, &len);
    msip_log_text(name, sizeof name, msip_str_of(key, len));
    lua_pop(L, 2);
    const char *text = luaL_tolstring(L, -1, &len);
    msip_log_text(value, sizeof value, msip_str_of(text, len));
    int more = snprintf(line + used, room - used, " %s=%s", name, value);
    if (more < 0 || used + (size_t)more >= room) {
      line[used] = '\0';
      return;
    }
    used += (size_t)more;
  }
}

static struct msip_str call_id_here(struct mlua_engine *engine)
{
  struct mlua_task *task = engine->running;

  if (task && task->request && task->request->obj)
    return msip_request_message(task->request->obj)->call_id;
  if (task && task->session && task->session->obj)
    return msip_session_call_id(task->session->obj);
  return MSIP_STR("");
}

void mlua_log_args(lua_State *L, char *line, size_t room)
{
  size_t len;
  const char *text;

  lua_settop(L, 3);
  text = luaL_tolstring(L, 2, &len);
  msip_log_text(line, room, msip_str_of(text, len));
  lua_settop(L, 3);
  if (lua_istable(L, 3))
    add_fields(L, 3, line, room);
}

static int log_line(lua_State *L, enum msip_level level)
{
  struct mlua_engine *engine = mlua_engine_of(L);
  char line[1000];

  if (!lua_istable(L, 1) || lua_isnone(L, 2))
    return luaL_error(L, "sip.log:%s(text, fields) is called with a colon",
                      level_words[level]);
  luaL_argexpected(L, lua_isnoneornil(L, 3) || lua_istable(L, 3), 3, "table");
  if (!engine || level < engine->log.level)
    return 0;
  mlua_log_args(L, line, sizeof line);
  msip_log(&engine->log, level, call_id_here(engine), "%s", line);
  return 0;
}

static int log_debug(lua_State *L)
{
  return log_line(L, MSIP_LOG_DEBUG);
}

static int log_info(lua_State *L)
{
  return log_line(L, MSIP_LOG_INFO);
}

static int log_warn(lua_State *L)
{
  return log_line(L, MSIP_LOG_WARN);
}

static int log_error(lua_State *L)
{
  return log_line(L, MSIP_LOG_ERROR);
}

void mlua_push_log(lua_State *L)
{
  static const luaL_Reg functions[] = {{"debug", log_debug},
                                       {"info", log_info},
                                       {"warn", log_warn},
                                       {"error", log_error},
                                       {NULL, NULL}};

  luaL_newlib(L, functions);
}
