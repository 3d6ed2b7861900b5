/* auth/digest.h -- what a digest is computed from (RFC 7616 section 3.4).
 *
 * A pure function of texts: the same one answers a challenge of a peer, checks
 * the answer to ours, and makes the rspauth by which a server proves itself.
 * All texts are without quotes and escapes.
 */
#pragma once

#include "auth/algorithm.h"

enum msip_qop { MSIP_QOP_NONE, MSIP_QOP_AUTH, MSIP_QOP_AUTH_INT };

/* "auth", "auth-int"; empty for MSIP_QOP_NONE. */
struct msip_str msip_qop_name(enum msip_qop qop);

struct msip_digest {
  enum msip_algorithm algorithm;
  enum msip_qop qop;
  struct msip_str ha1;    /* H(username:realm:password), also for "-sess" */
  struct msip_str method; /* empty for an rspauth */
  struct msip_str uri;
  struct msip_str nonce;
  struct msip_str nc; /* eight digits; unused without qop, as is cnonce */
  struct msip_str cnonce;
  struct msip_str body; /* for auth-int */
};

/* H(username:realm:password).  MSIP_EUNSUPPORTED. */
int msip_digest_ha1(struct msip_hex *out, enum msip_algorithm algorithm,
                    struct msip_str username, struct msip_str realm,
                    struct msip_str password);
/* H(username:realm), the name of a user who hides it (3.4.4). */
int msip_digest_userhash(struct msip_hex *out, enum msip_algorithm algorithm,
                         struct msip_str username, struct msip_str realm);
/* As many lowercase hexadecimal digits as the algorithm makes. */
bool msip_ha1_is_valid(enum msip_algorithm algorithm, struct msip_str ha1);

/* The value of `response`, or of `rspauth`.  MSIP_EINVALID: an HA1 of the wrong
 * length; MSIP_EUNSUPPORTED. */
int msip_digest_response(struct msip_hex *out, const struct msip_digest *d);

/* Same bytes, in a time that does not depend on where they differ. */
bool msip_digest_equal(struct msip_str a, struct msip_str b);
