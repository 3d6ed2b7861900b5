/* auth/auth_param.h -- "Digest name=value, name="value"": what challenges and
 * credentials are made of (RFC 3261 25.1, RFC 7616 section 3).
 *
 * Reading is strict: a parameter given twice, a quote that nobody closes, a
 * control byte or too many parameters refuse the whole value, with a sentence
 * that says why.  Escapes are undone in place, so the text must be the
 * caller's own copy, without folds.
 */
#pragma once

#include "base/buf.h"

enum { MSIP_AUTH_PARAMS_MAX = 32 };

struct msip_auth_param {
  struct msip_str name;
  struct msip_str value; /* without quotes and escapes */
  bool quoted;
};

struct msip_auth_params {
  struct msip_str scheme;
  unsigned count;
  struct msip_auth_param param[MSIP_AUTH_PARAMS_MAX];
};

/* 0; MSIP_EUNSUPPORTED: a scheme other than Digest, nothing else was read;
 * MSIP_ESYNTAX with `*why`, a static sentence. */
int msip_auth_params_read(struct msip_auth_params *out, char *text, size_t len,
                          const char **why);
/* The same for a list without a scheme: Authentication-Info. */
int msip_auth_params_list(struct msip_auth_params *out, char *text, size_t len,
                          const char **why);
/* NULL when there is none. */
const struct msip_auth_param *
msip_auth_params_find(const struct msip_auth_params *params, const char *name);

/* `a="b"` and `a=b`, with ", " in front unless it is the first behind the
 * scheme.  Quotes and backslashes of a quoted value are escaped. */
void msip_auth_write_quoted(struct msip_buf *buf, const char *name,
                            struct msip_str value);
void msip_auth_write_plain(struct msip_buf *buf, const char *name,
                           struct msip_str value);
