/* sdp/sdp.h -- a session description as a tree of borrowed text (RFC 8866).
 *
 * The tree is the list of lines as they came, with what offers and answers need
 * marked in it; so lines nobody here understands survive.  All text points into
 * what was parsed, and the tree is never changed: an edit writes a new text.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Above these a description is refused with MSIP_ETOOBIG. */
enum {
  MSIP_SDP_TEXT_MAX = 65536,
  MSIP_SDP_LINE_MAX = 4096,
  MSIP_SDP_LINES_MAX = 2048, /* attributes included */
  MSIP_SDP_MEDIA_MAX = 256,
};

/* Two bits, so that RFC 3264 6.1's table is one AND. */
enum msip_direction {
  MSIP_INACTIVE = 0,
  MSIP_SENDONLY = 1,
  MSIP_RECVONLY = 2,
  MSIP_SENDRECV = 3,
  MSIP_DIRECTION_UNSAID = 4,
};

enum msip_sdp_kind {
  MSIP_SDP_OTHER,
  MSIP_SDP_RTPMAP, /* well-formed; `payload` is set */
  MSIP_SDP_FMTP,   /* the same */
  MSIP_SDP_DIRECTION,
};

struct msip_sdp_line {
  struct msip_str value; /* behind "x=", without the line end */
  char type;
  uint8_t kind; /* enum msip_sdp_kind */
  uint8_t payload;
};

/* A set of RTP payload types, 0 to 127. */
struct msip_payloads {
  uint64_t bits[2];
};

struct msip_sdp_media {
  struct msip_str type;  /* "audio" */
  struct msip_str proto; /* "RTP/AVP" */
  struct msip_str formats;
  struct msip_str connection;  /* its own first c=, or empty */
  struct msip_str address;     /* in it */
  struct msip_payloads mapped; /* payload types with an rtpmap */
  uint32_t first, end;         /* its lines, from the m= line on */
  uint16_t port;               /* 0: refused or removed */
  uint16_t port_count;         /* 1 unless "port/count" */
  uint8_t direction;           /* as written here, or MSIP_DIRECTION_UNSAID */
};

struct msip_sdp {
  struct msip_pool *pool;
  struct msip_sdp_line *lines;
  struct msip_sdp_media *media;
  uint32_t line_count, line_room;
  uint32_t media_count, media_room;
  uint32_t session_end; /* lines before the first m= */
  uint8_t direction;    /* at session level */
  struct {
    struct msip_str username;
    struct msip_str id, version; /* digits */
    struct msip_str place;       /* "IN IP4 192.0.2.1" */
  } origin;
  struct msip_str session_name; /* empty when missing */
  struct msip_str connection;   /* of the session, or empty */
  struct msip_str address;      /* in it */
};

/* Reads `text`, which must outlive the tree; msip_sdp_fini lets go.  Lines may
 * end in CRLF or LF, blank lines at the end are dropped.  v= is first and o=
 * stands once; other session lines may come in any order, s= and t= may be
 * missing.  MSIP_ESYNTAX, MSIP_ETOOBIG, both with `*fault`, or MSIP_ENOMEM. */
int msip_sdp_parse(struct msip_sdp *out, struct msip_pool *pool,
                   struct msip_str text, struct msip_fault *fault);
void msip_sdp_fini(struct msip_sdp *sdp);
/* The same into the memory of a tree that is done with, which is empty after a
 * failure.  A zeroed one with a pool may be the first. */
int msip_sdp_reparse(struct msip_sdp *sdp, struct msip_str text,
                     struct msip_fault *fault);

/* What a parsed description must also be, to be an offer or an answer: c= for
 * every stream in use, o= numbers of 63 bits (RFC 3264 5).  MSIP_ESYNTAX. */
int msip_sdp_check(const struct msip_sdp *sdp, struct msip_fault *fault);
/* RFC 3264 8: `next` has the streams of `before`, none less.  MSIP_EOFFER. */
int msip_sdp_check_streams(const struct msip_sdp *before,
                           const struct msip_sdp *next,
                           struct msip_fault *fault);
/* RFC 3264 8.3.2: a dynamic payload type keeps its codec for the session.
 * MSIP_EOFFER. */
int msip_sdp_check_payloads(const struct msip_sdp *before,
                            const struct msip_sdp *next,
                            struct msip_fault *fault);

/* Writes the text again, with CRLF. */
void msip_sdp_format(struct msip_buf *buf, const struct msip_sdp *sdp);
/* The same with the direction of stream `index`, or of all for -1, replaced. */
void msip_sdp_redirect(struct msip_buf *buf, const struct msip_sdp *sdp,
                       int index, enum msip_direction direction);
/* Line for line the same, but for the version in o=. */
bool msip_sdp_same(const struct msip_sdp *a, const struct msip_sdp *b);

/* The direction of a stream: its own, the session's, sendrecv. */
enum msip_direction msip_sdp_direction(const struct msip_sdp *sdp,
                                       const struct msip_sdp_media *media);
/* The same, with a connection address of 0.0.0.0 or :: taken for the wish not
 * to receive (RFC 3264 8.4, the hold of RFC 2543). */
enum msip_direction msip_sdp_offered(const struct msip_sdp *sdp,
                                     const struct msip_sdp_media *media);
/* True when there are streams in use and none may be sent to. */
bool msip_sdp_is_hold(const struct msip_sdp *sdp);
/* "sendonly"; empty for MSIP_DIRECTION_UNSAID. */
struct msip_str msip_direction_name(enum msip_direction direction);
/* MSIP_DIRECTION_UNSAID for any other text. */
enum msip_direction msip_direction_of(struct msip_str name);
/* RFC 3264 6.1: what to answer when `offered` meets what we want. */
enum msip_direction msip_direction_answer(enum msip_direction offered,
                                          enum msip_direction wanted);

/* The connection that holds for a stream: "IN IP4 192.0.2.1", or empty. */
struct msip_str msip_sdp_connection(const struct msip_sdp *sdp,
                                    const struct msip_sdp_media *media);
/* The address that holds for a stream, without TTL; or empty. */
static inline struct msip_str
msip_sdp_destination(const struct msip_sdp *sdp,
                     const struct msip_sdp_media *media)
{
  return media->connection.len ? media->address : sdp->address;
}

/* The address in a c= value, without TTL; empty when malformed. */
struct msip_str msip_sdp_address(struct msip_str connection);
