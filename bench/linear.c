/* bench/linear.c -- reading must cost the same per byte, whatever the bytes.
 *
 * Each construct that tempts a reader to look back is repeated until a message
 * has 4 KiB, then 64 KiB.  The exponent is log(time ratio) / log(size ratio): 1
 * is linear, 2 is an attack.  Per construct the slowest header field is shown.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "message/msg.h"

enum { SMALL = 4096, LARGE = 65536, ROUNDS = 9, BYTES_PER_ROUND = 1 << 21 };

static const double GOAL = 1.1;

static const struct construct {
  const char *name, *piece;
  size_t len;
} constructs[] = {
#define PIECE(name, text)                                                      \
  {                                                                            \
    name, text, sizeof(text) - 1                                               \
  }
    PIECE("commas", ","),
    PIECE("quotes", "\""),
    PIECE("quoted pairs", "\"\\\""),
    PIECE("backslashes", "\\"),
    PIECE("escaped nuls", "\\\0"),
    PIECE("angle brackets", "<"),
    PIECE("comments", "("),
    PIECE("folds", "\r\n "),
    PIECE("blanks", " "),
    PIECE("tabs", "\t"),
    PIECE("semicolons", ";"),
    PIECE("parameters", ";a=b"),
    PIECE("equal signs", "="),
    PIECE("addresses", "<sip:a@h>,"),
    PIECE("escapes", "%41"),
    PIECE("at signs", "@"),
    PIECE("colons", ":"),
    PIECE("brackets", "["),
    PIECE("UTF-8", "\xd1\x82"),
#undef PIECE
};

static const char *const fields[] = {
    "To", "Contact", "Via", "Route", "Subject", "Require",
};

enum {
  CONSTRUCTS = sizeof constructs / sizeof *constructs,
  FIELDS = sizeof fields / sizeof *fields,
};

static const char head[] =
    "OPTIONS sip:bob@example.org SIP/2.0\r\n"
    "Via: SIP/2.0/UDP pc33.example.com:5070;branch=z9hG4bK776asdhds;rport\r\n"
    "Max-Forwards: 70\r\n"
    "From: Alice <sip:alice@example.com>;tag=1928301774\r\n"
    "To: Bob <sip:bob@example.org>\r\n"
    "Call-ID: a84b4c76e66710@pc33.example.com\r\n"
    "CSeq: 314159 OPTIONS\r\n";

/* The mandatory header `field` is replaced, others are added. */
static size_t begin(char *out, const char *field)
{
  size_t len = 0, name_len = strlen(field);

  for (const char *line = head; *line;) {
    size_t line_len = (size_t)(strchr(line, '\n') + 1 - line);

    if (strncmp(line, field, name_len) != 0 || line[name_len] != ':') {
      memcpy(out + len, line, line_len);
      len += line_len;
    }
    line += line_len;
  }
  return len + (size_t)sprintf(out + len, "%s: a", field);
}

static size_t compose(char *out, size_t size, const char *field,
                      const struct construct *c)
{
  static const char tail[] = "a\r\n\r\n";
  size_t len = begin(out, field);

  for (; len + c->len + sizeof tail - 1 <= size; len += c->len)
    memcpy(out + len, c->piece, c->len);
  memcpy(out + len, tail, sizeof tail - 1);
  return len + sizeof tail - 1;
}

static double now_ns(void)
{
  struct timespec t;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Of several rounds the quickest, so that other programs do not count. */
static double read_ns(struct msip_str bytes)
{
  static const struct msip_msg_limits limits = {LARGE, LARGE, 1024, 254};
  static struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  int times = (int)(BYTES_PER_ROUND / bytes.len);
  double best = HUGE_VAL;
  struct msip_msg m;
  struct msip_fault fault;

  for (int round = 0; round < ROUNDS; round++) {
    double began = now_ns();

    for (int i = 0; i < times; i++)
      (void)msip_msg_parse(&m, rows, bytes, &limits, &fault);
    best = fmin(best, (now_ns() - began) / times);
  }
  return best;
}

/* True when the goal is kept. */
static bool measure(const struct construct *c)
{
  static char bytes[LARGE];
  const char *slowest = NULL;
  double small = 0, large = 0, exponent;

  for (size_t i = 0; i < FIELDS; i++) {
    double took =
        read_ns(msip_str_of(bytes, compose(bytes, LARGE, fields[i], c)));

    if (took > large) {
      large = took;
      slowest = fields[i];
    }
  }
  small = read_ns(msip_str_of(bytes, compose(bytes, SMALL, slowest, c)));
  exponent = log(large / small) / log((double)LARGE / SMALL);
  printf("%-15s %-8s %10.1f %10.1f %9.2f%s\n", c->name, slowest, small / 1e3,
         large / 1e3, exponent, exponent > GOAL ? "  not linear" : "");
  return exponent <= GOAL;
}

int main(void)
{
  bool kept = true;

  printf("%-15s %-8s %10s %10s %9s\n", "repeated", "in", "4 KiB us",
         "64 KiB us", "exponent");
  for (size_t i = 0; i < CONSTRUCTS; i++)
    kept = measure(&constructs[i]) && kept;
  printf("goal: an exponent of at most %.1f\n", GOAL);
  return kept ? EXIT_SUCCESS : EXIT_FAILURE;
}
