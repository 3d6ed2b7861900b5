/* auth/marks.h -- a bounded table from a key to a time.
 *
 * Keys are keyed hashes, so nobody can choose two that meet.  A key falls into
 * one row of eight; when the row is full, the earliest time in it makes room.
 * Nothing is ever allocated behind init.
 */
#pragma once

#include "base/time.h"

#include <stddef.h>

enum { MSIP_MARKS_WAYS = 8 };

struct msip_mark {
  uint64_t key; /* 0: free */
  msip_time time;
};

struct msip_marks {
  uint32_t row_count; /* a power of two */
  struct msip_mark mark[];
};

/* How many rows of so many places hold `count` entries: a power of two. */
uint32_t msip_marks_rows(uint32_t count, uint32_t ways);
/* Bytes of a table for at least `count` marks. */
size_t msip_marks_size(uint32_t count);
/* `marks` has msip_marks_size(count) bytes. */
void msip_marks_init(struct msip_marks *marks, uint32_t count);
/* 0 when there is none. */
msip_time msip_marks_get(const struct msip_marks *marks, uint64_t key);
void msip_marks_set(struct msip_marks *marks, uint64_t key, msip_time time);
