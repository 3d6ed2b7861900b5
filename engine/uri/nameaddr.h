/* uri/nameaddr.h -- name-addr / addr-spec with parameters: From, To, Contact,
 * Route, Refer-To (RFC 3261 20.10, 25.1). */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct msip_nameaddr {
  struct msip_str display; /* as written, quotes included; may be empty */
  struct msip_str uri;     /* without the angle brackets */
  struct msip_str params;  /* header parameters from the first ';', or empty */
  struct msip_str tag;     /* the tag parameter as written, or empty */
  bool has_tag;
  bool bracketed;
  bool star; /* Contact: * */
};

/* Reads all of `value`.  Without brackets, ';' begins header parameters and
 * ',' or '?' in the URI is malformed.  MSIP_ESYNTAX with `*fault` (may be
 * NULL).  The URI itself is not parsed. */
int msip_nameaddr_parse(struct msip_nameaddr *out, struct msip_str value,
                        struct msip_fault *fault);
/* Its tag parameter without quotes; empty when absent. */
struct msip_str msip_nameaddr_tag(const struct msip_nameaddr *na);
