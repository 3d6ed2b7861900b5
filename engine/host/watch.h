/* host/watch.h -- tells when one of a set of files has changed on disk.
 *
 * Folders are watched, not files, because editors replace a file by renaming a
 * new one over it, and deployments turn a symbolic link.  Events only say when
 * to look: what counts is that a file's time, size or inode differs.
 */
#pragma once

#include <stdint.h>
#include <uv.h>

#define MSIP_WATCH_AS_IS UINT64_MAX

struct msip_watch;

enum { MSIP_WATCH_QUIET_MS = 50 };

/* `changed` is called after 50 ms without a further event; it may call
 * msip_watch_set.  MSIP_ENOMEM. */
int msip_watch_new(struct msip_watch **out, uv_loop_t *loop,
                   void (*changed)(void *arg), void *arg);
/* The memory goes when the loop has run once more.  NULL is fine. */
void msip_watch_free(struct msip_watch *watch);

/* Replaces the files.  They were read after `loaded_at`, in nanoseconds of
 * msip_watch_clock: one that is younger may be another by now, so `changed`
 * comes for it; MSIP_WATCH_AS_IS takes them as they are.  MSIP_ENOMEM: the
 * former set is kept; MSIP_ESYSTEM: some folder cannot be watched, the others
 * are. */
int msip_watch_set(struct msip_watch *watch, const char *const *files,
                   unsigned count, uint64_t loaded_at);
uint64_t msip_watch_clock(void);
