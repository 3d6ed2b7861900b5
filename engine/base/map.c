#include "base/map.h"

#include "base/err.h"

#include <string.h>

enum { FIRST_SLOTS = 64 };

void msip_map_init(struct msip_map *map, struct msip_pool *pool)
{
  *map = (struct msip_map){.pool = pool};
}

void msip_map_fini(struct msip_map *map)
{
  msip_pool_give(map->pool, map->slots, map->slot_count * sizeof *map->slots);
  map->slots = NULL;
  map->slot_count = map->count = 0;
}

static struct msip_map_node **slot_of(const struct msip_map *map, uint64_t hash)
{
  return &map->slots[(uint32_t)hash & (map->slot_count - 1)];
}

static int grow(struct msip_map *map)
{
  uint32_t old_count = map->slot_count;
  uint32_t count = old_count ? old_count * 2 : FIRST_SLOTS;
  struct msip_map_node **old = map->slots;
  struct msip_map_node **slots =
      msip_pool_zero(map->pool, count * sizeof *slots);

  if (!slots)
    return MSIP_ENOMEM;
  map->slots = slots;
  map->slot_count = count;
  for (uint32_t i = 0; i < old_count; i++) {
    struct msip_map_node *node = old[i];

    while (node) {
      struct msip_map_node *next = node->next;
      struct msip_map_node **slot = slot_of(map, node->hash);

      node->next = *slot;
      *slot = node;
      node = next;
    }
  }
  msip_pool_give(map->pool, old, old_count * sizeof *old);
  return 0;
}

int msip_map_insert(struct msip_map *map, struct msip_map_node *node,
                    uint64_t hash)
{
  /* A map that cannot grow goes on with longer chains. */
  if (map->count >= map->slot_count && grow(map) != 0 && !map->slots)
    return MSIP_ENOMEM;

  struct msip_map_node **slot = slot_of(map, hash);

  node->hash = hash;
  node->next = *slot;
  *slot = node;
  map->count++;
  return 0;
}

void msip_map_remove(struct msip_map *map, struct msip_map_node *node)
{
  struct msip_map_node **at = slot_of(map, node->hash);

  while (*at != node)
    at = &(*at)->next;
  *at = node->next;
  node->next = NULL;
  map->count--;
}

static struct msip_map_node *with_hash(struct msip_map_node *node,
                                       uint64_t hash)
{
  while (node && node->hash != hash)
    node = node->next;
  return node;
}

struct msip_map_node *msip_map_first(const struct msip_map *map, uint64_t hash)
{
  return map->slots ? with_hash(*slot_of(map, hash), hash) : NULL;
}

struct msip_map_node *msip_map_next(const struct msip_map_node *node)
{
  return with_hash(node->next, node->hash);
}

struct msip_map_node *msip_map_walk(const struct msip_map *map,
                                    const struct msip_map_node *node)
{
  uint32_t i = 0;

  if (node && node->next)
    return node->next;
  if (node)
    i = ((uint32_t)node->hash & (map->slot_count - 1)) + 1;
  for (; i < map->slot_count; i++)
    if (map->slots[i])
      return map->slots[i];
  return NULL;
}
