#define _GNU_SOURCE /* memmem, strcasestr */

#include "load_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void write_sdp(char *at, size_t room, enum load_step step)
{
  snprintf(at, room,
           "v=0\r\n"
           "o=load 1 %u IN IP4 127.0.0.1\r\n"
           "s=-\r\n"
           "c=IN IP4 127.0.0.1\r\n"
           "t=0 0\r\n"
           "m=audio 30000 RTP/AVP 0 8 101\r\n"
           "a=rtpmap:0 PCMU/8000\r\n"
           "a=rtpmap:8 PCMA/8000\r\n"
           "a=rtpmap:101 telephone-event/8000\r\n"
           "a=%s\r\n",
           (unsigned)step + 1, step == LOAD_REINVITE ? "sendonly" : "sendrecv");
}

/* `ack` tells the ACK of a step's request from the request itself. */
static void write_request(struct load_message *out,
                          const struct load_call *call,
                          const struct load_run *run, enum load_step step,
                          bool ack)
{
  const char *method = ack ? "ACK" : step == LOAD_BYE ? "BYE" : "INVITE";
  bool offers = !ack && step != LOAD_BYE;
  char sdp[512] = "";
  int len;

  if (offers)
    write_sdp(sdp, sizeof sdp, step);
  len = snprintf(
      out->at, sizeof out->at,
      "%s %s SIP/2.0\r\n"
      "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK-%u-%u-%u-%u%s;rport\r\n"
      "Max-Forwards: 70\r\n"
      "From: \"Load\" <sip:load@127.0.0.1:%u>;tag=l%u-%u\r\n"
      "To: %s\r\n"
      "Call-ID: %u-%u@127.0.0.1\r\n"
      "CSeq: %u %s\r\n"
      "Contact: <sip:load@127.0.0.1:%u>\r\n"
      "%s"
      "Content-Length: %zu\r\n"
      "\r\n"
      "%s",
      method, call->target, run->own_port, run->id, call->slot, call->number,
      (unsigned)step, ack ? "-a" : "", run->own_port, run->id, call->number,
      call->to, run->id, call->number, (unsigned)step + 1, method,
      run->own_port,
      offers ? "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK\r\n"
               "Supported: timer\r\n"
               "User-Agent: load\r\n"
               "Content-Type: application/sdp\r\n"
             : "",
      strlen(sdp), sdp);
  out->len = (size_t)len < sizeof out->at ? (size_t)len : sizeof out->at - 1;
}

void load_call_start(struct load_call *call, const struct load_run *run,
                     uint32_t slot, uint32_t number)
{
  call->slot = slot;
  call->number = number;
  call->step = LOAD_INVITE;
  call->repeats = 0;
  snprintf(call->to, sizeof call->to, "<sip:answer@127.0.0.1:%u>", run->port);
  snprintf(call->target, sizeof call->target, "sip:answer@127.0.0.1:%u",
           run->port);
  write_request(&call->request, call, run, LOAD_INVITE, false);
}

static const char *number_after(const char *at, uint32_t *out)
{
  char *end;

  if (*at != '-')
    return NULL;
  *out = (uint32_t)strtoul(at + 1, &end, 10);
  return end;
}

bool load_response_read(struct load_response *out, const char *at, size_t len)
{
  static const char cookie[] = "z9hG4bK";
  const char *branch = memmem(at, len, cookie, sizeof cookie - 1);
  uint32_t run, step;

  if (len < 16 || memcmp(at, "SIP/2.0 ", 8) != 0 || !branch)
    return false;
  branch += sizeof cookie - 1;
  if (!(branch = number_after(branch, &run)) ||
      !(branch = number_after(branch, &out->slot)) ||
      !(branch = number_after(branch, &out->number)) ||
      !number_after(branch, &step) || step > LOAD_BYE)
    return false;
  out->at = at;
  out->len = len;
  out->status = (unsigned)strtoul(at + 8, NULL, 10);
  out->step = (enum load_step)step;
  return true;
}

/* Copies the value of a header field; keeps `out` when it is missing. */
static void copy_value(const struct load_response *r, const char *name,
                       char *out, size_t room)
{
  const char *at = strcasestr(r->at, name);
  const char *end = at ? strpbrk(at + strlen(name), "\r\n") : NULL;

  if (!end)
    return;
  at += strlen(name);
  at += strspn(at, " \t");
  if ((size_t)(end - at) < room) {
    memcpy(out, at, (size_t)(end - at));
    out[end - at] = '\0';
  }
}

static void learn_target(struct load_call *call, const struct load_response *r)
{
  char contact[256] = "";
  char *uri, *end;

  copy_value(r, "\r\nContact:", contact, sizeof contact);
  uri = strchr(contact, '<');
  end = uri ? strchr(uri, '>') : NULL;
  if (!end || (size_t)(end - uri) > sizeof call->target)
    return;
  *end = '\0';
  memcpy(call->target, uri + 1, (size_t)(end - uri));
}

static enum load_step after(enum load_step step, const struct load_run *run)
{
  if (step == LOAD_INVITE)
    return LOAD_REINVITE;
  if (step == LOAD_REINVITE)
    return run->hold ? LOAD_HELD : LOAD_BYE;
  return LOAD_DONE;
}

unsigned load_call_step(struct load_call *call, const struct load_run *run,
                        const struct load_response *response,
                        struct load_message *out, bool *answered)
{
  enum load_step step = response->step;
  unsigned count = 0;

  *answered = false;
  if (response->status < 200 || step > call->step)
    return 0;
  if (step == call->step) {
    *answered = true;
    if (response->status >= 300) {
      call->step = LOAD_FAILED;
      return 0;
    }
    if (step == LOAD_INVITE) {
      copy_value(response, "\r\nTo:", call->to, sizeof call->to);
      learn_target(call, response);
    }
    call->step = after(step, run);
  }
  if (step != LOAD_BYE) /* a repeated 200 wants its ACK again */
    write_request(&out[count++], call, run, step, true);
  if (*answered && call->step <= LOAD_BYE) {
    write_request(&call->request, call, run, call->step, false);
    out[count++] = call->request;
  }
  return count;
}

bool load_ack_again(const struct load_run *run,
                    const struct load_response *response,
                    struct load_message *out)
{
  struct load_call call = {.slot = response->slot, .number = response->number};

  if (response->step == LOAD_BYE || response->status / 100 != 2)
    return false;
  copy_value(response, "\r\nTo:", call.to, sizeof call.to);
  learn_target(&call, response);
  write_request(out, &call, run, response->step, true);
  return true;
}
