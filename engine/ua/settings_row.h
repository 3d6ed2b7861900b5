/* ua/settings_row.h -- the list of settings as a table, for the two files that
 * read, write and print them by name. */
#pragma once

#include "ua/settings.h"

struct msip_setting_row {
  struct msip_setting_info info; /* first: msip_setting_at hands it out */
  uint16_t offset;               /* in struct msip_settings */
  uint32_t lowest, highest;
  uint32_t number;  /* default of all types but TEXT */
  const char *text; /* default of a TEXT */
};

extern const struct msip_setting_row msip_setting_rows[];
extern const unsigned msip_setting_count;

/* "no", "supported", "required". */
extern const char *const msip_rel100_names[3];

/* Both find the field of `row` in `settings`. */
static inline uint32_t *msip_setting_number(struct msip_settings *settings,
                                            const struct msip_setting_row *row)
{
  return (uint32_t *)(void *)((char *)settings + row->offset);
}

static inline const char **msip_setting_text(struct msip_settings *settings,
                                             const struct msip_setting_row *row)
{
  return (const char **)(void *)((char *)settings + row->offset);
}

/* Text cut to fit `room`, always terminated. */
struct msip_line {
  char *at;
  size_t room, len;
};

void msip_line_add(struct msip_line *line, const char *text);
void msip_line_str(struct msip_line *line, struct msip_str s);
void msip_line_u32(struct msip_line *line, uint32_t n);
/* Milliseconds in seconds: "0.5". */
void msip_line_seconds(struct msip_line *line, uint32_t ms);
