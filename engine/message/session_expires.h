/* message/session_expires.h -- Session-Expires and Min-SE (RFC 4028). */
#pragma once

#include "base/str.h"
#include "message/delta.h"

enum msip_refresher {
  MSIP_REFRESHER_NONE, /* not said */
  MSIP_REFRESHER_UAC,
  MSIP_REFRESHER_UAS,
};

struct msip_session_expires {
  uint32_t delta; /* seconds, clamped as msip_delta_parse does */
  enum msip_refresher refresher;
  struct msip_str params;
};

/* Reads all of `value`, of Min-SE as well; MSIP_ESYNTAX, also for a refresher
 * that is neither side. */
int msip_session_expires_parse(struct msip_session_expires *out,
                               struct msip_str value);
