/* message/substate.h -- Subscription-State: what a NOTIFY says about the
 * subscription itself (RFC 6665 8.2.3). */
#pragma once

#include "base/str.h"

enum msip_substate_kind {
  MSIP_SUBSTATE_OTHER, /* an extension: as good as active (4.1.3) */
  MSIP_SUBSTATE_PENDING,
  MSIP_SUBSTATE_ACTIVE,
  MSIP_SUBSTATE_TERMINATED,
};

struct msip_substate {
  enum msip_substate_kind kind;
  struct msip_str state;  /* as written */
  struct msip_str reason; /* empty when absent */
  bool has_expires;
  bool has_retry_after;
  uint32_t expires;     /* seconds */
  uint32_t retry_after; /* seconds */
};

/* Reads all of `value`; MSIP_ESYNTAX. */
int msip_substate_parse(struct msip_substate *out, struct msip_str value);
