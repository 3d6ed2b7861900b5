/* bench/parse.c -- the same INVITE through libosip2 and through our parser.
 *
 * Both give all that a UAS reads: top Via and its branch, tags of From and To,
 * Call-ID, CSeq, Contact URI, Request-URI, body.  The two take turns in one
 * process; the medians of many rounds are compared.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osipparser2/osip_parser.h>

#include "message/msg.h"
#include "uri/nameaddr.h"
#include "uri/uri.h"

enum { ROUNDS = 61, MESSAGES = 2000 };

static const char invite[] =
    "INVITE sip:bob@biloxi.example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP pc33.atlanta.example.com:5060"
    ";branch=z9hG4bK776asdhds83471;rport\r\n"
    "Max-Forwards: 70\r\n"
    "From: \"Alice\" <sip:alice@atlanta.example.com>;tag=1928301774-74bf9\r\n"
    "To: \"Bob\" <sip:bob@biloxi.example.com>\r\n"
    "Call-ID: a84b4c76e66710-38af9d01@pc33.atlanta.example.com\r\n"
    "CSeq: 314159 INVITE\r\n"
    "Contact: <sip:alice@pc33.atlanta.example.com:5060;transport=udp>\r\n"
    "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE\r\n"
    "Supported: replaces, timer, 100rel\r\n"
    "User-Agent: Example Phone 4.2 (build 11702)\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 197\r\n"
    "\r\n"
    "v=0\r\n"
    "o=alice 2890844526 2890844526 IN IP4 192.0.2.33\r\n"
    "s=-\r\n"
    "c=IN IP4 192.0.2.33\r\n"
    "t=0 0\r\n"
    "m=audio 49172 RTP/AVP 0 8 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n";

static_assert(sizeof invite - 1 == 780, "the message of every comparison");

/* A sum over what was read, so that reading cannot be left out. */
static unsigned long sum;

static bool by_osip(void)
{
  osip_message_t *m;
  osip_via_t *via;
  osip_contact_t *contact;
  osip_body_t *body;
  osip_uri_param_t *tag = NULL, *branch = NULL;

  if (osip_message_init(&m) != 0 ||
      osip_message_parse(m, invite, sizeof invite - 1) != 0 ||
      osip_message_get_via(m, 0, &via) < 0 ||
      osip_via_param_get_byname(via, (char *)"branch", &branch) != 0 ||
      osip_from_get_tag(m->from, &tag) != 0 ||
      osip_message_get_contact(m, 0, &contact) < 0 ||
      osip_message_get_body(m, 0, &body) < 0)
    return false;
  sum += strlen(via->host) + strlen(branch->gvalue) + strlen(tag->gvalue) +
         (osip_to_get_tag(m->to, &tag) == 0) + strlen(m->call_id->number) +
         strtoul(m->cseq->number, NULL, 10) + strlen(contact->url->host) +
         strlen(m->req_uri->host) + body->length;
  osip_message_free(m);
  return true;
}

static bool index_only(struct msip_msg *m, struct msip_header *rows)
{
  static const struct msip_msg_limits limits = {65536, 8192, 1024, 128};
  struct msip_fault fault;

  return msip_msg_parse(m, rows, msip_str_of(invite, sizeof invite - 1),
                        &limits, &fault) == 0 &&
         m->fault_status == 0;
}

static bool by_moonsip(void)
{
  struct msip_header rows[128];
  struct msip_msg m;
  struct msip_nameaddr contact;
  struct msip_uri target, ruri;

  if (!index_only(&m, rows) ||
      msip_nameaddr_parse(&contact, msip_msg_value(&m, MSIP_H_CONTACT), NULL) ||
      msip_uri_parse(&target, contact.uri, NULL) ||
      msip_uri_parse(&ruri, m.ruri, NULL))
    return false;
  sum += m.via.host.len + m.via.branch.len + m.from_tag.len +
         (m.to_tag.len > 0) + m.call_id.len + m.cseq + target.host.len +
         ruri.host.len + m.body.len;
  return true;
}

static bool by_moonsip_index(void)
{
  struct msip_header rows[128];
  struct msip_msg m;

  if (!index_only(&m, rows))
    return false;
  sum += m.header_count;
  return true;
}

/* Nanoseconds for one message; negative when it was not understood. */
static double round_of(bool (*parse)(void))
{
  struct timespec from, to;

  clock_gettime(CLOCK_MONOTONIC, &from);
  for (int i = 0; i < MESSAGES; i++)
    if (!parse())
      return -1;
  clock_gettime(CLOCK_MONOTONIC, &to);
  return ((double)(to.tv_sec - from.tv_sec) * 1e9 +
          (double)(to.tv_nsec - from.tv_nsec)) /
         MESSAGES;
}

static int smaller(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static double median(double *times)
{
  qsort(times, ROUNDS, sizeof *times, smaller);
  return times[ROUNDS / 2];
}

int main(void)
{
  static double osip[ROUNDS], ours[ROUNDS], bare[ROUNDS];

  parser_init();
  for (int i = 0; i < ROUNDS; i++) {
    osip[i] = round_of(by_osip);
    ours[i] = round_of(by_moonsip);
    bare[i] = round_of(by_moonsip_index);
    if (osip[i] < 0 || ours[i] < 0 || bare[i] < 0) {
      fprintf(stderr, "bench_parse: the message was refused\n");
      return 1;
    }
  }
  printf("osip_ns=%.0f moonsip_ns=%.0f ratio=%.1f index_ns=%.0f sum=%lu\n",
         median(osip), median(ours), median(osip) / median(ours), median(bare),
         sum);
  return 0;
}
