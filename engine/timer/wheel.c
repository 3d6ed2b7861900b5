#include "timer/wheel.h"

/* A timer lies on the level of the highest 6-bit digit in which its deadline
 * differs from wheel->now, in the slot of that digit.  So everything on a lower
 * level comes before everything on a higher one, a slot in front of another
 * comes before it, and slots at or behind the digit of `now` are empty.  That
 * leaves slot 0 of the last level for deadlines beyond all digits. */

enum {
  DIGIT_BITS = 6,
  LAST_LEVEL = MSIP_WHEEL_LEVELS - 1,
  ALL_BITS = DIGIT_BITS * MSIP_WHEEL_LEVELS,
};

void msip_wheel_init(struct msip_wheel *wheel, msip_time now)
{
  wheel->now = now;
  wheel->count = 0;
  wheel->popping = false;
  msip_list_init(&wheel->due);
  msip_list_init(&wheel->late);
  for (int level = 0; level < MSIP_WHEEL_LEVELS; level++) {
    wheel->used[level] = 0;
    for (int slot = 0; slot < MSIP_WHEEL_SLOTS; slot++)
      msip_list_init(&wheel->slot[level][slot]);
  }
}

void msip_timer_init(struct msip_timer *timer,
                     void (*fire)(struct msip_timer *, void *, msip_time))
{
  msip_list_init(&timer->node);
  timer->due = MSIP_NEVER;
  timer->fire = fire;
}

/* `due` must lie after wheel->now. */
static void place(struct msip_wheel *wheel, struct msip_timer *timer)
{
  uint64_t differs = timer->due ^ wheel->now;
  unsigned level = (63u - (unsigned)__builtin_clzll(differs)) / DIGIT_BITS;
  unsigned slot = 0;

  if (level > LAST_LEVEL)
    level = LAST_LEVEL;
  else
    slot = (timer->due >> (level * DIGIT_BITS)) & (MSIP_WHEEL_SLOTS - 1);
  msip_list_add(&wheel->slot[level][slot], &timer->node);
  wheel->used[level] |= (uint64_t)1 << slot;
}

/* Leaves the timer alone and its slot's bit right. */
static void unlink_timer(struct msip_wheel *wheel, struct msip_timer *timer)
{
  struct msip_link_node *before = timer->node.prev;
  uintptr_t at = (uintptr_t)before - (uintptr_t)wheel->slot;

  msip_list_del(&timer->node);
  /* A neighbour that is alone now is the head of a list, perhaps of a slot. */
  if (msip_list_empty(before) && at < sizeof wheel->slot) {
    size_t index = at / sizeof *before;

    wheel->used[index / MSIP_WHEEL_SLOTS] &=
        ~((uint64_t)1 << index % MSIP_WHEEL_SLOTS);
  }
}

void msip_timer_arm(struct msip_wheel *wheel, struct msip_timer *timer,
                    msip_time due)
{
  if (msip_timer_is_armed(timer))
    unlink_timer(wheel, timer);
  else
    wheel->count++;
  if (due > wheel->now) {
    timer->due = due;
    place(wheel, timer);
  } else {
    timer->due = wheel->now;
    msip_list_add(&wheel->late, &timer->node);
  }
}

void msip_timer_stop(struct msip_wheel *wheel, struct msip_timer *timer)
{
  if (!msip_timer_is_armed(timer))
    return;
  unlink_timer(wheel, timer);
  wheel->count--;
}

/* Where the first timer beyond all digits comes into their reach. */
static msip_time first_beyond(const struct msip_wheel *wheel)
{
  const struct msip_link_node *head = &wheel->slot[LAST_LEVEL][0];
  msip_time first = MSIP_NEVER;

  for (struct msip_link_node *n = head->next; n != head; n = n->next) {
    msip_time due = MSIP_CONTAINER(n, struct msip_timer, node)->due;

    if (due < first)
      first = due;
  }
  return first >> ALL_BITS << ALL_BITS;
}

/* The slot that comes first and the moment it begins; NULL when all are
 * empty. */
static struct msip_link_node *first_slot(const struct msip_wheel *wheel,
                                         msip_time *begins)
{
  int level = 0;

  while (level < LAST_LEVEL && !wheel->used[level])
    level++;

  uint64_t used = wheel->used[level];
  unsigned shift = (unsigned)level * DIGIT_BITS;
  unsigned slot;

  if (level == LAST_LEVEL && !(used & ~(uint64_t)1)) {
    slot = 0;
    *begins = used ? first_beyond(wheel) : MSIP_NEVER;
    if (!used)
      return NULL;
  } else {
    slot = (unsigned)__builtin_ctzll(level == LAST_LEVEL ? used & ~(uint64_t)1
                                                         : used);
    *begins = (wheel->now >> shift >> DIGIT_BITS << DIGIT_BITS | slot) << shift;
  }
  return (struct msip_link_node *)&wheel->slot[level][slot];
}

msip_time msip_wheel_next(const struct msip_wheel *wheel)
{
  msip_time begins;

  if (!msip_list_empty(&wheel->due) || !msip_list_empty(&wheel->late))
    return wheel->now;
  (void)first_slot(wheel, &begins);
  return begins;
}

/* Moves every node of `from` behind those of `to`. */
static void append(struct msip_link_node *to, struct msip_link_node *from)
{
  if (msip_list_empty(from))
    return;
  from->next->prev = to->prev;
  to->prev->next = from->next;
  from->prev->next = to;
  to->prev = from->prev;
  msip_list_init(from);
}

/* Sorts a slot anew, seen from the moment it begins.  Order is kept, so timers
 * with one deadline stay in the order they were armed. */
static void cascade(struct msip_wheel *wheel, struct msip_link_node *slot)
{
  size_t index = (size_t)(slot - &wheel->slot[0][0]);
  struct msip_link_node moved;

  msip_list_init(&moved);
  append(&moved, slot);
  wheel->used[index / MSIP_WHEEL_SLOTS] &=
      ~((uint64_t)1 << index % MSIP_WHEEL_SLOTS);
  if (index < MSIP_WHEEL_SLOTS) { /* one deadline, and it is now */
    append(&wheel->due, &moved);
    return;
  }
  while (!msip_list_empty(&moved)) {
    struct msip_timer *timer =
        MSIP_CONTAINER(moved.next, struct msip_timer, node);

    msip_list_del(&timer->node);
    if (timer->due > wheel->now)
      place(wheel, timer);
    else
      msip_list_add(&wheel->due, &timer->node);
  }
}

static void collect(struct msip_wheel *wheel, msip_time now)
{
  struct msip_link_node *slot;
  msip_time begins;

  append(&wheel->due, &wheel->late);
  while ((slot = first_slot(wheel, &begins)) != NULL && begins <= now) {
    wheel->now = begins;
    cascade(wheel, slot);
  }
  if (now > wheel->now)
    wheel->now = now;
}

struct msip_timer *msip_wheel_pop(struct msip_wheel *wheel, msip_time now)
{
  struct msip_timer *timer;

  if (!wheel->popping)
    collect(wheel, now);
  wheel->popping = !msip_list_empty(&wheel->due);
  if (!wheel->popping)
    return NULL;
  timer = MSIP_CONTAINER(wheel->due.next, struct msip_timer, node);
  msip_list_del(&timer->node);
  wheel->count--;
  return timer;
}
