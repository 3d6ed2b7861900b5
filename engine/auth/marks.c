#include "auth/marks.h"

#include <string.h>

uint32_t msip_marks_rows(uint32_t count, uint32_t ways)
{
  uint32_t rows = 1;

  while (rows < (1u << 24) && rows * ways < count)
    rows *= 2;
  return rows;
}

static size_t bytes_of(uint32_t rows)
{
  return sizeof(struct msip_marks) +
         (size_t)rows * MSIP_MARKS_WAYS * sizeof(struct msip_mark);
}

size_t msip_marks_size(uint32_t count)
{
  return bytes_of(msip_marks_rows(count, MSIP_MARKS_WAYS));
}

void msip_marks_init(struct msip_marks *marks, uint32_t count)
{
  uint32_t rows = msip_marks_rows(count, MSIP_MARKS_WAYS);

  memset(marks, 0, bytes_of(rows));
  marks->row_count = rows;
}

static size_t row_of(const struct msip_marks *marks, uint64_t key)
{
  return (size_t)(key & (marks->row_count - 1)) * MSIP_MARKS_WAYS;
}

msip_time msip_marks_get(const struct msip_marks *marks, uint64_t key)
{
  const struct msip_mark *row = &marks->mark[row_of(marks, key)];

  for (unsigned i = 0; i < MSIP_MARKS_WAYS; i++)
    if (row[i].key == key)
      return row[i].time;
  return 0;
}

void msip_marks_set(struct msip_marks *marks, uint64_t key, msip_time time)
{
  struct msip_mark *row = &marks->mark[row_of(marks, key)];
  struct msip_mark *place = row;

  for (unsigned i = 0; i < MSIP_MARKS_WAYS; i++) {
    if (row[i].key == key) {
      place = &row[i];
      break;
    }
    if (row[i].time < place->time)
      place = &row[i];
  }
  *place = (struct msip_mark){key, time};
}
