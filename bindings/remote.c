#include "remote.h"

#include <stdio.h>

#include "host/admin_address.h"
#include "host/admin_client.h"
#include "ua/settings.h"

static void print_object(const json_t *object, int indent);

static void print_value(const char *key, const json_t *value, int indent)
{
  const json_t *item;
  size_t i;

  switch (json_typeof(value)) {
  case JSON_OBJECT:
    printf("%*s%s:\n", indent, "", key);
    print_object(value, indent + 2);
    break;
  case JSON_ARRAY:
    json_array_foreach(value, i, item) print_value(key, item, indent);
    break;
  case JSON_STRING:
    printf("%*s%s: %s\n", indent, "", key, json_string_value(value));
    break;
  case JSON_INTEGER:
    printf("%*s%s: %" JSON_INTEGER_FORMAT "\n", indent, "", key,
           json_integer_value(value));
    break;
  case JSON_REAL:
    printf("%*s%s: %g\n", indent, "", key, json_real_value(value));
    break;
  case JSON_TRUE:
  case JSON_FALSE:
    printf("%*s%s: %s\n", indent, "", key, json_is_true(value) ? "yes" : "no");
    break;
  case JSON_NULL:
    printf("%*s%s: none\n", indent, "", key);
    break;
  }
}

static void print_object(const json_t *object, int indent)
{
  const char *key;
  json_t *value;

  json_object_foreach((json_t *)(uintptr_t)object, key, value)
      print_value(key, value, indent);
}

static int fail(const char *why)
{
  fprintf(stderr, "moonsip: %s\n", why);
  return 1;
}

static int print_answer(const struct msip_admin_answer *answer)
{
  const char *error = json_string_value(json_object_get(answer->body, "error"));

  if (answer->status == 200) {
    print_object(answer->body, 0);
    return 0;
  }
  return fail(error ? error : "the engine refused");
}

int mlua_remote(const struct mlua_cli *cli)
{
  static const struct {
    const char *method, *path;
  } request[] = {
      [MLUA_COMMAND_RELOAD] = {"POST", "/reload"},
      [MLUA_COMMAND_STATUS] = {"GET", "/status"},
      [MLUA_COMMAND_DRAIN] = {"POST", "/drain"},
      [MLUA_COMMAND_STOP] = {"POST", "/stop"},
  };
  struct msip_admin_answer answer;
  char address[300], why[400];

  if (cli->admin)
    snprintf(address, sizeof address, "%s", cli->admin);
  else if (msip_admin_address_default(address, sizeof address, false, why,
                                      sizeof why))
    return fail(why);
  if (msip_admin_ask(&answer, address, request[cli->command].method,
                     request[cli->command].path, why, sizeof why))
    return fail(why);

  int status = print_answer(&answer);

  json_decref(answer.body);
  return status;
}

int mlua_print_settings(void)
{
  struct msip_settings settings;
  const struct msip_setting_info *info;
  char value[600];

  msip_settings_init(&settings);
  for (unsigned i = 0; (info = msip_setting_at(i)); i++) {
    msip_setting_value(&settings, i, value, sizeof value);
    printf("%-22s %-10s %s\n", info->name, *value ? value : "-", info->meaning);
  }
  return 0;
}
