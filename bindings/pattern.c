#include "pattern.h"

#include <ctype.h>
#include <string.h>

enum {
  OPEN = -1,     /* a capture whose ')' was not reached */
  POSITION = -2, /* "()" */
  DEEPEST = 200,
  STEPS = 1000000,
  STEPS_PER_BYTE = 32,
};

static const char *match(struct mlua_pattern *m, const char *s, const char *p);

void mlua_pattern_init(struct mlua_pattern *m, lua_State *L,
                       const char *subject, size_t subject_len,
                       const char *pattern, size_t pattern_len)
{
  m->L = L;
  m->subject = subject;
  m->subject_end = subject + subject_len;
  m->pattern_end = pattern + pattern_len;
  m->steps = STEPS + (uint64_t)subject_len * STEPS_PER_BYTE;
  m->depth = DEEPEST;
  m->level = 0;
}

static void spend(struct mlua_pattern *m)
{
  if (m->steps == 0)
    luaL_error(m->L, "pattern too complex");
  m->steps--;
}

/* Past the item that begins at `p`: "a", "%a", ".", "[...]". */
static const char *item_end(struct mlua_pattern *m, const char *p)
{
  char first = *p++;

  if (first == '%') {
    if (p == m->pattern_end)
      luaL_error(m->L, "malformed pattern (ends with '%%')");
    return p + 1;
  }
  if (first != '[')
    return p;
  if (p < m->pattern_end && *p == '^')
    p++;
  do { /* a ']' that comes first is a member */
    if (p >= m->pattern_end)
      luaL_error(m->L, "malformed pattern (missing ']')");
    if (*p++ == '%')
      p++;
  } while (p >= m->pattern_end || *p != ']');
  return p + 1;
}

static bool in_class(int c, int letter)
{
  int is;

  switch (tolower(letter)) {
  case 'a':
    is = isalpha(c);
    break;
  case 'c':
    is = iscntrl(c);
    break;
  case 'd':
    is = isdigit(c);
    break;
  case 'g':
    is = isgraph(c);
    break;
  case 'l':
    is = islower(c);
    break;
  case 'p':
    is = ispunct(c);
    break;
  case 's':
    is = isspace(c);
    break;
  case 'u':
    is = isupper(c);
    break;
  case 'w':
    is = isalnum(c);
    break;
  case 'x':
    is = isxdigit(c);
    break;
  case 'z': /* of Lua 5.1, still there */
    is = c == 0;
    break;
  default:
    return letter == c;
  }
  return isupper(letter) ? !is : is != 0;
}

/* `p` is at '[', `last` at its ']'. */
static bool in_set(struct mlua_pattern *m, int c, const char *p,
                   const char *last)
{
  bool found = true;

  p++;
  if (*p == '^') {
    found = false;
    p++;
  }
  for (; p < last; p++) {
    spend(m);
    if (*p == '%') {
      p++;
      if (in_class(c, (unsigned char)*p))
        return found;
    } else if (p[1] == '-' && p + 2 < last) {
      if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2])
        return found;
      p += 2;
    } else if ((unsigned char)*p == c) {
      return found;
    }
  }
  return !found;
}

/* The item p..end matches the byte at `s`. */
static bool is_one(struct mlua_pattern *m, const char *s, const char *p,
                   const char *end)
{
  spend(m);
  if (s >= m->subject_end)
    return false;
  int c = (unsigned char)*s;
  switch (*p) {
  case '.':
    return true;
  case '%':
    return in_class(c, (unsigned char)p[1]);
  case '[':
    return in_set(m, c, p, end - 1);
  default:
    return (unsigned char)*p == c;
  }
}

static const char *match_balanced(struct mlua_pattern *m, const char *s,
                                  const char *p)
{
  int open = 1;

  if (p + 1 >= m->pattern_end)
    luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
  if (s >= m->subject_end || *s != p[0])
    return NULL;
  while (++s < m->subject_end) {
    spend(m);
    if (*s == p[1]) {
      if (--open == 0)
        return s + 1;
    } else if (*s == p[0]) {
      open++;
    }
  }
  return NULL;
}

/* `p` is past "%f". */
static const char *match_frontier(struct mlua_pattern *m, const char *s,
                                  const char *p)
{
  if (p >= m->pattern_end || *p != '[')
    luaL_error(m->L, "missing '[' after '%%f' in pattern");
  const char *end = item_end(m, p);
  int before = s == m->subject ? 0 : (unsigned char)s[-1];
  int here = s < m->subject_end ? (unsigned char)*s : 0;

  if (in_set(m, before, p, end - 1) || !in_set(m, here, p, end - 1))
    return NULL;
  return match(m, s, end);
}

/* As many as there are, then fewer. */
static const char *match_most(struct mlua_pattern *m, const char *s,
                              const char *p, const char *end)
{
  ptrdiff_t count = 0;

  while (is_one(m, s + count, p, end))
    count++;
  for (; count >= 0; count--) {
    const char *done = match(m, s + count, end + 1);
    if (done)
      return done;
  }
  return NULL;
}

/* As few as will do. */
static const char *match_least(struct mlua_pattern *m, const char *s,
                               const char *p, const char *end)
{
  for (;; s++) {
    const char *done = match(m, s, end + 1);
    if (done)
      return done;
    if (!is_one(m, s, p, end))
      return NULL;
  }
}

