/* Which way a relayed request came, and where it goes (16.4, 16.6.7, 16.6.8).
 */
#include "message/route.h"
#include "transport/reply_route.h"
#include "ua/relay_in.h"
#include "uri/param.h"
#include "uri/uri.h"

enum {
  SIP_PORT = 5060,
  TOKEN_BITS = 5,
  SEAL_AT = MSIP_BRANCH_LEN - MSIP_RELAY_TOKEN, /* behind 35 random bits */
  /* Each kind of hash from another seed, with room for a port. */
  SEED_TOKEN = 0x30000,
  SEED_LOOP = 0x40000,
  SEED_SEAL = 0x50000,
};

/* 13 characters hold 64 bits; lower case, as hosts and branches fold. */
static struct msip_str spell(uint64_t h, char out[MSIP_RELAY_TOKEN])
{
  static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";

  for (unsigned i = 0; i < MSIP_RELAY_TOKEN; i++, h >>= TOKEN_BITS)
    out[i] = alphabet[h & 31];
  return msip_str_of(out, MSIP_RELAY_TOKEN);
}

void msip_relay_set_key(struct msip_ua *ua)
{
  static const uint64_t public_key[2] = {0x6d6f6f6e736970, 0x72656c6179};
  struct msip_str secret = msip_str_c(ua->settings->proxy_secret);
  struct msip_rand derive;
  uint64_t key[2] = {ua->rand.key[0], ua->rand.key[1]};

  if (secret.len) {
    msip_rand_init(&derive, public_key);
    key[0] = msip_hash(&derive, 1, secret);
    key[1] = msip_hash(&derive, 2, secret);
  }
  msip_rand_init(&ua->seals, key);
}

/* What a Record-Route of ours is good for: one dialog, known by its Call-ID and
 * its caller's tag, in both directions. */
static uint64_t token_of(struct msip_ua *ua, struct msip_str call_id,
                         struct msip_str caller)
{
  struct msip_hasher h = msip_hash_start(&ua->seals, SEED_TOKEN);

  msip_hash_add(&h, call_id);
  msip_hash_add_fold(&h, caller);
  return msip_hash_value(&h);
}

static bool is_token(struct msip_ua *ua, const struct msip_msg *m,
                     struct msip_str user)
{
  char text[MSIP_RELAY_TOKEN];

  return user.len == MSIP_RELAY_TOKEN &&
         (msip_str_eq(user,
                      spell(token_of(ua, m->call_id, m->from_tag), text)) ||
          msip_str_eq(user, spell(token_of(ua, m->call_id, m->to_tag), text)));
}

/* 16.6.4: where peers find us.  The setting `contact` says it for both sides of
 * an address translation. */
static struct msip_str own_name(struct msip_ua *ua, const struct msip_msg *m,
                                struct msip_buf *room)
{
  struct msip_uri uri;

  if (msip_uri_parse(&uri, msip_str_c(ua->settings->contact), NULL) == 0 &&
      uri.host.len) {
    msip_buf_add(room, uri.host);
    if (uri.port) {
      msip_buf_char(room, ':');
      msip_buf_u64(room, uri.port);
    }
  } else {
    msip_addr_format(room, &m->flow.local);
  }
  return msip_buf_str(room);
}

static uint16_t port_of(const struct msip_uri *uri)
{
  return uri->port ? uri->port : SIP_PORT;
}

static bool is_own_host(struct msip_ua *ua, const struct msip_msg *m,
                        const struct msip_uri *uri)
{
  struct msip_addr addr;
  struct msip_uri own;

  if (msip_addr_parse(&addr, uri->host) == 0 &&
      msip_addr_same_ip(&addr, &m->flow.local))
    return port_of(uri) == m->flow.local.port;
  return msip_uri_parse(&own, msip_str_c(ua->settings->contact), NULL) == 0 &&
         msip_str_ieq(own.host, uri->host) && port_of(&own) == port_of(uri);
}

bool msip_relay_own_part(struct msip_ua *ua, const struct msip_msg *m,
                         struct msip_relay *relay)
{
  struct msip_values v;
  struct msip_route route;
  struct msip_uri uri;
  bool ours = false;

  relay->route = MSIP_STR("");
  if (!msip_msg_has(m, MSIP_H_ROUTE))
    return false;
  relay->strict =
      msip_uri_parse(&uri, m->ruri, NULL) == 0 && is_token(ua, m, uri.user);
  ours = relay->strict;
  msip_values_init(&v, m, MSIP_H_ROUTE);
  while (msip_route_next(&v, &route) == 1) {
    bool token = is_token(ua, m, route.uri.user);

    if (!token && !is_own_host(ua, m, &route.uri))
      break;
    ours |= token;
    relay->route = route.text;
    relay->pop++;
  }
  return ours;
}

void msip_relay_own_route(struct msip_ua *ua, struct msip_buf *buf,
                          const struct msip_msg *m, bool with_token)
{
  char text[MSIP_RELAY_TOKEN], room[300];
  struct msip_buf name = {.at = room, .room = sizeof room, .max = sizeof room};

  msip_buf_lit(buf, "<sip:");
  if (with_token) {
    msip_buf_add(buf, spell(token_of(ua, m->call_id, m->from_tag), text));
    msip_buf_char(buf, '@');
  }
  msip_buf_add(buf, own_name(ua, m, &name));
  msip_buf_lit(buf, ";lr>");
}

static void add_rows(struct msip_hasher *h, const struct msip_msg *m,
                     enum msip_header_id id)
{
  for (const struct msip_header *row = msip_msg_row(m, id); row;
       row = msip_msg_next_row(m, row))
    msip_hash_add(h, msip_row_value(m, row));
}

