/* auth/challenge.h -- WWW-Authenticate and Proxy-Authenticate. */
#pragma once

#include "auth/auth_param.h"
#include "auth/digest.h"

struct msip_challenge {
  struct msip_str realm;
  struct msip_str nonce;
  struct msip_str opaque;
  bool has_opaque;
  enum msip_algorithm algorithm; /* MD5 when it names none */
  bool has_qop;                  /* then at least one of the next is needed */
  bool auth, auth_int;
  bool stale;
  bool userhash;
};

/* Reads one challenge; its texts lie in `text`, which is changed.  Codes as of
 * msip_auth_params_read.  An algorithm or a qop that nobody knows is no error:
 * such a challenge is passed over (RFC 8760 2.4). */
int msip_challenge_read(struct msip_challenge *out, char *text, size_t len,
                        const char **why);

/* Writes the value of the header. */
void msip_challenge_write(struct msip_buf *buf, const struct msip_challenge *c);
