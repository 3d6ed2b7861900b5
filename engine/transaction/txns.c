#include "transaction/txn.h"

struct msip_txns *msip_txns_new(const struct msip_txns_config *config)
{
  struct msip_txns *txns = msip_pool_take(config->pool, sizeof *txns);

  if (!txns)
    return NULL;
  txns->config = *config;
  txns->fresh = NULL;
  txns->fresh_hash = 0;
  txns->has_fresh_origin = false;
  msip_map_init(&txns->by_key, config->pool);
  msip_map_init(&txns->by_origin, config->pool);
  return txns;
}

void msip_txns_free(struct msip_txns *txns)
{
  struct msip_map_node *node, *next;

  if (!txns)
    return;
  for (node = msip_map_walk(&txns->by_key, NULL); node; node = next) {
    next = msip_map_walk(&txns->by_key, node);
    msip_txn_free(MSIP_CONTAINER(node, struct msip_txn, node));
  }
  msip_map_fini(&txns->by_key);
  msip_map_fini(&txns->by_origin);
  msip_pool_give(txns->config.pool, txns, sizeof *txns);
}

void msip_txns_set_timers(struct msip_txns *txns, struct msip_txn_timers t)
{
  txns->config.timers = t;
}

void msip_txns_set_max(struct msip_txns *txns, uint32_t max)
{
  txns->config.max = max;
}

uint32_t msip_txns_count(const struct msip_txns *txns)
{
  return txns->by_key.count;
}

/* Sets key_size as its last act: until then there is no key to give back. */
static int keep_key(struct msip_txn *t, const struct msip_txn_key *key)
{
  size_t size = msip_txn_key_size(key);
  char *text = t->key.inside;

  if (size > sizeof t->key.inside) {
    text = msip_pool_take(t->txns->config.pool, size);
    if (!text)
      return MSIP_ENOMEM;
    t->key.outside = text;
  }
  msip_txn_key_store(key, text);
  t->key_size = (uint32_t)size;
  return 0;
}

static void free_memory(struct msip_txn *t)
{
  struct msip_pool *pool = t->txns->config.pool;

  if (t->key_size > sizeof t->key.inside)
    msip_pool_give(pool, t->key.outside, t->key_size);
  msip_pool_give(pool, t, sizeof *t);
}

struct msip_txn *msip_txn_new(struct msip_txns *txns, enum msip_txn_kind kind,
                              const struct msip_txn_key *key,
                              const struct msip_flow *flow)
{
  struct msip_txn *t = msip_pool_zero(txns->config.pool, sizeof *t);

  if (!t)
    return NULL;
  t->txns = txns;
  t->flow = *flow;
  t->kind = (uint8_t)kind;
  t->method = (uint8_t)key->method;
  t->cseq = key->cseq;
  t->port = key->port;
  t->is_legacy = key->is_legacy;
  msip_timer_init(&t->timer[0], msip_txn_first_fired);
  msip_timer_init(&t->timer[1], msip_txn_second_fired);
  if (keep_key(t, key) != 0 ||
      msip_map_insert(&txns->by_key, &t->node, key->hash) != 0) {
    free_memory(t);
    return NULL;
  }
  return t;
}

void msip_txn_free(struct msip_txn *t)
{
  struct msip_txns *txns = t->txns;

  msip_timer_stop(txns->config.wheel, &t->timer[0]);
  msip_timer_stop(txns->config.wheel, &t->timer[1]);
  msip_map_remove(&txns->by_key, &t->node);
  if (t->has_origin)
    msip_map_remove(&txns->by_origin, &t->origin);
  msip_bytes_drop(t->kept);
  free_memory(t);
}

static bool has_key(const struct msip_txn *t, const struct msip_txn_key *key)
{
  return msip_txn_is_client(t) == key->is_client && t->method == key->method &&
         t->port == key->port && t->is_legacy == key->is_legacy &&
         t->cseq == key->cseq &&
         msip_txn_key_matches(key, msip_txn_key_text(t));
}

struct msip_txn *msip_txn_find(const struct msip_txns *txns,
                               const struct msip_txn_key *key)
{
  struct msip_map_node *node = msip_map_first(&txns->by_key, key->hash);

  for (; node; node = msip_map_next(node)) {
    struct msip_txn *t = MSIP_CONTAINER(node, struct msip_txn, node);

    if (has_key(t, key))
      return t;
  }
  return NULL;
}

enum msip_arrival msip_txns_receive(struct msip_txns *txns,
                                    const struct msip_msg *m, msip_time now)
{
  return msip_msg_is_request(m) ? msip_txns_receive_request(txns, m, now)
                                : msip_txns_receive_response(txns, m, now);
}

enum msip_txn_kind msip_txn_kind(const struct msip_txn *t)
{
  return (enum msip_txn_kind)t->kind;
}

enum msip_txn_state msip_txn_state(const struct msip_txn *t)
{
  return t->state;
}

enum msip_method msip_txn_method(const struct msip_txn *t)
{
  return (enum msip_method)t->method;
}

struct msip_str msip_txn_branch(const struct msip_txn *t)
{
  return msip_txn_key_branch(msip_txn_key_text(t));
}

const struct msip_flow *msip_txn_flow(const struct msip_txn *t)
{
  return &t->flow;
}

void *msip_txn_user(const struct msip_txn *t)
{
  return t->user;
}

void msip_txn_set_user(struct msip_txn *t, void *user)
{
  t->user = user;
}
