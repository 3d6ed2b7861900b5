/* Where a request of ours goes (RFC 3261 8.1.2, 12.2.1.1). */
#include "ua/outgoing_in.h"
#include "ua/session_in.h"
#include "uri/param.h"
#include "uri/uri.h"

enum { SIP_PORT = 5060 };

/* A numeric host, or "localhost": names are not looked up. */
static int numeric(struct msip_addr *addr, const struct msip_uri *uri)
{
  int err = msip_addr_parse(addr, uri->host);

  if (err && msip_str_ieq(uri->host, MSIP_STR("localhost")))
    err = msip_addr_parse(addr, MSIP_STR("127.0.0.1"));
  addr->port = uri->port ? uri->port : SIP_PORT;
  return err;
}

/* Where the next hop is, when its URI says so in numbers; else where the peer
 * last wrote from. */
struct msip_flow msip_outgoing_path(struct msip_session *s)
{
  struct msip_flow flow = s->flow;
  struct msip_uri uri;

  if (msip_flow_is_reliable(&flow))
    return flow;
  if (s->dialog.moved) {
    s->numeric =
        msip_uri_parse(&uri, msip_dialog_next_hop(&s->dialog), NULL) == 0 &&
        numeric(&s->next_hop, &uri) == 0;
    s->dialog.moved = false;
  }
  if (s->numeric)
    flow.remote = s->next_hop;
  return flow;
}

static bool is_udp(const struct msip_uri *uri)
{
  struct msip_param transport;

  return uri->scheme == MSIP_SCHEME_SIP &&
         (!msip_param_find(uri->params, MSIP_STR("transport"), &transport) ||
          msip_str_ieq(transport.value, MSIP_STR("udp")));
}

int msip_outgoing_resolve(struct msip_ua *ua, const struct msip_dialog *form,
                          struct msip_flow *to)
{
  struct msip_addr addr;
  struct msip_uri uri;

  if (msip_uri_parse(&uri, msip_dialog_next_hop(form), NULL) != 0 ||
      uri.host.len == 0)
    return msip_because(ua, MSIP_EUNSUPPORTED,
                        "the next hop is no SIP URI with a host");
  if (!is_udp(&uri))
    return msip_because(ua, MSIP_EUNSUPPORTED,
                        "the next hop asks for a transport other than UDP");
  if (numeric(&addr, &uri) != 0)
    return msip_because(ua, MSIP_EUNSUPPORTED,
                        "the next hop is a name, and names are not looked up");
  if (ua->link.open(ua->link.arg, MSIP_UDP, &addr, to) != 0)
    return msip_because(ua, MSIP_ETRANSPORT,
                        "no listener of ours reaches the next hop");
  return 0;
}
