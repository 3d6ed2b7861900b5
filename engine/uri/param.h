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
/* More parameters than this in one list are no honest message; the ceiling
 * bounds the search for repeated names. */
enum { MSIP_PARAMS_MAX = 64 };

/* The names met so far.  Set count to 0 before the first. */
struct msip_param_set {
  unsigned count;
  struct msip_str name[MSIP_PARAMS_MAX];
};

/* msip_param_next that also refuses a name it has met, and the 65th. */
int msip_param_take(struct msip_param_set *seen, struct msip_str *rest,
                    struct msip_param *out);
/* 0 when the whole list can be taken that way, else MSIP_ESYNTAX. */
int msip_param_check(struct msip_str params);
/* "text" with surrounding quotes removed; other text as it is. */
struct msip_str msip_unquote(struct msip_str s);