/* All that decides where a request goes, as RFC 5393 4.2.1 wants, with the
 * previous hop: behind an application server a request comes again that is
 * otherwise the same.  Not its Via as a whole, which is never the same. */
uint64_t msip_relay_loop_of(struct msip_ua *ua, const struct msip_msg *m)
{
  struct msip_hasher h = msip_hash_start(&ua->seals, SEED_LOOP + m->via.port);

  msip_hash_add(&h, m->ruri);
  msip_hash_add(&h, m->call_id);
  msip_hash_add(&h, m->from_tag);
  msip_hash_add(&h, m->to_tag);
  msip_hash_add_fold(&h, m->via.host);
  add_rows(&h, m, MSIP_H_ROUTE);
  add_rows(&h, m, MSIP_H_PROXY_REQUIRE);
  add_rows(&h, m, MSIP_H_PROXY_AUTHORIZATION);
  return msip_hash_value(&h) ^ m->cseq;
}

bool msip_branch_is_relay(struct msip_str branch)
{
  return branch.len == MSIP_RELAY_BRANCH && branch.at[MSIP_BRANCH_LEN] == '.';
}

bool msip_relay_has_looped(const struct msip_msg *m, uint64_t loop)
{
  char text[MSIP_RELAY_TOKEN];
  struct msip_str mark = spell(loop, text), value;
  struct msip_values v;
  struct msip_via via;

  for (msip_values_init(&v, m, MSIP_H_VIA); msip_values_next(&v, &value);)
    if (msip_via_parse(&via, value, NULL) == 0 &&
        msip_branch_is_relay(via.branch) &&
        msip_str_eq(
            msip_str_of(via.branch.at + MSIP_BRANCH_LEN + 1, MSIP_RELAY_TOKEN),
            mark))
      return true;
  return false;
}

/* An IPv4 address that came in IPv6 clothes is written as what it is. */
static struct msip_str ip_of(const struct msip_addr *a)
{
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  const char *ip = (const char *)a->ip;

  if (a->family == 4)
    return msip_str_of(ip, 4);
  return memcmp(ip, mapped, sizeof mapped) == 0 ? msip_str_of(ip + 12, 4)
                                                : msip_str_of(ip, 16);
}

/* Nobody but we can say that this branch's responses go there. */
static struct msip_str seal(struct msip_ua *ua, const struct msip_msg *m,
                            struct msip_str random,
                            const struct msip_addr *back, char *out)
{
  struct msip_hasher h = msip_hash_start(&ua->seals, SEED_SEAL + back->port);

  msip_hash_add(&h, random);
  msip_hash_add(&h, m->call_id);
  msip_hash_add_fold(&h, m->from_tag);
  msip_hash_add(&h, ip_of(back));
  return spell(msip_hash_value(&h) ^ m->cseq, out);
}

struct msip_str msip_relay_branch(struct msip_ua *ua,
                                  const struct msip_msg *request, uint64_t loop,
                                  char *out)
{
  struct msip_flow back = request->flow;

  msip_txns_branch(ua->txns, out);
  msip_reply_route(request, &back);
  seal(ua, request, msip_str_of(out, SEAL_AT), &back.remote, out + SEAL_AT);
  out[MSIP_BRANCH_LEN] = '.';
  spell(loop, out + MSIP_BRANCH_LEN + 1);
  return msip_str_of(out, MSIP_RELAY_BRANCH);
}

int msip_relay_way_back(struct msip_ua *ua, const struct msip_msg *response,
                        struct msip_addr *addr)
{
  struct msip_str branch = response->via.branch, value;
  char text[MSIP_RELAY_TOKEN];
  struct msip_addr back;
  struct msip_values v;
  struct msip_via via;

  msip_values_init(&v, response, MSIP_H_VIA);
  if (!msip_branch_is_relay(branch) || !msip_values_next(&v, &value) ||
      !msip_values_next(&v, &value) || msip_via_parse(&via, value, NULL) != 0 ||
      msip_addr_parse(&back, via.received.len ? via.received : via.host) != 0)
    return MSIP_ESYNTAX;
  back.port = via.rport ? via.rport : via.port ? via.port : SIP_PORT;
  if (!msip_str_eq(
          seal(ua, response, msip_str_of(branch.at, SEAL_AT), &back, text),
          msip_str_of(branch.at + SEAL_AT, MSIP_RELAY_TOKEN)))
    return MSIP_ESYNTAX;
  *addr = back;
  return 0;
}

int msip_relay_flow(struct msip_ua *ua, struct msip_str text,
                    struct msip_flow *flow)
{
  struct msip_str host, transport;
  struct msip_addr addr;
  struct msip_uri uri;

  if (msip_uri_parse(&uri, text, NULL) != 0 || uri.scheme != MSIP_SCHEME_SIP)
    return MSIP_EUNSUPPORTED;
  transport = msip_param_value(uri.params, MSIP_STR("transport"));
  if (transport.len && !msip_str_ieq(transport, MSIP_STR("udp")))
    return MSIP_EUNSUPPORTED;
  host = msip_param_value(uri.params, MSIP_STR("maddr"));
  if (host.len == 0)
    host = msip_str_ieq(uri.host, MSIP_STR("localhost")) ? MSIP_STR("127.0.0.1")
                                                         : uri.host;
  if (msip_addr_parse(&addr, host) != 0 || msip_addr_is_group(&addr) ||
      msip_addr_is_any(&addr))
    return MSIP_EUNSUPPORTED;
  addr.port = port_of(&uri);
  return ua->link.open(ua->link.arg, MSIP_UDP, &addr, flow);
}
