/* base/map.h -- hash map with its nodes inside the objects.
 *
 * The map never looks at a key: callers hash with msip_hash under the worker's
 * secret and compare the keys of the candidates themselves.
 */
#pragma once

#include "base/pool.h"

#include <stdint.h>

struct msip_map_node {
  struct msip_map_node *next;
  uint64_t hash;
};

struct msip_map {
  struct msip_pool *pool;
  struct msip_map_node **slots;
  uint32_t slot_count; /* a power of two, or 0 before the first insert */
  uint32_t count;
};

void msip_map_init(struct msip_map *map, struct msip_pool *pool);
/* Releases the slots; the nodes are the caller's. */
void msip_map_fini(struct msip_map *map);

/* MSIP_ENOMEM when no slots can be had at all; then nothing changed. */
int msip_map_insert(struct msip_map *map, struct msip_map_node *node,
                    uint64_t hash);
/* `node` must be in the map. */
void msip_map_remove(struct msip_map *map, struct msip_map_node *node);

/* First and next node with exactly this hash; NULL at the end. */
struct msip_map_node *msip_map_first(const struct msip_map *map, uint64_t hash);
struct msip_map_node *msip_map_next(const struct msip_map_node *node);

/* Walks all nodes in no order: start with NULL.  `node` may be removed by the
 * caller only after it fetched the following one. */
struct msip_map_node *msip_map_walk(const struct msip_map *map,
                                    const struct msip_map_node *node);
