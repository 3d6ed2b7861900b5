#include "host/watch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/err.h"

/* File times lag the clock by up to one tick of the kernel. */
enum { CLOCK_STEP = 10000000 }; /* nanoseconds */

struct file {
  char *path;
  struct stat seen; /* all zero while the file is missing */
};

struct folder {
  uv_fs_event_t event; /* first: the close callback finds the folder by it */
  struct msip_watch *watch;
  struct folder *next;
  char path[];
};

struct msip_watch {
  uv_timer_t quiet;
  uv_loop_t *loop;
  void (*changed)(void *arg);
  void *arg;
  struct file *file;
  unsigned file_count;
  struct folder *folders;
};

/* Looks at the file anew; true when it is another one than before.  A file
 * that is missing for a moment has not changed yet. */
static bool look(struct file *file)
{
  struct stat now;

  if (stat(file->path, &now))
    return false;

  bool changed = now.st_mtim.tv_sec != file->seen.st_mtim.tv_sec ||
                 now.st_mtim.tv_nsec != file->seen.st_mtim.tv_nsec ||
                 now.st_size != file->seen.st_size ||
                 now.st_ino != file->seen.st_ino ||
                 now.st_dev != file->seen.st_dev;

  file->seen = now;
  return changed;
}

static void on_quiet(uv_timer_t *timer)
{
  struct msip_watch *watch = timer->data;
  bool changed = false;

  for (unsigned i = 0; i < watch->file_count; i++)
    changed |= look(&watch->file[i]);
  if (changed)
    watch->changed(watch->arg);
}

static const char *name_of(const char *path)
{
  const char *slash = strrchr(path, '/');

  return slash ? slash + 1 : path;
}

static bool is_ours(const struct msip_watch *watch, const char *name)
{
  for (unsigned i = 0; i < watch->file_count; i++)
    if (!name || strcmp(name_of(watch->file[i].path), name) == 0)
      return true;
  return false;
}

/* Other names matter too, since a link may have turned, but they must not put
 * the look off: something else may be writing to the folder all the time. */
static void on_event(uv_fs_event_t *event, const char *name, int events,
                     int status)
{
  struct msip_watch *watch = ((struct folder *)event)->watch;

  (void)events;
  (void)status;
  if (is_ours(watch, name) || !uv_is_active((uv_handle_t *)&watch->quiet))
    uv_timer_start(&watch->quiet, on_quiet, MSIP_WATCH_QUIET_MS, 0);
}

static void on_folder_closed(uv_handle_t *handle)
{
  free(handle);
}

static void close_folders(struct msip_watch *watch)
{
  while (watch->folders) {
    struct folder *next = watch->folders->next;

    uv_close((uv_handle_t *)&watch->folders->event, on_folder_closed);
    watch->folders = next;
  }
}

/* Watches the folder of `path` unless it is watched already. */
static int open_folder(struct msip_watch *watch, const char *path)
{
  const char *slash = strrchr(path, '/');
  size_t len = !slash ? 1 : slash == path ? 1 : (size_t)(slash - path);
  const char *from = slash ? path : ".";

  for (struct folder *f = watch->folders; f; f = f->next)
    if (strlen(f->path) == len && memcmp(f->path, from, len) == 0)
      return 0;

  struct folder *folder = calloc(1, sizeof *folder + len + 1);

  if (!folder)
    return MSIP_ENOMEM;
  memcpy(folder->path, from, len);
  folder->watch = watch;
  uv_fs_event_init(watch->loop, &folder->event);
  if (uv_fs_event_start(&folder->event, on_event, folder->path, 0)) {
    uv_close((uv_handle_t *)&folder->event, on_folder_closed);
    return MSIP_ESYSTEM;
  }
  folder->next = watch->folders;
  watch->folders = folder;
  return 0;
}

/* The folder of the name, and that of the file behind a symbolic link. */
static int open_folders(struct msip_watch *watch, const char *path)
{
  char *real = realpath(path, NULL);
  int err = open_folder(watch, path);
  int second = real ? open_folder(watch, real) : 0;

  free(real);
  return err ? err : second;
}

static void free_files(struct file *file, unsigned count)
{
  for (unsigned i = 0; i < count; i++)
    free(file[i].path);
  free(file);
}

static uint64_t nanoseconds(struct timespec t)
{
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t msip_watch_clock(void)
{
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

/* Notes the file as it is, unless that may be news. */
static void first_look(struct msip_watch *watch, struct file *file,
                       uint64_t loaded_at)
{
  look(file);
  if (loaded_at == MSIP_WATCH_AS_IS ||
      nanoseconds(file->seen.st_ctim) + CLOCK_STEP < loaded_at)
    return;
  memset(&file->seen, 0, sizeof file->seen);
  uv_timer_start(&watch->quiet, on_quiet, MSIP_WATCH_QUIET_MS, 0);
}

int msip_watch_set(struct msip_watch *watch, const char *const *files,
                   unsigned count, uint64_t loaded_at)
{
  struct file *file = calloc(count ? count : 1, sizeof *file);
  int err = 0;

  if (!file)
    return MSIP_ENOMEM;
  for (unsigned i = 0; i < count; i++) {
    file[i].path = strdup(files[i]);
    if (!file[i].path) {
      free_files(file, i);
      return MSIP_ENOMEM;
    }
  }
  close_folders(watch);
  free_files(watch->file, watch->file_count);
  watch->file = file;
  watch->file_count = count;
  for (unsigned i = 0; i < count; i++) {
    int one = open_folders(watch, file[i].path);

    err = err ? err : one;
    first_look(watch, &file[i], loaded_at);
  }
  return err;
}

int msip_watch_new(struct msip_watch **out, uv_loop_t *loop,
                   void (*changed)(void *arg), void *arg)
{
  struct msip_watch *watch = calloc(1, sizeof *watch);

  if (!watch)
    return MSIP_ENOMEM;
  watch->loop = loop;
  watch->changed = changed;
  watch->arg = arg;
  uv_timer_init(loop, &watch->quiet);
  watch->quiet.data = watch;
  *out = watch;
  return 0;
}

static void on_closed(uv_handle_t *handle)
{
  free(handle->data);
}

void msip_watch_free(struct msip_watch *watch)
{
  if (!watch)
    return;
  close_folders(watch);
  free_files(watch->file, watch->file_count);
  uv_close((uv_handle_t *)&watch->quiet, on_closed);
}
