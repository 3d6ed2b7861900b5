/* bindings/cli.h -- the command line of the binary, as data. */
#pragma once

#include <stddef.h>

#define MLUA_COMMAND_MAP(X)                                                    \
  X(RUN, "run")                                                                \
  X(CHECK, "check")                                                            \
  X(RELOAD, "reload")                                                          \
  X(STATUS, "status")                                                          \
  X(DRAIN, "drain")                                                            \
  X(STOP, "stop")                                                              \
  X(SETTINGS, "settings")                                                      \
  X(VERSION, "--version")                                                      \
  X(HELP, "--help")

enum mlua_command {
#define X(name, text) MLUA_COMMAND_##name,
  MLUA_COMMAND_MAP(X)
#undef X
};

enum { MLUA_CLI_LIST = 64 };

/* All texts belong to argv. */
struct mlua_cli {
  enum mlua_command command;
  const char *script;
  const char *listen[MLUA_CLI_LIST];
  unsigned listen_count;
  const char *set[MLUA_CLI_LIST]; /* "timers.t1=0.2" */
  unsigned set_count;
  const char *workers, *admin, *log_level, *log_format; /* NULL: not given */
};

/* 0, or -1 with one sentence in `why`: unknown names come with the nearest
 * valid one, and values that can be judged here are. */
int mlua_cli_parse(struct mlua_cli *cli, int argc, char **argv, char *why,
                   size_t room);

extern const char mlua_cli_help[];
