/* base/err.h -- every way an operation can fail.
 *
 * Functions that can fail return 0 or one of these.  A code names what the
 * caller may do about it, not which line noticed: a new code is justified only
 * when some caller would act differently on it.  The names reach Lua as
 * err.code.
 */
#pragma once

#define MSIP_ERR_MAP(X)                                                        \
  X(NOMEM, 1, "out of memory")                                                 \
  X(SYNTAX, 2, "malformed text")                                               \
  X(TOOBIG, 3, "limit exceeded")                                               \
  X(STATE, 4, "not possible in this state")                                    \
  X(GONE, 5, "the call is over")                                               \
  X(PENDING, 6, "another request is in progress")                              \
  X(COMMITTED, 7, "a change of this request is already in use")                \
  X(INVALID, 8, "invalid argument")                                            \
  X(OFFER, 9, "offer or answer missing or out of turn")                        \
  X(UNSUPPORTED, 10, "the peer does not support this")                         \
  X(TRANSPORT, 11, "could not send")                                           \
  X(TIMEOUT, 12, "no answer in time")                                          \
  X(SCRIPT, 13, "script error")                                                \
  X(CANCELLED, 14, "cancelled by the peer")                                    \
  X(SYSTEM, 15, "the operating system refused")

enum msip_err {
#define X(name, value, text) MSIP_E##name = -(value),
  MSIP_ERR_MAP(X)
#undef X
};

/* "ESTATE" for MSIP_ESTATE: the stable name scripts may compare with.
 * "EUNKNOWN" for a number that is no code. */
const char *msip_err_name(int err);
/* One lowercase clause, for people.  Never compare it. */
const char *msip_err_text(int err);

/* Where a parser gave up, and what it wanted there. */
struct msip_fault {
  const char *what; /* static text, "host expected" */
  unsigned at;      /* byte offset in the text that was parsed */
};
