/* base/nearest.h -- which name was meant: refusals of an unknown option,
 * setting or callback say the valid one that is spelled most like it. */
#pragma once

#include "base/str.h"

/* The word with the fewest edits (insert, delete, replace, swap neighbours) to
 * `word`; the first of equals.  NULL when none is near: more than a third of
 * its letters would change, and more than two. */
const char *msip_nearest(struct msip_str word, const char *const *words,
                         unsigned count);
