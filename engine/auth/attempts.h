/* auth/attempts.h -- how often somebody may be wrong.
 *
 * A wrong answer counts against its source address, against the user it names
 * and against the two together.  Each may be wrong `burst` times at once, and
 * once more every `pause` ms.  A source that a user was right from is not kept
 * out by what others do to the user's name or from the same address: for that
 * pair only its own mistakes count.  Whether the user exists makes no
 * difference anywhere.
 *
 * The tables are bounded: where one is full, those who were wrong least
 * recently are forgiven.
 */
#pragma once

#include "auth/marks.h"
#include "base/rand.h"

struct msip_attempts_limit {
  uint32_t burst; /* 0: no limit */
  uint32_t pause; /* ms */
};

struct msip_attempts {
  struct msip_rand hash;
  struct msip_attempts_limit source, user;
  struct msip_marks *wrong; /* until when the count of a key lasts */
  struct msip_marks *right; /* until when a pair is known */
};

/* Who tries: an address without its port, and a name with its realm. */
struct msip_attempt {
  struct msip_str source, realm, user;
};

/* 0: may try.  Else the ms until it may again. */
msip_time msip_attempts_wait(const struct msip_attempts *a,
                             const struct msip_attempt *who, msip_time now);
void msip_attempts_failed(struct msip_attempts *a,
                          const struct msip_attempt *who, msip_time now);
void msip_attempts_passed(struct msip_attempts *a,
                          const struct msip_attempt *who, msip_time now);
