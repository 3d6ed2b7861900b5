/* bench/load_call.h -- one re-INVITE call from the caller's side.
 *
 * INVITE with SDP, 180, 200, ACK, re-INVITE (a=sendonly), 200, ACK, BYE, 200.
 * A call turns each response into what to send next; the branch that a response
 * repeats says which call and which step it belongs to.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum load_step {
  LOAD_INVITE,
  LOAD_REINVITE,
  LOAD_BYE,
  LOAD_HELD, /* up, and left like that */
  LOAD_DONE,
  LOAD_FAILED,
};

enum { LOAD_MESSAGE = 1600, LOAD_OUT = 2 };

struct load_message {
  char at[LOAD_MESSAGE];
  size_t len;
};

/* What is the same for every call of a run. */
struct load_run {
  unsigned port; /* of the server, on 127.0.0.1 */
  unsigned own_port;
  unsigned id; /* makes Call-IDs of runs differ */
  bool hold;   /* no BYE */
};

struct load_call {
  uint32_t slot;
  uint32_t number;
  enum load_step step;
  struct load_message request; /* the last one, for repeating it */
  char to[256];                /* its value, tag included once known */
  char target[128];            /* Contact of the peer */
  uint64_t sent_at;            /* microseconds */
  uint64_t repeat_at;
  unsigned repeats;
};

/* A response, as far as a caller cares. */
struct load_response {
  const char *at;
  size_t len;
  unsigned status;
  uint32_t slot;
  uint32_t number;
  enum load_step step; /* of the request it answers */
};

/* Starts call `number`; its INVITE is in call->request. */
void load_call_start(struct load_call *call, const struct load_run *run,
                     uint32_t slot, uint32_t number);

/* False for anything but a response to one of our requests. */
bool load_response_read(struct load_response *out, const char *at, size_t len);

/* One response into the call that it belongs to.  Returns how many messages to
 * send, at most LOAD_OUT, and whether the answered request is over. */
unsigned load_call_step(struct load_call *call, const struct load_run *run,
                        const struct load_response *response,
                        struct load_message *out, bool *answered);

/* The ACK for a 2xx that came again after its call was left: all it needs is in
 * the response.  False when the response wants none. */
bool load_ack_again(const struct load_run *run,
                    const struct load_response *response,
                    struct load_message *out);
