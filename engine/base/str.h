/* base/str.h -- borrowed text.
 *
 * A msip_str points into bytes that somebody else keeps alive: a received
 * message, a Lua string on the stack, a literal.  It carries no terminator, so
 * it cannot be handed to libc by mistake.  The empty text is MSIP_STR(""),
 * never NULL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct msip_str {
  const char *at;
  size_t len;
};

/* Wraps a string literal; anything else fails to compile. */
#define MSIP_STR(lit) ((struct msip_str){"" lit, sizeof(lit) - 1})

/* The same for static initialisers, where a compound literal may not stand. */
#define MSIP_STR_INIT(lit)                                                     \
  {                                                                            \
    "" lit, sizeof(lit) - 1                                                    \
  }

static inline struct msip_str msip_str_of(const char *at, size_t len)
{
  return (struct msip_str){at, len};
}

/* Wraps a NUL-terminated text; NULL gives the empty text. */
static inline struct msip_str msip_str_c(const char *text)
{
  return text ? (struct msip_str){text, strlen(text)} : MSIP_STR("");
}

/* The bytes from `from` up to but not including `to`. */
static inline struct msip_str msip_str_span(const char *from, const char *to)
{
  return (struct msip_str){from, (size_t)(to - from)};
}

/* Same bytes.  For methods, tags, branches, user parts. */
static inline bool msip_str_eq(struct msip_str a, struct msip_str b)
{
  return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline char msip_lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline bool msip_is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static inline bool msip_is_lws(char c)
{
  /* Most bytes are above all four: one comparison. */
  return (unsigned char)c <= ' ' &&
         (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/* Same bytes but for ASCII case.  For header and parameter names, schemes and
 * host names, which RFC 3261 sections 7.3.1 and 19.1.4 compare that way. */
bool msip_bytes_ieq(const char *a, const char *b, size_t len);
static inline bool msip_str_ieq(struct msip_str a, struct msip_str b)
{
  return a.len == b.len && msip_bytes_ieq(a.at, b.at, a.len);
}

/* True when `s` begins with `head` (ASCII case ignored in `istarts`). */
bool msip_str_starts(struct msip_str s, struct msip_str head);
bool msip_str_istarts(struct msip_str s, struct msip_str head);

/* `s` without leading and trailing SP, HT, CR and LF. */
struct msip_str msip_str_trim(struct msip_str s);

/* Offset of the first `c` in `s`, or s.len when there is none. */
size_t msip_str_find(struct msip_str s, char c);

/* Cuts the next piece off `*rest` at `sep` and trims it: "a, b" gives "a" and
 * leaves " b".  Knows no quoting.  False when nothing is left. */
bool msip_str_cut(struct msip_str *rest, char sep, struct msip_str *piece);

/* Reads all of `s` as a decimal number.  An empty text, a sign, a stray byte or
 * a value above `max` is MSIP_ESYNTAX, and then `*out` keeps its value. */
int msip_str_u32(struct msip_str s, uint32_t max, uint32_t *out);

/* RFC 3261 section 25.1: a byte of a token. */
extern const unsigned char msip_token_table[256];
static inline bool msip_is_token(char c)
{
  return msip_token_table[(unsigned char)c] != 0;
}
/* Not empty and nothing but token bytes. */
bool msip_str_is_token(struct msip_str s);
/* Holds no CR, LF or NUL: may be written into a header value. */
bool msip_str_is_line(struct msip_str s);
