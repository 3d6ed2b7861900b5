#include "ua/settings.h"

#include <stddef.h>
#include <stdlib.h>

#include "ua/settings_row.h"

#define NUMBER_MS(def)     def, NULL
#define NUMBER_SEC(def)    def, NULL
#define NUMBER_INT(def)    def, NULL
#define NUMBER_BOOL(def)   def, NULL
#define NUMBER_REL100(def) def, NULL
#define NUMBER_TEXT(def)   0, def

const struct msip_setting_row msip_setting_rows[] = {
#define X(field, name, type, def, lo, hi, meaning)                             \
  {{name, meaning, MSIP_SETTING_##type},                                       \
   offsetof(struct msip_settings, field),                                      \
   lo,                                                                         \
   hi,                                                                         \
   NUMBER_##type(def)},
    MSIP_SETTING_MAP(X)
#undef X
};

const unsigned msip_setting_count =
    sizeof msip_setting_rows / sizeof *msip_setting_rows;

const char *const msip_rel100_names[3] = {
    [MSIP_REL100_NO] = "no",
    [MSIP_REL100_SUPPORTED] = "supported",
    [MSIP_REL100_REQUIRED] = "required",
};

void msip_settings_init(struct msip_settings *settings)
{
  for (unsigned i = 0; i < msip_setting_count; i++) {
    const struct msip_setting_row *row = &msip_setting_rows[i];

    if (row->info.type == MSIP_SETTING_TEXT)
      *msip_setting_text(settings, row) = row->text;
    else
      *msip_setting_number(settings, row) = row->number;
  }
}

/* A text that is not the literal of the list was allocated. */
static bool is_owned(struct msip_settings *settings,
                     const struct msip_setting_row *row)
{
  return row->info.type == MSIP_SETTING_TEXT &&
         *msip_setting_text(settings, row) != row->text;
}

void msip_settings_fini(struct msip_settings *settings)
{
  for (unsigned i = 0; i < msip_setting_count; i++) {
    const struct msip_setting_row *row = &msip_setting_rows[i];

    if (is_owned(settings, row)) {
      free((void *)(uintptr_t)*msip_setting_text(settings, row));
      *msip_setting_text(settings, row) = row->text;
    }
  }
}

int msip_settings_copy(struct msip_settings *to,
                       const struct msip_settings *from)
{
  struct msip_settings copy = *from;

  for (unsigned i = 0; i < msip_setting_count; i++) {
    const struct msip_setting_row *row = &msip_setting_rows[i];

    if (!is_owned(&copy, row))
      continue;

    const char **text = msip_setting_text(&copy, row);

    *text = strdup(*text);
    if (*text)
      continue;
    for (; i < msip_setting_count; i++) /* what is not copied is not ours */
      if (msip_setting_rows[i].info.type == MSIP_SETTING_TEXT)
        *msip_setting_text(&copy, &msip_setting_rows[i]) =
            msip_setting_rows[i].text;
    msip_settings_fini(&copy);
    return MSIP_ENOMEM;
  }
  *to = copy;
  return 0;
}

const struct msip_setting_info *msip_setting_at(unsigned i)
{
  return i < msip_setting_count ? &msip_setting_rows[i].info : NULL;
}

const char *msip_setting_value(const struct msip_settings *settings, unsigned i,
                               char *out, size_t room)
{
  struct msip_settings copy = *settings;
  const struct msip_setting_row *row = &msip_setting_rows[i];
  struct msip_line line = {out, room, 0};
  uint32_t n = row->info.type == MSIP_SETTING_TEXT
                   ? 0
                   : *msip_setting_number(&copy, row);

  msip_line_add(&line, "");
  switch (row->info.type) {
  case MSIP_SETTING_MS:
    msip_line_seconds(&line, n);
    break;
  case MSIP_SETTING_SEC:
  case MSIP_SETTING_INT:
    msip_line_u32(&line, n);
    break;
  case MSIP_SETTING_BOOL:
    msip_line_add(&line, n ? "yes" : "no");
    break;
  case MSIP_SETTING_REL100:
    msip_line_add(&line, msip_rel100_names[n]);
    break;
  case MSIP_SETTING_TEXT:
    if (row->offset == offsetof(struct msip_settings, proxy_secret) &&
        *settings->proxy_secret)
      msip_line_add(&line, "(set)");
    else
      msip_line_add(&line, *msip_setting_text(&copy, row));
    break;
  }
  return out;
}
