/* ua/limit.h -- what happens when a limit is reached: a counter counts each
 * time, and the log has one line, then at most one a minute for each limit.
 *
 * X(name, "setting", counter)
 */
#pragma once

#include "base/str.h"
#include "message/msg.h"

#define MSIP_LIMIT_MAP(X)                                                      \
  X(MESSAGE, "limits.message", refused_message)                                \
  X(HEADER_LINE, "limits.header_line", refused_header_line)                    \
  X(URI, "limits.uri", refused_uri)                                            \
  X(HEADERS, "limits.headers", refused_headers)                                \
  X(TRANSACTIONS, "limits.transactions", refused_transactions)                 \
  X(DIALOGS, "limits.dialogs", refused_dialogs)                                \
  X(FORKS, "limits.forks", refused_forks)                                      \
  X(RATE, "limits.source_rate", refused_rate)                                  \
  X(TASKS, "limits.tasks", refused_tasks)

enum msip_limit {
#define X(name, setting, counter) MSIP_LIMIT_##name,
  MSIP_LIMIT_MAP(X)
#undef X
      MSIP_LIMIT_COUNT
};

struct msip_ua;

/* The request `m` is refused with `status` because of this limit; or `m` is a
 * response with this status, and what it would make is not made. */
void msip_limit_reached(struct msip_ua *ua, enum msip_limit limit,
                        const struct msip_msg *m, unsigned status);
