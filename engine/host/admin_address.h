/* host/admin_address.h -- where the admin endpoint is: "unix:/path" or
 * "127.0.0.1:8060".  The engine and the commands that speak to it agree here.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

struct msip_admin_address {
  struct sockaddr_storage name;
  socklen_t len;
};

/* MSIP_EINVALID with a sentence in `why`. */
int msip_admin_address_parse(struct msip_admin_address *out, const char *text,
                             char *why, size_t room);

/* Writes "unix:FOLDER/moonsip.sock" for the user's runtime folder: the one the
 * service manager gives (RUNTIME_DIRECTORY), root's /run/moonsip,
 * XDG_RUNTIME_DIR, or else a private folder among the temporary files.  With
 * `create` the folder is made.  MSIP_ESYSTEM with a sentence in `why`. */
int msip_admin_address_default(char *out, size_t out_room, bool create,
                               char *why, size_t room);

/* A listening socket.  A Unix socket is its owner's only; one that a dead
 * engine left behind is replaced, one that answers is not.  MSIP_ESYSTEM with
 * a sentence in `why`. */
int msip_admin_listen(int *fd, const struct msip_admin_address *address,
                      char *why, size_t room);
/* A connected, blocking socket; MSIP_ESYSTEM with errno set. */
int msip_admin_connect(int *fd, const struct msip_admin_address *address);
/* The path of a Unix socket, else NULL. */
const char *msip_admin_path(const struct msip_admin_address *address);
/* True for a Unix socket and for 127.0.0.0/8 and ::1. */
bool msip_admin_is_local(const struct msip_admin_address *address);
