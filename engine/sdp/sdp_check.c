#include "sdp/codec.h"

static int broken(struct msip_fault *fault, const char *what, int err)
{
  if (fault)
    *fault = (struct msip_fault){what, 0};
  return err;
}

/* At most 2^63 - 1 (RFC 3264 5). */
static bool fits(struct msip_str digits)
{
  static const struct msip_str max = MSIP_STR_INIT("9223372036854775807");

  while (digits.len > 1 && digits.at[0] == '0') {
    digits.at++;
    digits.len--;
  }
  if (digits.len != max.len)
    return digits.len < max.len;
  return memcmp(digits.at, max.at, max.len) <= 0;
}

int msip_sdp_check(const struct msip_sdp *sdp, struct msip_fault *fault)
{
  if (!fits(sdp->origin.id) || !fits(sdp->origin.version))
    return broken(fault, "number in o= over 63 bits", MSIP_ESYNTAX);
  for (uint32_t i = 0; i < sdp->media_count; i++)
    if (sdp->media[i].port != 0 &&
        msip_sdp_connection(sdp, &sdp->media[i]).len == 0)
      return broken(fault, "stream without c=", MSIP_ESYNTAX);
  return 0;
}

int msip_sdp_check_streams(const struct msip_sdp *before,
                           const struct msip_sdp *next,
                           struct msip_fault *fault)
{
  if (next->media_count < before->media_count)
    return broken(fault, "fewer m= lines than before", MSIP_EOFFER);
  return 0;
}

static bool same_codec(const struct msip_codec *a, const struct msip_codec *b)
{
  return a->rate == b->rate && msip_str_ieq(a->name, b->name);
}

/* In a slot that was refused before, a new stream may start afresh. */
int msip_sdp_check_payloads(const struct msip_sdp *before,
                            const struct msip_sdp *next,
                            struct msip_fault *fault)
{
  for (uint32_t i = 0; i < before->media_count && i < next->media_count; i++) {
    const struct msip_sdp_media *was = &before->media[i];
    const struct msip_sdp_media *now = &next->media[i];

    if (was->port == 0 || now->port == 0)
      continue;
    for (unsigned payload = 96; payload < 128; payload++) {
      struct msip_codec a, b;

      if (msip_payloads_has(&was->mapped, payload) &&
          msip_payloads_has(&now->mapped, payload) &&
          msip_sdp_codec(&a, before, was, payload) &&
          msip_sdp_codec(&b, next, now, payload) && !same_codec(&a, &b))
        return broken(fault, "payload type given to another codec",
                      MSIP_EOFFER);
    }
  }
  return 0;
}
