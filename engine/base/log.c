#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void msip_log(const struct msip_log *log, enum msip_level level,
              struct msip_str call_id, const char *format, ...)
{
  char line[1024];
  va_list args;

  if (!log->write || level < log->level)
    return;
  va_start(args, format);
  int n = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (n < 0)
    return;

  size_t len = (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;

  log->write(log->arg, level, call_id, msip_str_of(line, len));
}

/* Length of the well-formed UTF-8 sequence at `s`, 0 when there is none. */
static size_t utf8_length(struct msip_str s)
{
  unsigned char c = (unsigned char)s.at[0];
  size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

  if (n == 0 || c > 0xf4 || s.len < n)
    return 0;
  for (size_t i = 1; i < n; i++)
    if (((unsigned char)s.at[i] & 0xc0) != 0x80)
      return 0;
  if (n > 2) {
    unsigned char d = (unsigned char)s.at[1];

    if ((c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f) ||
        (c == 0xf0 && d < 0x90) || (c == 0xf4 && d > 0x8f))
      return 0;
  }
  return n;
}

const char *msip_log_text(char *out, size_t room, struct msip_str s)
{
  static const char hex[] = "0123456789abcdef";
  size_t n = 0;

  while (s.len > 0 && n + 5 < room) {
    unsigned char c = (unsigned char)s.at[0];
    size_t step = utf8_length(s);

    if (step == 0 || c < 0x20 || c == 0x7f || c == '"' || c == '\\') {
      out[n++] = '\\';
      out[n++] = 'x';
      out[n++] = hex[c >> 4];
      out[n++] = hex[c & 15];
      step = 1;
    } else {
      memcpy(out + n, s.at, step);
      n += step;
    }
    s.at += step;
    s.len -= step;
  }
  out[n] = '\0';
  return out;
}
