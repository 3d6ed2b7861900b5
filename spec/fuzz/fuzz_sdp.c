/* What parses is written back, parses again to the same, and its answer is a
 * description that passes its own check. */
#include <stdlib.h>

#include "sdp/answer.h"

static void demand(bool holds)
{
  if (!holds)
    abort();
}

static void write_again(struct msip_pool *pool, const struct msip_sdp *sdp)
{
  struct msip_buf once, twice;
  struct msip_sdp again;

  msip_buf_init(&once, pool, 4 * (size_t)MSIP_SDP_TEXT_MAX);
  msip_buf_init(&twice, pool, 4 * (size_t)MSIP_SDP_TEXT_MAX);
  msip_sdp_format(&once, sdp);
  demand(msip_buf_error(&once) == 0);
  if (once.len <= MSIP_SDP_TEXT_MAX) {
    demand(msip_sdp_parse(&again, pool, msip_buf_str(&once), NULL) == 0);
    demand(msip_sdp_same(sdp, &again));
    demand(msip_sdp_is_hold(sdp) == msip_sdp_is_hold(&again));
    demand(msip_sdp_check_streams(sdp, &again, NULL) == 0);
    demand(msip_sdp_check_payloads(sdp, &again, NULL) == 0);
    msip_sdp_format(&twice, &again);
    demand(msip_str_eq(msip_buf_str(&once), msip_buf_str(&twice)));
    msip_sdp_fini(&again);
  }
  msip_buf_fini(&once);
  msip_buf_fini(&twice);
}

/* `bits` choose the terms. */
static void answer(struct msip_pool *pool, const struct msip_sdp *offer,
                   unsigned bits)
{
  static const struct msip_str codecs[] = {
      MSIP_STR_INIT("PCMA"), MSIP_STR_INIT("telephone-event/8000")};
  struct msip_sdp_terms terms;
  struct msip_sdp ours, next;
  struct msip_buf buf, second;

  msip_sdp_terms_init(&terms);
  terms.direction = bits & 3;
  if (bits & 4) {
    terms.codecs = codecs;
    terms.codec_count = 2;
  }
  msip_buf_init(&buf, pool, 4 * (size_t)MSIP_SDP_TEXT_MAX);
  msip_buf_init(&second, pool, 4 * (size_t)MSIP_SDP_TEXT_MAX);
  if (msip_sdp_answer(&buf, offer, &terms, NULL) == 0 &&
      buf.len <= MSIP_SDP_TEXT_MAX) {
    demand(msip_sdp_parse(&ours, pool, msip_buf_str(&buf), NULL) == 0);
    demand(msip_sdp_check(&ours, NULL) == 0);
    demand(ours.media_count == offer->media_count);
    for (uint32_t i = 0; i < ours.media_count; i++) {
      demand(msip_str_eq(ours.media[i].type, offer->media[i].type));
      demand(msip_str_eq(ours.media[i].proto, offer->media[i].proto));
      demand(offer->media[i].port != 0 || ours.media[i].port == 0);
    }
    terms.previous = &ours;
    demand(msip_sdp_answer(&second, offer, &terms, NULL) == 0);
    demand(msip_str_eq(msip_buf_str(&buf), msip_buf_str(&second)));
    msip_buf_reset(&second);
    demand(msip_sdp_reoffer(&second, &ours, (enum msip_direction)(bits & 3),
                            NULL, 0) == 0);
    demand(msip_sdp_parse(&next, pool, msip_buf_str(&second), NULL) == 0);
    demand(next.media_count == ours.media_count);
    msip_sdp_fini(&next);
    msip_sdp_fini(&ours);
  }
  msip_buf_fini(&buf);
  msip_buf_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct msip_pool pool;
  struct msip_sdp sdp;
  struct msip_fault fault = {"", 0};

  msip_pool_init(&pool);
  if (msip_sdp_parse(&sdp, &pool, msip_str_of((const char *)data, size),
                     &fault) == 0) {
    write_again(&pool, &sdp);
    for (unsigned bits = 0; bits < 8; bits++)
      answer(&pool, &sdp, bits);
    msip_sdp_fini(&sdp);
  } else {
    demand(fault.at <= size);
  }
  demand(pool.live_count == 0);
  msip_pool_fini(&pool);
  return 0;
}
