/* message/msg.h -- one received message: bytes, an index of slices, and the
 * values every layer needs.
 *
 * A fresh message borrows the bytes it was parsed from and the index array of
 * its reader; msip_msg_keep makes a counted copy in one block, which is
 * immutable.  All msip_str fields point into `at`.
 */
#pragma once

#include "base/err.h"
#include "base/flow.h"
#include "base/pool.h"
#include "base/time.h"
#include "message/header.h"
#include "message/method.h"
#include "message/via.h"

enum { MSIP_MSG_HEADERS_MAX = 254 };

struct msip_header {
  uint32_t name_at;
  uint32_t value_at; /* trimmed; may hold folds (CRLF and LWS) */
  uint16_t name_len;
  uint16_t value_len;
  uint8_t id;   /* enum msip_header_id */
  uint8_t next; /* 1 + index of the next row with this id; 0: none */
};

/* Ceilings, from settings (DESIGN.md section 6). */
struct msip_msg_limits {
  uint32_t message;     /* bytes; more: 413 when the body alone is, else 513 */
  uint32_t header_line; /* bytes of one header with its folds; more: 400 */
  uint32_t uri;         /* bytes of the Request-URI; more: 414 */
  uint32_t headers;     /* rows, at most MSIP_MSG_HEADERS_MAX; more: 400 */
};

/* Which of them a message exceeds. */
enum msip_msg_excess {
  MSIP_EXCESS_NONE,
  MSIP_EXCESS_MESSAGE,
  MSIP_EXCESS_HEADER_LINE,
  MSIP_EXCESS_URI,
  MSIP_EXCESS_HEADERS,
};

struct msip_msg {
  const char *at;
  uint32_t len; /* bytes from the start line to the end of the body */
  uint32_t refs;
  struct msip_pool *pool; /* NULL while borrowed */
  struct msip_header *header;
  uint8_t header_count;
  bool folded;                      /* some value has a fold */
  uint8_t first[MSIP_HEADER_COUNT]; /* 1 + index of the first row; 0: none */

  enum msip_method method;     /* of a request, or of CSeq in a response */
  uint16_t status;             /* 0 in a request */
  struct msip_str method_text; /* as in the start line; empty in a response */
  struct msip_str ruri;        /* text of the Request-URI */
  struct msip_str reason;      /* reason phrase of a response */
  struct msip_str body;

  /* Decoded by msip_msg_parse; empty or 0 where the message lacks them. */
  struct msip_via via; /* the top one */
  struct msip_str call_id;
  struct msip_str from, to; /* whole values */
  struct msip_str from_tag, to_tag;
  struct msip_str cseq_method;
  uint32_t cseq;
  int16_t max_forwards; /* -1 when absent */

  /* What is wrong with it.  0: well formed.  Else the status to refuse a
   * request with (a response is dropped) and a reason phrase for it. */
  uint16_t fault_status;
  uint8_t excess; /* enum msip_msg_excess, when a limit is what is wrong */
  const char *fault_reason;

  struct msip_flow flow; /* set by the caller of msip_msg_parse */
  msip_time received_at; /* likewise */
};

/* Indexes the datagram `bytes`.  `rows` has room for limits->headers headers
 * and must live as long as the borrowed message.
 *
 * 0: a SIP message; look at fault_status before believing it.  It may be
 *    answered (as far as it has Via, From, To, Call-ID and CSeq).
 * MSIP_ESYNTAX: no SIP start line, a broken response, or nothing an answer
 *    could be built from; drop it.  `*fault` says why; `*m` is not to be used.
 *
 * One rule for line ends: CRLF or a bare LF end a line; a lone CR is malformed.
 * Bytes after Content-Length are cut off (RFC 3261 18.3). */
int msip_msg_parse(struct msip_msg *m, struct msip_header *rows,
                   struct msip_str bytes, const struct msip_msg_limits *limits,
                   struct msip_fault *fault);

/* A counted copy in one block; NULL when memory is out.  A message that is
 * kept already gains a reference. */
struct msip_msg *msip_msg_keep(struct msip_pool *pool,
                               const struct msip_msg *m);
struct msip_msg *msip_msg_hold(struct msip_msg *m);
/* NULL is fine; so is a borrowed message. */
void msip_msg_drop(struct msip_msg *m);

static inline bool msip_msg_is_request(const struct msip_msg *m)
{
  return m->status == 0;
}

static inline struct msip_str msip_msg_bytes(const struct msip_msg *m)
{
  return msip_str_of(m->at, m->len);
}

static inline struct msip_str msip_row_value(const struct msip_msg *m,
                                             const struct msip_header *row)
{
  return msip_str_of(m->at + row->value_at, row->value_len);
}

static inline struct msip_str msip_row_name(const struct msip_msg *m,
                                            const struct msip_header *row)
{
  return msip_str_of(m->at + row->name_at, row->name_len);
}

static inline bool msip_msg_has(const struct msip_msg *m,
                                enum msip_header_id id)
{
  return m->first[id] != 0;
}

/* The first row of a header, and the next of the same; NULL at the end. */
static inline const struct msip_header *msip_msg_row(const struct msip_msg *m,
                                                     enum msip_header_id id)
{
  return m->first[id] ? &m->header[m->first[id] - 1] : NULL;
}

static inline const struct msip_header *
msip_msg_next_row(const struct msip_msg *m, const struct msip_header *row)
{
  return row->next ? &m->header[row->next - 1] : NULL;
}

/* The whole value of the first row; empty when there is none. */
struct msip_str msip_msg_value(const struct msip_msg *m,
                               enum msip_header_id id);
/* First row with this name, compact forms and case folded; also names the
 * engine does not know.  Continue with msip_msg_next_named. */
const struct msip_header *msip_msg_named(const struct msip_msg *m,
                                         struct msip_str name);
const struct msip_header *msip_msg_next_named(const struct msip_msg *m,
                                              const struct msip_header *row);

/* Walks the single values of a list header over all its rows, split at commas
 * outside quotes, angle brackets and parentheses, trimmed, empty ones left out:
 *   struct msip_values v;
 *   for (msip_values_init(&v, m, MSIP_H_ROUTE); msip_values_next(&v, &value);)
 * A header of kind ROWS gives its rows whole. */
struct msip_values {
  const struct msip_msg *msg;
  const struct msip_header *row;
  struct msip_str rest;
};
void msip_values_init(struct msip_values *v, const struct msip_msg *m,
                      enum msip_header_id id);
bool msip_values_next(struct msip_values *v, struct msip_str *value);

/* Cuts the first value off the text of a comma list, by the same rules; the
 * value may be empty.  False when nothing is left. */
bool msip_value_cut(struct msip_str *rest, struct msip_str *value);

/* How many values there are. */
unsigned msip_msg_count(const struct msip_msg *m, enum msip_header_id id);

/* True when `token` is one of the values, case ignored (option tags). */
bool msip_msg_lists(const struct msip_msg *m, enum msip_header_id id,
                    struct msip_str token);

/* `value` with each fold (CRLF LWS) written as one space. */
void msip_unfold(struct msip_buf *buf, struct msip_str value);
