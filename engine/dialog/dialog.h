/* dialog/dialog.h -- what two user agents agree on about their call: tags,
 * sequence numbers, route set, remote target (RFC 3261 section 12).
 *
 * A dialog owns its texts.  The local side is us, whoever called.
 */
#pragma once

#include "base/buf.h"
#include "base/map.h"
#include "base/rand.h"
#include "message/msg.h"

struct msip_dialog {
  struct msip_map_node node; /* in the table of whoever owns the dialog */
  struct msip_pool *pool;
  char *text; /* all texts below but the target */
  uint32_t text_room;
  uint32_t local_seq;  /* CSeq of our latest request; 0: none yet */
  uint32_t remote_seq; /* CSeq of the peer's latest request */
  uint32_t target_seq; /* and of the one that moved the target last */
  struct msip_str call_id;
  struct msip_str local_tag;
  struct msip_str remote_tag; /* may be empty (RFC 2543 peers, 12.1.1) */
  struct msip_str local;      /* From of our requests, tag included */
  struct msip_str remote;     /* To of our requests, tag included */
  struct msip_str routes;     /* route set as one comma list, in order */
  struct msip_str target;     /* URI of the peer's Contact; own block */
  bool secure;
  bool moved; /* the next hop may be another one; for who keeps its address */
};

/* 12.1.1: the dialog of an INVITE that came in, with our tag.  MSIP_ENOMEM, or
 * MSIP_ESYNTAX when the request has no usable Contact. */
int msip_dialog_init_uas(struct msip_dialog *d, struct msip_pool *pool,
                         const struct msip_msg *request,
                         struct msip_str local_tag);
/* What a request of ours outside a dialog says; all of it is copied. */
struct msip_dialog_form {
  struct msip_str call_id;
  struct msip_str local_tag;
  struct msip_str local;  /* From without its tag */
  struct msip_str remote; /* To */
  struct msip_str routes; /* preloaded route set, a comma list; may be empty */
  struct msip_str target; /* Request-URI */
};
/* The form of such a request: no dialog yet, but msip_dialog_build writes it
 * alike, as often as it has to be tried.  MSIP_ENOMEM. */
int msip_dialog_init_form(struct msip_dialog *d, struct msip_pool *pool,
                          const struct msip_dialog_form *form);
/* 12.1.2: the dialog that `response` to a request by `form` makes.  A
 * response without a usable Contact leaves the target as it is.
 * MSIP_ENOMEM. */
int msip_dialog_init_uac(struct msip_dialog *d, const struct msip_dialog *form,
                         const struct msip_msg *response);
/* 13.2.2.4: the 2xx decides about the route set and the target of an early
 * dialog.  MSIP_ENOMEM: the dialog stays as it was. */
int msip_dialog_confirm(struct msip_dialog *d, const struct msip_msg *response);
void msip_dialog_fini(struct msip_dialog *d);

/* Call-ID byte by byte, tags as tokens without regard to case. */
uint64_t msip_dialog_hash(const struct msip_rand *rand, struct msip_str call_id,
                          struct msip_str local_tag,
                          struct msip_str remote_tag);
bool msip_dialog_is(const struct msip_dialog *d, struct msip_str call_id,
                    struct msip_str local_tag, struct msip_str remote_tag);

/* The URI of the first Contact; empty when there is none that can be read. */
struct msip_str msip_dialog_contact_of(const struct msip_msg *m);
/* Replaces the remote target.  MSIP_ENOMEM keeps the old one. */
int msip_dialog_set_target(struct msip_dialog *d, struct msip_str uri);

/* The i-th route as written, empty after the last. */
struct msip_str msip_dialog_route(const struct msip_dialog *d, unsigned i);
/* The URI that a request of ours is sent to: the first route, or the target
 * (12.2.1.1). */
struct msip_str msip_dialog_next_hop(const struct msip_dialog *d);

/* What differs from one request in a dialog to the next. */
struct msip_dialog_request {
  enum msip_method method;
  struct msip_str name; /* of a method the engine does not know; else empty */
  uint32_t cseq;
  uint8_t hops_spent;            /* Max-Forwards is 70 less these */
  enum msip_transport transport; /* of the Via */
  struct msip_str sent_by;
  struct msip_str branch;
};

/* Writes the head of a request in the dialog: request line, Via, Max-Forwards,
 * Route, From, To, Call-ID, CSeq.  A first route without lr is a strict router:
 * it becomes the Request-URI and the target goes last (12.2.1.1). */
void msip_dialog_build(struct msip_buf *buf, const struct msip_dialog *d,
                       const struct msip_dialog_request *request);
