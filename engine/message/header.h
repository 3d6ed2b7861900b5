/* message/header.h -- header fields by number.
 *
 * The number is found by hash and then compared, so a forged name can never
 * pass for another (RFC 3261 7.3.1: names ignore case, compact forms count).
 */
#pragma once

#include "base/str.h"
#include "message/header_map.h"

enum msip_header_id {
  MSIP_HEADER_OTHER, /* a name that is none of ours */
#define X(id, name, compact, kind) MSIP_H_##id,
  MSIP_HEADER_MAP(X)
#undef X
      MSIP_HEADER_COUNT,
};

enum msip_header_kind { MSIP_HEADER_ONE, MSIP_HEADER_LIST, MSIP_HEADER_ROWS };

enum msip_header_id msip_header_of(struct msip_str name);
/* "Call-ID"; empty for MSIP_HEADER_OTHER. */
struct msip_str msip_header_name(enum msip_header_id id);
enum msip_header_kind msip_header_kind(enum msip_header_id id);
/* Headers that follow from the request, the dialog or the body: whoever writes
 * a message with build.h never takes them from a script. */
bool msip_header_is_ours(enum msip_header_id id);
