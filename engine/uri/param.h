/* uri/param.h -- ";name=value" lists, of URIs and header fields alike. */
#pragma once

#include "base/str.h"

struct msip_param {
  struct msip_str name;
  struct msip_str value; /* as written, quotes included */
  bool has_value;
};

/* Cuts the next parameter off `*rest`, which begins with ';' (LWS around ';'
 * and '=' is skipped, quoted strings are kept whole).  1: one was read; 0: the
 * end; MSIP_ESYNTAX: an empty name or a stray byte. */
int msip_param_next(struct msip_str *rest, struct msip_param *out);
/* Finds a parameter, name case ignored.  False when absent or malformed. */
bool msip_param_find(struct msip_str params, struct msip_str name,
                     struct msip_param *out);
/* The value without quotes and without undoing quoted-pairs; empty if absent */
struct msip_str msip_param_value(struct msip_str params, struct msip_str name);
/* 0 when well formed and no name occurs twice, else MSIP_ESYNTAX.  Linear in
 * practice: bounded by the URI and header line limits. */
int msip_param_check(struct msip_str params);
/* "text" with surrounding quotes removed; other text as it is. */
struct msip_str msip_unquote(struct msip_str s);
