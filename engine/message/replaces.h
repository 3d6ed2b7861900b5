/* message/replaces.h -- Replaces: the dialog a new one takes the place of
 * (RFC 3891).  Join and Target-Dialog have the same shape but for their tags'
 * names. */
#pragma once

#include "base/str.h"

struct msip_replaces {
  struct msip_str call_id;
  struct msip_str to_tag;
  struct msip_str from_tag;
  bool early_only;
};

/* Reads all of `value`; MSIP_ESYNTAX, also when a tag is missing. */
int msip_replaces_parse(struct msip_replaces *out, struct msip_str value);
