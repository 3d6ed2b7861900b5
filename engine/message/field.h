/* message/field.h -- the shape most header fields share: a word or two, then
 * ";name=value" parameters. */
#pragma once

#include "base/str.h"

/* Splits at the first ';'.  `*head` is trimmed and not empty, `*params` well
 * formed without a name twice, or empty.  MSIP_ESYNTAX. */
int msip_field_split(struct msip_str value, struct msip_str *head,
                     struct msip_str *params);
/* The same where the head must be one token. */
int msip_field_token(struct msip_str value, struct msip_str *token,
                     struct msip_str *params);
