/* bindings/pattern.h -- Lua 5.4 patterns with a step budget.
 *
 * Backtracking can take seconds on 400 bytes and no hook interrupts a C
 * function; here every comparison costs a step, and a match that spends its
 * steps raises "pattern too complex" as one that nests too deep does.
 */
#pragma once

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MLUA_CAPTURES = 32 };

struct mlua_pattern {
  lua_State *L; /* errors are raised here */
  const char *subject, *subject_end;
  const char *pattern_end;
  uint64_t steps; /* left */
  int depth;      /* left */
  int level;      /* captures, finished or not */
  struct {
    const char *at;
    ptrdiff_t len; /* or one of the marks in pattern.c */
  } capture[MLUA_CAPTURES];
};

void mlua_pattern_init(struct mlua_pattern *m, lua_State *L,
                       const char *subject, size_t subject_len,
                       const char *pattern, size_t pattern_len);
/* Matches `pattern` (without its anchor) at `s`: the end of the match, or NULL.
 * Forgets the captures of the match before. */
__attribute__((nonnull)) const char *
mlua_pattern_match(struct mlua_pattern *m, const char *s, const char *pattern);
/* Pushes capture `i` of the match from..to; capture 0 of a pattern without
 * captures is the whole match. */
void mlua_pattern_push(struct mlua_pattern *m, int i, const char *from,
                       const char *to);
/* Pushes all captures, the whole match when there are none and `from` is not
 * NULL.  Returns how many. */
int mlua_pattern_push_all(struct mlua_pattern *m, const char *from,
                          const char *to);
