#include "auth/attempts.h"

/* How long a source stays known after a right answer. */
enum { KNOWN_MS = 24 * 3600 * 1000 };

struct keys {
  uint64_t source, user, pair;
};

static uint64_t key_of(const struct msip_attempts *a, uint64_t seed,
                       struct msip_str source, struct msip_str realm,
                       struct msip_str user)
{
  struct msip_hasher h = msip_hash_start(&a->hash, seed);

  msip_hash_add(&h, source);
  msip_hash_add(&h, realm);
  msip_hash_add(&h, user);
  return msip_hash_value(&h) | 1; /* never the key of a free place */
}

static struct keys keys_of(const struct msip_attempts *a,
                           const struct msip_attempt *who)
{
  const struct msip_str none = MSIP_STR("");

  return (struct keys){
      .source = key_of(a, 1, who->source, none, none),
      .user = key_of(a, 2, none, who->realm, who->user),
      .pair = key_of(a, 3, who->source, who->realm, who->user),
  };
}

/* Each mistake moves the mark by a pause; it may lie `burst` pauses ahead. */
static msip_time wait_of(const struct msip_attempts *a, uint64_t key,
                         const struct msip_attempts_limit *limit, msip_time now)
{
  msip_time mark = msip_marks_get(a->wrong, key);
  msip_time free_at;

  if (limit->burst == 0)
    return 0;
  free_at = now + (msip_time)limit->pause * (limit->burst - 1);
  return mark > free_at ? mark - free_at : 0;
}

static void move(struct msip_attempts *a, uint64_t key,
                 const struct msip_attempts_limit *limit, msip_time now)
{
  msip_time mark = msip_marks_get(a->wrong, key);

  msip_marks_set(a->wrong, key, (mark > now ? mark : now) + limit->pause);
}

static msip_time longer(msip_time a, msip_time b)
{
  return a > b ? a : b;
}

msip_time msip_attempts_wait(const struct msip_attempts *a,
                             const struct msip_attempt *who, msip_time now)
{
  struct keys keys = keys_of(a, who);
  msip_time pair = wait_of(a, keys.pair, &a->user, now);

  if (msip_marks_get(a->right, keys.pair) > now)
    return pair;
  return longer(pair, longer(wait_of(a, keys.source, &a->source, now),
                             wait_of(a, keys.user, &a->user, now)));
}

void msip_attempts_failed(struct msip_attempts *a,
                          const struct msip_attempt *who, msip_time now)
{
  struct keys keys = keys_of(a, who);

  move(a, keys.source, &a->source, now);
  move(a, keys.user, &a->user, now);
  move(a, keys.pair, &a->user, now);
}

void msip_attempts_passed(struct msip_attempts *a,
                          const struct msip_attempt *who, msip_time now)
{
  msip_marks_set(a->right, keys_of(a, who).pair, now + KNOWN_MS);
}
