#include "base/nearest.h"

enum { LONGEST = 48 };

static unsigned least(unsigned a, unsigned b)
{
  return a < b ? a : b;
}

static bool swapped(struct msip_str a, struct msip_str b, size_t i, size_t j)
{
  return i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] &&
         a.at[i - 2] == b.at[j - 1];
}

/* Optimal string alignment distance; both at most LONGEST bytes. */
static unsigned distance(struct msip_str a, struct msip_str b)
{
  unsigned rows[3][LONGEST + 1];
  unsigned *before = rows[0], *last = rows[1], *row = rows[2];

  for (size_t j = 0; j <= b.len; j++)
    last[j] = (unsigned)j;
  for (size_t i = 1; i <= a.len; i++) {
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= b.len; j++) {
      bool same = msip_lower(a.at[i - 1]) == msip_lower(b.at[j - 1]);

      row[j] = least(least(last[j] + 1, row[j - 1] + 1),
                     last[j - 1] + (same ? 0u : 1u));
      if (swapped(a, b, i, j))
        row[j] = least(row[j], before[j - 2] + 1);
    }
    unsigned *spare = before;
    before = last;
    last = row;
    row = spare;
  }
  return last[b.len];
}

const char *msip_nearest(struct msip_str word, const char *const *words,
                         unsigned count)
{
  const char *best = NULL;
  unsigned fewest = LONGEST + 1;

  if (word.len > LONGEST)
    return NULL;
  for (unsigned i = 0; i < count; i++) {
    struct msip_str candidate = msip_str_c(words[i]);
    if (candidate.len > LONGEST)
      continue;
    unsigned edits = distance(word, candidate);
    if (edits < fewest) {
      fewest = edits;
      best = words[i];
    }
  }
  if (fewest > 2 && fewest * 3 > word.len)
    return NULL;
  return best;
}
