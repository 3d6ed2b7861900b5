#include "sdp/sdp.h"

static const struct msip_str names[] = {
    [MSIP_INACTIVE] = MSIP_STR_INIT("inactive"),
    [MSIP_SENDONLY] = MSIP_STR_INIT("sendonly"),
    [MSIP_RECVONLY] = MSIP_STR_INIT("recvonly"),
    [MSIP_SENDRECV] = MSIP_STR_INIT("sendrecv"),
};

struct msip_str msip_direction_name(enum msip_direction direction)
{
  return direction < MSIP_DIRECTION_UNSAID ? names[direction] : MSIP_STR("");
}

enum msip_direction msip_direction_of(struct msip_str name)
{
  if (name.len == 8)
    for (int d = MSIP_INACTIVE; d <= MSIP_SENDRECV; d++)
      if (memcmp(name.at, names[d].at, 8) == 0)
        return (enum msip_direction)d;
  return MSIP_DIRECTION_UNSAID;
}

/* We may send what they receive, and receive what they send. */
enum msip_direction msip_direction_answer(enum msip_direction offered,
                                          enum msip_direction wanted)
{
  unsigned theirs = (unsigned)offered;
  unsigned seen_from_here = (theirs & 1) << 1 | (theirs & 2) >> 1;

  return (enum msip_direction)((unsigned)wanted & seen_from_here);
}

enum msip_direction msip_sdp_direction(const struct msip_sdp *sdp,
                                       const struct msip_sdp_media *media)
{
  if (media->direction != MSIP_DIRECTION_UNSAID)
    return (enum msip_direction)media->direction;
  if (sdp->direction != MSIP_DIRECTION_UNSAID)
    return (enum msip_direction)sdp->direction;
  return MSIP_SENDRECV;
}

struct msip_str msip_sdp_connection(const struct msip_sdp *sdp,
                                    const struct msip_sdp_media *media)
{
  return media->connection.len ? media->connection : sdp->connection;
}

/* "IN IP4 224.2.1.1/127/3": the third word, up to the slash. */
struct msip_str msip_sdp_address(struct msip_str connection)
{
  struct msip_str rest = connection;
  size_t len = 0;

  if (rest.len > 7 && memcmp(rest.at, "IN IP", 5) == 0 && rest.at[6] == ' ') {
    rest = msip_str_of(rest.at + 7, rest.len - 7); /* nearly always */
  } else {
    for (int words = 0; words < 2; words++) {
      size_t gap = msip_str_find(rest, ' ');

      if (gap == 0 || gap == rest.len)
        return MSIP_STR("");
      rest = msip_str_of(rest.at + gap + 1, rest.len - gap - 1);
    }
  }

  while (len < rest.len && rest.at[len] != ' ' && rest.at[len] != '/')
    len++;
  return len ? msip_str_of(rest.at, len) : MSIP_STR("");
}

enum msip_direction msip_sdp_offered(const struct msip_sdp *sdp,
                                     const struct msip_sdp_media *media)
{
  enum msip_direction direction = msip_sdp_direction(sdp, media);
  struct msip_str address = msip_sdp_destination(sdp, media);

  if (msip_str_eq(address, MSIP_STR("0.0.0.0")) ||
      msip_str_eq(address, MSIP_STR("::")))
    return (enum msip_direction)(direction & MSIP_SENDONLY);
  return direction;
}

bool msip_sdp_is_hold(const struct msip_sdp *sdp)
{
  bool any = false;

  for (uint32_t i = 0; i < sdp->media_count; i++) {
    if (sdp->media[i].port == 0)
      continue;
    if (msip_sdp_offered(sdp, &sdp->media[i]) & MSIP_RECVONLY)
      return false;
    any = true;
  }
  return any;
}
