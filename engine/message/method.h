/* message/method.h -- the methods this engine knows by name. */
#pragma once

#include "base/str.h"

/* One to a line: the formatter would break them anew each time it runs. */
/* clang-format off */
#define MSIP_METHOD_MAP(X) \
  X(INVITE) \
  X(ACK) \
  X(BYE) \
  X(CANCEL) \
  X(OPTIONS) \
  X(REGISTER) \
  X(PRACK) \
  X(UPDATE) \
  X(INFO) \
  X(MESSAGE) \
  X(NOTIFY) \
  X(REFER) \
  X(SUBSCRIBE) \
  X(PUBLISH)
/* clang-format on */

enum msip_method {
  MSIP_METHOD_OTHER, /* a token that is none of ours */
#define X(name) MSIP_##name,
  MSIP_METHOD_MAP(X)
#undef X
      MSIP_METHOD_COUNT,
};

/* Case matters (RFC 3261 7.1). */
enum msip_method msip_method_of(struct msip_str text);
/* "INVITE"; empty for MSIP_METHOD_OTHER. */
struct msip_str msip_method_name(enum msip_method method);
