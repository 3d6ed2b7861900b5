/* message/multipart.h -- the parts of a multipart body (RFC 2046 5.1).
 *
 * Text before the first delimiter and behind the last is skipped; a missing
 * closing delimiter is forgiven, as peers leave it out.  Parts are counted and
 * a part may itself be multipart, so whoever descends bounds the depth.
 */
#pragma once

#include "message/ctype.h"

enum { MSIP_PARTS_MAX = 64, MSIP_PART_DEPTH_MAX = 4 };

struct msip_part {
  struct msip_str headers;      /* its header lines, or empty */
  struct msip_str content_type; /* these three are empty when absent */
  struct msip_str disposition;
  struct msip_str encoding;
  struct msip_str body;
};

struct msip_multipart {
  struct msip_str rest;     /* behind the last delimiter that was seen */
  struct msip_str boundary; /* without the two dashes */
  unsigned count;           /* parts given out so far */
  bool done;
};

/* MSIP_ESYNTAX: `type` has no boundary of 1 to 70 bytes, or it does not occur
 * in `body`. */
int msip_multipart_init(struct msip_multipart *mp,
                        const struct msip_ctype *type, struct msip_str body);
/* 1: a part was read; 0: the end; MSIP_ESYNTAX: a header line without a name,
 * or more than MSIP_PARTS_MAX parts. */
int msip_multipart_next(struct msip_multipart *mp, struct msip_part *part);
