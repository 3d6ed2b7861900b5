/* uri/uri.h -- SIP, SIPS and tel URIs, and others as opaque text
 * (RFC 3261 19.1, RFC 3966).  Fields borrow from the parsed text. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum msip_scheme {
  MSIP_SCHEME_OTHER,
  MSIP_SCHEME_SIP,
  MSIP_SCHEME_SIPS,
  MSIP_SCHEME_TEL,
};

struct msip_uri {
  enum msip_scheme scheme;
  struct msip_str scheme_text;
  struct msip_str opaque;   /* all after the colon, when the scheme is OTHER */
  struct msip_str user;     /* escaped, as written; the number of a tel URI */
  struct msip_str password; /* escaped, as written */
  bool has_password;
  struct msip_str host;    /* IPv6 with its brackets */
  uint16_t port;           /* 0 when absent */
  struct msip_str params;  /* from the first ';', or empty */
  struct msip_str headers; /* behind '?', or empty */
};

/* Reads all of `text`.  MSIP_ESYNTAX with `*fault` (may be NULL): a control
 * byte or space, an empty user before '@', a bad port, host or escape, a
 * parameter given twice. */
int msip_uri_parse(struct msip_uri *out, struct msip_str text,
                   struct msip_fault *fault);

/* RFC 3261 19.1.4 for sip and sips, RFC 3966 section 4 for tel; other schemes
 * compare byte by byte after the scheme.  Never asks the DNS. */
bool msip_uri_equal(const struct msip_uri *a, const struct msip_uri *b);

/* Writes the URI as it was parsed. */
void msip_uri_format(struct msip_buf *buf, const struct msip_uri *uri);

/* Undoes %HH once.  MSIP_ESYNTAX for a broken escape. */
int msip_unescape(struct msip_buf *buf, struct msip_str s);
/* Escapes what may not stand in a user part (RFC 3261 25.1). */
void msip_escape_user(struct msip_buf *buf, struct msip_str s);

/* A host name, IPv4 address or bracketed IPv6 reference that is whole. */
bool msip_host_is_valid(struct msip_str host);
/* The place behind the host that begins at `at`, or NULL when none does. */
const char *msip_host_skip(const char *at, const char *end);
