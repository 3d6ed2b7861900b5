/* limits.source_rate: a bucket of tokens for each hash of an address.  Two
 * addresses may share a bucket; which ones nobody outside can know. */
#include "ua/core.h"

enum { BUCKETS = 4096 };

struct bucket {
  msip_time filled;
  uint32_t tokens; /* thousandths */
};

struct msip_rate {
  struct bucket bucket[BUCKETS];
};

bool msip_rate_allows(struct msip_ua *ua, const struct msip_addr *source)
{
  uint32_t rate = ua->settings->limit_source_rate;

  if (rate == 0)
    return true;
  if (!ua->rate)
    ua->rate = msip_pool_zero(ua->pool, sizeof *ua->rate);
  if (!ua->rate)
    return true;

  uint64_t h = msip_hash(&ua->rand, 3, msip_addr_ip(source));
  struct bucket *b = &ua->rate->bucket[h % BUCKETS];
  uint64_t full = (uint64_t)rate * 1000;
  uint64_t tokens = b->tokens + (ua->now - b->filled) * rate;

  if (b->filled == 0 || tokens > full)
    tokens = full;
  b->filled = ua->now;
  b->tokens = (uint32_t)(tokens >= 1000 ? tokens - 1000 : tokens);
  return tokens >= 1000;
}

void msip_rate_free(struct msip_ua *ua)
{
  msip_pool_give(ua->pool, ua->rate, sizeof *ua->rate);
  ua->rate = NULL;
}
