/* base/log.h -- where the engine says what it did.
 *
 * One call, one line.  Peers' text goes through msip_log_text, which escapes
 * it, so that nobody can forge a line.
 */
#pragma once

#include "base/str.h"

enum msip_level {
  MSIP_LOG_DEBUG,
  MSIP_LOG_INFO,
  MSIP_LOG_WARN,
  MSIP_LOG_ERROR,
};

struct msip_log {
  enum msip_level level; /* lines below it are not even formatted */
  /* `text` is one line without a line end; `call_id` may be empty. */
  void (*write)(void *arg, enum msip_level level, struct msip_str call_id,
                struct msip_str text);
  void *arg;
};

/* printf-like; texts over 1000 bytes are cut. */
void msip_log(const struct msip_log *log, enum msip_level level,
              struct msip_str call_id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* `s` with control bytes, quotes, backslashes and broken UTF-8 written as \xHH,
 * cut to fit, terminated.  Returns `out`. */
const char *msip_log_text(char *out, size_t room, struct msip_str s);