static const char *capture_begin(struct mlua_pattern *m, const char *s,
                                 const char *p, ptrdiff_t mark)
{
  if (m->level >= MLUA_CAPTURES)
    luaL_error(m->L, "too many captures");
  m->capture[m->level].at = s;
  m->capture[m->level].len = mark;
  m->level++;
  const char *done = match(m, s, p);
  if (!done)
    m->level--;
  return done;
}

static const char *capture_finish(struct mlua_pattern *m, const char *s,
                                  const char *p)
{
  int i = m->level - 1;

  while (i >= 0 && m->capture[i].len != OPEN)
    i--;
  if (i < 0)
    luaL_error(m->L, "invalid pattern capture");
  m->capture[i].len = s - m->capture[i].at;
  const char *done = match(m, s, p);
  if (!done)
    m->capture[i].len = OPEN;
  return done;
}

/* "%1": the text of a finished capture again. */
static const char *match_again(struct mlua_pattern *m, const char *s, int digit)
{
  int i = digit - '1';

  if (i < 0 || i >= m->level || m->capture[i].len == OPEN)
    luaL_error(m->L, "invalid capture index %%%d", i + 1);
  size_t len = (size_t)m->capture[i].len;
  spend(m);
  if ((size_t)(m->subject_end - s) < len ||
      memcmp(m->capture[i].at, s, len) != 0)
    return NULL;
  return s + len;
}

/* One item with its suffix.  Returns true when the match goes on behind it,
 * with `*s` and `*p` moved; else `*done` is the result. */
static bool match_item(struct mlua_pattern *m, const char **s, const char **p,
                       const char **done)
{
  const char *end = item_end(m, *p);
  char suffix = end < m->pattern_end ? *end : '\0';

  switch (suffix) {
  case '*':
    *done = match_most(m, *s, *p, end);
    return false;
  case '+':
    *done = is_one(m, *s, *p, end) ? match_most(m, *s + 1, *p, end) : NULL;
    return false;
  case '-':
    *done = match_least(m, *s, *p, end);
    return false;
  case '?':
    *done = NULL;
    if (is_one(m, *s, *p, end) && (*done = match(m, *s + 1, end + 1)))
      return false;
    *p = end + 1;
    return true;
  default:
    *done = NULL;
    if (!is_one(m, *s, *p, end))
      return false;
    *p = end;
    ++*s;
    return true;
  }
}

/* What a '%' may begin beside a class.  As match_item. */
static bool match_special(struct mlua_pattern *m, const char **s,
                          const char **p, const char **done)
{
  const char *next = *p + 1;

  if (next < m->pattern_end && *next == 'f') {
    *done = match_frontier(m, *s, next + 1);
    return false;
  }
  if (next < m->pattern_end &&
      (*next == 'b' || isdigit((unsigned char)*next))) {
    bool balanced = *next == 'b';
    const char *after =
        balanced ? match_balanced(m, *s, next + 1) : match_again(m, *s, *next);
    *done = NULL;
    if (!after)
      return false;
    *s = after;
    *p = next + (balanced ? 3 : 1);
    return true;
  }
  return match_item(m, s, p, done);
}

/* The construct at `*p`.  As match_item. */
static bool match_next(struct mlua_pattern *m, const char **s, const char **p,
                       const char **done)
{
  switch (**p) {
  case '(':
    if (*p + 1 < m->pattern_end && (*p)[1] == ')')
      *done = capture_begin(m, *s, *p + 2, POSITION);
    else
      *done = capture_begin(m, *s, *p + 1, OPEN);
    return false;
  case ')':
    *done = capture_finish(m, *s, *p + 1);
    return false;
  case '$':
    if (*p + 1 != m->pattern_end)
      return match_item(m, s, p, done);
    *done = *s == m->subject_end ? *s : NULL;
    return false;
  case '%':
    return match_special(m, s, p, done);
  default:
    return match_item(m, s, p, done);
  }
}

static const char *match(struct mlua_pattern *m, const char *s, const char *p)
{
  const char *done = NULL;

  if (m->depth-- == 0)
    luaL_error(m->L, "pattern too complex");
  spend(m);
  for (;;) {
    if (p == m->pattern_end) {
      done = s;
      break;
    }
    if (!match_next(m, &s, &p, &done))
      break;
  }
  m->depth++;
  return done;
}

const char *mlua_pattern_match(struct mlua_pattern *m, const char *s,
                               const char *pattern)
{
  m->level = 0;
  m->depth = DEEPEST;
  return match(m, s, pattern);
}

void mlua_pattern_push(struct mlua_pattern *m, int i, const char *from,
                       const char *to)
{
  if (i >= m->level) {
    if (i != 0)
      luaL_error(m->L, "invalid capture index %%%d", i + 1);
    lua_pushlstring(m->L, from, (size_t)(to - from));
    return;
  }
  ptrdiff_t len = m->capture[i].len;
  if (len == OPEN)
    luaL_error(m->L, "unfinished capture");
  if (len == POSITION)
    lua_pushinteger(m->L, m->capture[i].at - m->subject + 1);
  else
    lua_pushlstring(m->L, m->capture[i].at, (size_t)len);
}

int mlua_pattern_push_all(struct mlua_pattern *m, const char *from,
                          const char *to)
{
  int count = m->level == 0 && from ? 1 : m->level;

  luaL_checkstack(m->L, count, "too many captures");
  for (int i = 0; i < count; i++)
    mlua_pattern_push(m, i, from, to);
  return count;
}
