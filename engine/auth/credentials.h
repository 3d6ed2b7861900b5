/* auth/credentials.h -- Authorization and Proxy-Authorization. */
#pragma once

#include "auth/auth_param.h"
#include "auth/digest.h"

struct msip_credentials {
  struct msip_str username; /* UTF-8, or H(username:realm) with userhash */
  struct msip_str realm;
  struct msip_str nonce;
  struct msip_str uri;
  struct msip_str response;
  struct msip_str cnonce; /* empty without qop */
  struct msip_str nc;     /* eight hexadecimal digits, or empty without qop */
  struct msip_str opaque;
  bool has_opaque;
  enum msip_algorithm algorithm; /* MD5 when it names none */
  enum msip_qop qop;
  uint32_t count; /* what nc says */
  bool userhash;
};

/* Reads one value; its texts lie in `text`, which is changed.  MSIP_ESYNTAX
 * with `*why` also when a parameter is missing or empty, has the wrong form, or
 * when username and username* stand together (RFC 7616 3.4).  Nonce and
 * response may be empty: a peer that was never asked names itself so (RFC
 * 8760 2.7). MSIP_EUNSUPPORTED: another scheme, an unknown algorithm or qop. */
int msip_credentials_read(struct msip_credentials *out, char *text, size_t len,
                          const char **why);

/* Writes the value of the header. */
void msip_credentials_write(struct msip_buf *buf,
                            const struct msip_credentials *c);
