#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "ua/settings.h"

const char mlua_cli_help[] =
    "usage: moonsip COMMAND\n"
    "\n"
    "  run SCRIPT                answer calls as the script decides\n"
    "    --listen URI            udp:HOST:PORT; may be repeated\n"
    "                            (udp:0.0.0.0:5060)\n"
    "    --set NAME=VALUE        a setting; may be repeated\n"
    "    --workers N             threads (1)\n"
    "    --admin ADDR            unix:PATH, HOST:PORT or none\n"
    "    --log-level LEVEL       debug, info, warn or error\n"
    "    --log-format FORMAT     text or json\n"
    "  check SCRIPT              load the script and say what is wrong\n"
    "  reload [--admin ADDR]     load the running engine's script anew\n"
    "  status [--admin ADDR]     what the running engine does\n"
    "  drain [--admin ADDR]      refuse new calls, stop when the others end\n"
    "  stop [--admin ADDR]       stop at once\n"
    "  settings                  every setting, its default and meaning\n"
    "  --version\n"
    "  --help\n"
    "\n"
    "Exit status: 0 stopped as asked, 1 could not start or do it, 2 usage.\n";

static const char *const commands[] = {
#define X(name, text) text,
    MLUA_COMMAND_MAP(X)
#undef X
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static const char *const levels[] = {"debug", "info", "warn", "error"};
static const char *const formats[] = {"text", "json"};

enum option { LISTEN, SET, WORKERS, ADMIN, LOG_LEVEL, LOG_FORMAT, OPTIONS };

static const char *const options[OPTIONS] = {
    [LISTEN] = "--listen",       [SET] = "--set",
    [WORKERS] = "--workers",     [ADMIN] = "--admin",
    [LOG_LEVEL] = "--log-level", [LOG_FORMAT] = "--log-format",
};

/* Where in `words` the text is; -1 with a sentence in `why` when nowhere. */
static int pick(const char *what, struct msip_str text,
                const char *const *words, unsigned count, char *why,
                size_t room)
{
  for (unsigned i = 0; i < count; i++)
    if (msip_str_eq(text, msip_str_c(words[i])))
      return (int)i;

  const char *meant = msip_nearest(text, words, count);

  snprintf(why, room,
           meant ? "unknown %s \"%.*s\"; did you mean \"%s\"?"
                 : "unknown %s \"%.*s\"",
           what, (int)text.len, text.at, meant);
  return -1;
}

static int append(const char **list, unsigned *count, const char *value,
                  const char *option, char *why, size_t room)
{
  if (*count == MLUA_CLI_LIST) {
    snprintf(why, room, "%s more than %d times", option, MLUA_CLI_LIST);
    return -1;
  }
  list[(*count)++] = value;
  return 0;
}

/* Tries the setting now, so that a mistake is one of usage. */
static int check_setting(const char *text, char *why, size_t room)
{
  struct msip_settings settings;
  struct msip_str s = msip_str_c(text);
  size_t at = msip_str_find(s, '=');

  if (at == s.len) {
    snprintf(why, room, "--set needs NAME=VALUE, not \"%s\"", text);
    return -1;
  }
  msip_settings_init(&settings);

  int err =
      msip_settings_set(&settings, msip_str_of(text, at),
                        msip_str_of(text + at + 1, s.len - at - 1), why, room);

  msip_settings_fini(&settings);
  return err ? -1 : 0;
}

static int take_value(struct mlua_cli *cli, enum option option,
                      const char *value, char *why, size_t room)
{
  struct msip_str text = msip_str_c(value);

  switch (option) {
  case LISTEN:
    return append(cli->listen, &cli->listen_count, value, options[option], why,
                  room);
  case SET:
    if (check_setting(value, why, room))
      return -1;
    return append(cli->set, &cli->set_count, value, options[option], why, room);
  case WORKERS:
    cli->workers = value;
    if (strcmp(value, "1") == 0)
      return 0;
    snprintf(why, room, "--workers %s: this engine runs one worker; give 1",
             value);
    return -1;
  case ADMIN:
    cli->admin = value;
    return 0;
  case LOG_LEVEL:
    cli->log_level = value;
    return pick("log level", text, levels, 4, why, room) < 0 ? -1 : 0;
  case LOG_FORMAT:
    cli->log_format = value;
    return pick("log format", text, formats, 2, why, room) < 0 ? -1 : 0;
  case OPTIONS:
    break;
  }
  return -1;
}

static bool is_allowed(enum mlua_command command, enum option option)
{
  if (command == MLUA_COMMAND_RUN)
    return true;
  return option == ADMIN &&
         (command == MLUA_COMMAND_RELOAD || command == MLUA_COMMAND_STATUS ||
          command == MLUA_COMMAND_DRAIN || command == MLUA_COMMAND_STOP);
}

/* One "--name VALUE" or "--name=VALUE" at argv[*at]; moves on to the next. */
static int take_option(struct mlua_cli *cli, int argc, char **argv, int *at,
                       char *why, size_t room)
{
  struct msip_str text = msip_str_c(argv[*at]);
  size_t equals = msip_str_find(text, '=');
  struct msip_str name = msip_str_of(text.at, equals);
  int option = pick("option", name, options, OPTIONS, why, room);
  const char *value;

  if (option < 0)
    return -1;
  if (!is_allowed(cli->command, (enum option)option)) {
    snprintf(why, room, "%s is no option of \"moonsip %s\"", options[option],
             commands[cli->command]);
    return -1;
  }
  if (equals < text.len) {
    value = text.at + equals + 1;
  } else if (*at + 1 < argc) {
    value = argv[++*at];
  } else {
    snprintf(why, room, "%s needs a value", options[option]);
    return -1;
  }
  ++*at;
  return take_value(cli, (enum option)option, value, why, room);
}

static int take_arguments(struct mlua_cli *cli, int argc, char **argv,
                          char *why, size_t room)
{
  bool wants_script =
      cli->command == MLUA_COMMAND_RUN || cli->command == MLUA_COMMAND_CHECK;

  for (int i = 2; i < argc;) {
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
      cli->command = MLUA_COMMAND_HELP;
      return 0;
    }
    if (argv[i][0] == '-') {
      if (take_option(cli, argc, argv, &i, why, room))
        return -1;
    } else if (wants_script && !cli->script) {
      cli->script = argv[i++];
    } else {
      snprintf(why, room, "unexpected \"%s\"", argv[i]);
      return -1;
    }
  }
  if (wants_script && !cli->script) {
    snprintf(why, room, "\"moonsip %s\" needs a script",
             commands[cli->command]);
    return -1;
  }
  return 0;
}

int mlua_cli_parse(struct mlua_cli *cli, int argc, char **argv, char *why,
                   size_t room)
{
  memset(cli, 0, sizeof *cli);
  if (argc < 2) {
    snprintf(why, room, "a command is missing; try \"moonsip --help\"");
    return -1;
  }

  const char *name = strcmp(argv[1], "-h") == 0 ? "--help" : argv[1];
  int command = pick(name[0] == '-' ? "option" : "command", msip_str_c(name),
                     commands, COMMANDS, why, room);

  if (command < 0)
    return -1;
  cli->command = (enum mlua_command)command;
  return take_arguments(cli, argc, argv, why, room);
}
