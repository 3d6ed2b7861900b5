/* base/list.h -- intrusive doubly linked ring.  A node that is in no list
 * points at itself, so removing it twice is harmless. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct msip_link_node {
  struct msip_link_node *next, *prev;
};

#define MSIP_CONTAINER(node, type, member)                                     \
  ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void msip_list_init(struct msip_link_node *node)
{
  node->next = node->prev = node;
}

static inline bool msip_list_empty(const struct msip_link_node *head)
{
  return head->next == head;
}

/* Puts `node` last. */
static inline void msip_list_add(struct msip_link_node *head,
                                 struct msip_link_node *node)
{
  node->prev = head->prev;
  node->next = head;
  head->prev->next = node;
  head->prev = node;
}

static inline void msip_list_del(struct msip_link_node *node)
{
  node->prev->next = node->next;
  node->next->prev = node->prev;
  msip_list_init(node);
}

/* Takes the first node out; NULL when there is none. */
static inline struct msip_link_node *msip_list_take(struct msip_link_node *head)
{
  struct msip_link_node *first = head->next;

  if (first == head)
    return NULL;
  head->next = first->next;
  head->next->prev = head;
  msip_list_init(first);
  return first;
}
