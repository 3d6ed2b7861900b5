/* Reliable provisional responses as UAS (RFC 3262 section 3). */
#include "ua/request_in.h"
#include "ua/session_in.h"

/* Puts one on the wire and starts to repeat it: T1, doubling without a cap. */
static int transmit(struct msip_request *r, struct msip_bytes *bytes,
                    unsigned status, bool has_sdp)
{
  struct msip_invite *invite = r->invite;
  struct msip_ua *ua = r->ua;
  int err = msip_txn_respond(ua->txns, r->txn, status, bytes, ua->now);

  if (err)
    return err;
  invite->rel.unacked = true;
  invite->rel_has_sdp = has_sdp;
  invite->rel_bytes = msip_bytes_hold(bytes);
  msip_repeat_start(r);
  return 0;
}

int msip_reliable_send(struct msip_request *r, struct msip_bytes *bytes,
                       unsigned status, bool has_sdp)
{
  struct msip_invite *invite = r->invite;

  if (!invite->rel.unacked)
    return transmit(r, bytes, status, has_sdp);
  invite->queued[invite->queued_count].bytes = msip_bytes_hold(bytes);
  invite->queued[invite->queued_count].status = status;
  invite->queued[invite->queued_count].has_sdp = has_sdp;
  invite->queued_count++;
  return 0;
}

/* RSeq of the response in flight: the latest number less those that wait. */
static uint32_t rseq_in_flight(const struct msip_invite *invite)
{
  return invite->rel.rseq - invite->queued_count;
}

static void acknowledged(struct msip_request *r)
{
  struct msip_invite *invite = r->invite;

  if (!invite->rel_bytes)
    return; /* the final response has stopped it already */
  msip_timer_stop(&r->ua->wheel, &invite->repeat);
  msip_bytes_drop(invite->rel_bytes);
  invite->rel_bytes = NULL;
}

void msip_reliable_stop(struct msip_request *r)
{
  struct msip_invite *invite = r->invite;

  acknowledged(r);
  while (invite->queued_count > 0)
    msip_bytes_drop(invite->queued[--invite->queued_count].bytes);
}

struct msip_request *msip_reliable_prack(struct msip_session *s,
                                         const struct msip_msg *m)
{
  struct msip_link_node *at;

  for (at = s->requests.next; at != &s->requests; at = at->next) {
    struct msip_request *r = MSIP_CONTAINER(at, struct msip_request, node);
    struct msip_rel1xx rel;

    if (!r->invite || r->dead)
      continue;
    rel = r->invite->rel;
    rel.rseq = rseq_in_flight(r->invite);
    if (!msip_rel1xx_prack(&rel, m, r->message->cseq))
      continue;
    r->invite->rel.unacked = false;
    acknowledged(r);
    return r;
  }
  return NULL;
}

static void next_queued(struct msip_request *r)
{
  struct msip_invite *invite = r->invite;
  struct msip_bytes *bytes = invite->queued[0].bytes;
  unsigned status = invite->queued[0].status;
  bool has_sdp = invite->queued[0].has_sdp;

  invite->queued_count--;
  memmove(&invite->queued[0], &invite->queued[1],
          invite->queued_count * sizeof invite->queued[0]);
  transmit(r, bytes, status, has_sdp);
  msip_bytes_drop(bytes);
}

void msip_reliable_continue(struct msip_request *r)
{
  struct msip_invite *invite = r->invite;
  struct msip_bytes *held = invite->held;

  /* An answer of ours was taken, or ours was answered: in use from now on. */
  if (invite->said && invite->rel_has_sdp &&
      r->session->exchange.state == MSIP_OFFER_STABLE)
    invite->committed = true;
  if (r->dead || !r->txn || invite->rel.unacked)
    return;
  if (held && invite->queued_count == 0) {
    invite->held = NULL;
    if (msip_invite_send_final(r, held, invite->held_status) != 0)
      msip_request_end(r);
    msip_bytes_drop(held);
  } else if (invite->queued_count > 0) {
    next_queued(r);
  }
}
