#include "ua/settings_row.h"

#include <stdlib.h>

#include "base/nearest.h"
#include "uri/uri.h"

void msip_line_str(struct msip_line *line, struct msip_str s)
{
  size_t left = line->room ? line->room - 1 - line->len : 0;
  size_t n = s.len < left ? s.len : left;

  memcpy(line->at + line->len, s.at, n);
  line->len += n;
  if (line->room)
    line->at[line->len] = '\0';
}

void msip_line_add(struct msip_line *line, const char *text)
{
  msip_line_str(line, msip_str_c(text));
}

void msip_line_u32(struct msip_line *line, uint32_t n)
{
  char digits[10];
  size_t at = sizeof digits;

  do
    digits[--at] = (char)('0' + n % 10);
  while (n /= 10);
  msip_line_str(line, msip_str_of(digits + at, sizeof digits - at));
}

void msip_line_seconds(struct msip_line *line, uint32_t ms)
{
  char rest[3] = {(char)('0' + ms / 100 % 10), (char)('0' + ms / 10 % 10),
                  (char)('0' + ms % 10)};
  size_t len = rest[2] != '0' ? 3 : rest[1] != '0' ? 2 : rest[0] != '0';

  msip_line_u32(line, ms / 1000);
  if (len > 0) {
    msip_line_add(line, ".");
    msip_line_str(line, msip_str_of(rest, len));
  }
}

/* Unsigned decimal with up to three digits after the point that count. */
static bool read_thousandths(struct msip_str s, uint64_t *out)
{
  size_t point = msip_str_find(s, '.');
  uint32_t whole;
  uint32_t parts = 0, unit = 100;

  if (msip_str_u32(msip_str_of(s.at, point), 1000000000, &whole))
    return false;
  for (size_t i = point + 1; i < s.len; i++) {
    if (!msip_is_digit(s.at[i]))
      return false;
    parts += unit * (uint32_t)(s.at[i] - '0');
    unit /= 10;
  }
  *out = (uint64_t)whole * 1000 + parts;
  return point + 1 != s.len;
}

static bool read_choice(struct msip_str s, const char *const *words,
                        unsigned count, uint32_t *out)
{
  for (uint32_t i = 0; i < count; i++) {
    if (msip_str_ieq(s, msip_str_c(words[i]))) {
      *out = i;
      return true;
    }
  }
  return false;
}

/* The number that `value` means to `row`, before its bounds are looked at. */
static bool read_number(const struct msip_setting_row *row,
                        struct msip_str value, uint64_t *out)
{
  static const char *const words[] = {"no",    "yes",  "off", "on",
                                      "false", "true", "0",   "1"};
  uint32_t choice = 0;

  switch (row->info.type) {
  case MSIP_SETTING_MS:
    return read_thousandths(value, out);
  case MSIP_SETTING_SEC:
  case MSIP_SETTING_INT:
    if (!read_thousandths(value, out) || *out % 1000)
      return false;
    *out /= 1000;
    return true;
  case MSIP_SETTING_BOOL:
    if (!read_choice(value, words, 8, &choice))
      return false;
    *out = choice % 2;
    return true;
  case MSIP_SETTING_REL100:
    if (!read_choice(value, msip_rel100_names, 3, &choice))
      return false;
    *out = choice;
    return true;
  case MSIP_SETTING_TEXT:
    break;
  }
  return false;
}

static void say_bounds(const struct msip_setting_row *row,
                       struct msip_line *why)
{
  msip_line_add(why, row->info.name);
  switch (row->info.type) {
  case MSIP_SETTING_MS:
    msip_line_add(why, " must be a number of seconds from ");
    msip_line_seconds(why, row->lowest);
    msip_line_add(why, " to ");
    msip_line_seconds(why, row->highest);
    break;
  case MSIP_SETTING_SEC:
  case MSIP_SETTING_INT:
    msip_line_add(why, row->info.type == MSIP_SETTING_SEC
                           ? " must be a whole number of seconds from "
                           : " must be a whole number from ");
    msip_line_u32(why, row->lowest);
    msip_line_add(why, " to ");
    msip_line_u32(why, row->highest);
    break;
  case MSIP_SETTING_BOOL:
    msip_line_add(why, " must be yes or no");
    break;
  case MSIP_SETTING_REL100:
    msip_line_add(why, " must be no, supported or required");
    break;
  case MSIP_SETTING_TEXT:
    msip_line_add(why, row->offset == offsetof(struct msip_settings, contact)
                           ? " must be a URI of at most "
                           : " must be one line of at most ");
    msip_line_u32(why, row->highest);
    msip_line_add(why, " bytes");
    break;
  }
}

static void say_unknown(struct msip_str name, struct msip_line *why)
{
  const char *names[sizeof(struct msip_settings) / sizeof(uint32_t)];

  for (unsigned i = 0; i < msip_setting_count; i++)
    names[i] = msip_setting_rows[i].info.name;

  const char *meant = msip_nearest(name, names, msip_setting_count);

  msip_line_add(why, "no setting is called \"");
  msip_line_str(why, name);
  msip_line_add(why, "\"");
  if (meant) {
    msip_line_add(why, "; did you mean \"");
    msip_line_add(why, meant);
    msip_line_add(why, "\"?");
  }
}

static const struct msip_setting_row *row_of(struct msip_str name)
{
  for (unsigned i = 0; i < msip_setting_count; i++)
    if (msip_str_eq(name, msip_str_c(msip_setting_rows[i].info.name)))
      return &msip_setting_rows[i];
  return NULL;
}

/* The text is written between the angle brackets of a Contact. */
static bool is_text(const struct msip_setting_row *row, struct msip_str value)
{
  bool contact = row->offset == offsetof(struct msip_settings, contact);
  struct msip_uri uri;

  if (value.len < row->lowest || value.len > row->highest ||
      !msip_str_is_line(value))
    return false;
  return !contact || value.len == 0 || msip_uri_parse(&uri, value, NULL) == 0;
}

static int set_text(struct msip_settings *settings,
                    const struct msip_setting_row *row, struct msip_str value)
{
  const char **text = msip_setting_text(settings, row);

  if (!is_text(row, value))
    return MSIP_EINVALID;

  char *copy = strndup(value.at, value.len);

  if (!copy)
    return MSIP_ENOMEM;
  if (*text != row->text)
    free((void *)(uintptr_t)*text);
  *text = copy;
  return 0;
}

static int set_number(struct msip_settings *settings,
                      const struct msip_setting_row *row, struct msip_str value)
{
  uint64_t n;

  if (!read_number(row, value, &n) || n < row->lowest || n > row->highest)
    return MSIP_EINVALID;
  *msip_setting_number(settings, row) = (uint32_t)n;
  return 0;
}

int msip_settings_set(struct msip_settings *settings, struct msip_str name,
                      struct msip_str value, char *why, size_t room)
{
  const struct msip_setting_row *row = row_of(name);
  struct msip_line line = {why, room, 0};

  if (!row) {
    say_unknown(name, &line);
    return MSIP_EINVALID;
  }

  int err = row->info.type == MSIP_SETTING_TEXT
                ? set_text(settings, row, value)
                : set_number(settings, row, value);

  if (err == MSIP_EINVALID)
    say_bounds(row, &line);
  else if (err)
    msip_line_add(&line, msip_err_text(err));
  return err;
}
