#include "message/via.h"

#include "uri/param.h"
#include "uri/scan.h"
#include "uri/uri.h"

static int fail(struct msip_fault *fault, struct msip_str value, const char *at,
                const char *what)
{
  if (fault)
    *fault = (struct msip_fault){.what = what, .at = (unsigned)(at - value.at)};
  return MSIP_ESYNTAX;
}

/* One token, then what follows behind LWS.  NULL when there is no token. */
static const char *token(const char *at, const char *end, struct msip_str *out)
{
  const char *stop = at;

  while (stop < end && msip_is_token(*stop))
    stop++;
  *out = msip_str_span(at, stop);
  return stop == at ? NULL : msip_skip_lws(stop, end);
}

/* "SIP/2.0/" and the transport, LWS around each slash (20.42). */
static const char *protocol(const char *at, const char *end,
                            struct msip_str *transport)
{
  struct msip_str word[3];

  if (end - at > 8 && memcmp(at, "SIP/2.0/", 8) == 0 && msip_is_token(at[8]))
    return token(at + 8, end, transport);
  for (int i = 0; i < 3; i++) {
    if (i > 0 && (at == end || *at++ != '/'))
      return NULL;
    at = token(msip_skip_lws(at, end), end, &word[i]);
    if (!at)
      return NULL;
  }
  if (!msip_str_ieq(word[0], MSIP_STR("SIP")) ||
      !msip_str_eq(word[1], MSIP_STR("2.0")))
    return NULL;
  *transport = word[2];
  return at;
}

static const char *sent_by(struct msip_via *via, const char *at,
                           const char *end)
{
  const char *stop = msip_host_skip(at, end);
  uint32_t port;

  if (!stop ||
      (stop < end && *stop != ':' && *stop != ';' && !msip_is_lws(*stop)))
    return NULL;
  via->host = msip_str_span(at, stop);
  at = msip_skip_lws(stop, end);
  if (at == end || *at != ':')
    return at;
  at = msip_skip_lws(at + 1, end);
  for (stop = at; stop < end && msip_is_digit(*stop);)
    stop++;
  if (msip_str_u32(msip_str_span(at, stop), 65535, &port) != 0 || port == 0)
    return NULL;
  via->port = (uint16_t)port;
  return msip_skip_lws(stop, end);
}

static int number(struct msip_str text, uint32_t max, uint16_t *out)
{
  uint32_t value;

  if (msip_str_u32(text, max, &value) != 0)
    return MSIP_ESYNTAX;
  *out = (uint16_t)value;
  return 0;
}

/* RFC 5118 4.5: received may carry brackets. */
static struct msip_str without_brackets(struct msip_str s)
{
  if (s.len >= 2 && s.at[0] == '[' && s.at[s.len - 1] == ']')
    return msip_str_of(s.at + 1, s.len - 2);
  return s;
}

static int take_param(struct msip_via *via, const struct msip_param *param)
{
  uint16_t ttl;

  switch (param->name.len) {
  case 6:
    if (!msip_str_ieq(param->name, MSIP_STR("branch")))
      break;
    via->branch = param->value;
    return msip_str_is_token(param->value) ? 0 : MSIP_ESYNTAX;
  case 5:
    if (msip_str_ieq(param->name, MSIP_STR("maddr"))) {
      via->maddr = param->value;
    } else if (msip_str_ieq(param->name, MSIP_STR("rport"))) {
      via->has_rport = true;
      return param->value.len ? number(param->value, 65535, &via->rport) : 0;
    }
    break;
  case 8:
    if (msip_str_ieq(param->name, MSIP_STR("received"))) {
      via->has_received = true;
      via->received = without_brackets(param->value);
    }
    break;
  case 3:
    if (msip_str_ieq(param->name, MSIP_STR("ttl")))
      return number(param->value, 255, &ttl);
    break;
  default:
    break;
  }
  return 0;
}

/* One walk over the parameters; 0 at their end. */
static int take_params(struct msip_via *via)
{
  struct msip_str rest = via->params;
  struct msip_param_set seen;
  struct msip_param param;
  int got;

  seen.count = 0;
  for (const char *at = rest.at;
       (got = msip_param_take(&seen, &rest, &param)) == 1; at = rest.at) {
    bool had_rport = via->has_rport;

    if (take_param(via, &param) != 0)
      return MSIP_ESYNTAX;
    if (via->has_rport != had_rport)
      via->rport_text = msip_str_span(at, rest.at);
  }
  return got;
}

int msip_via_parse(struct msip_via *out, struct msip_str value,
                   struct msip_fault *fault)
{
  const struct msip_str none = MSIP_STR("");
  const char *end = value.at + value.len;
  struct msip_via via = {.text = value,
                         .transport = none,
                         .host = none,
                         .branch = none,
                         .received = none,
                         .maddr = none,
                         .params = none,
                         .rport_text = none};
  const char *at = protocol(value.at, end, &via.transport);

  if (!at)
    return fail(fault, value, value.at, "SIP/2.0/transport expected");

  const char *host = at;

  at = sent_by(&via, at, end);
  if (!at)
    return fail(fault, value, host, "host and port expected");
  if (at < end)
    via.params = msip_str_span(at, end);
  if (take_params(&via) != 0)
    return fail(fault, value, at, "malformed or repeated parameter");
  *out = via;
  return 0;
}

static uint16_t port_of(const struct msip_via *via)
{
  if (via->port)
    return via->port;
  return msip_str_ieq(via->transport, MSIP_STR("TLS")) ||
                 msip_str_ieq(via->transport, MSIP_STR("WSS"))
             ? 5061
             : 5060;
}

bool msip_via_same_sent_by(const struct msip_via *a, const struct msip_via *b)
{
  return port_of(a) == port_of(b) && msip_str_ieq(a->host, b->host);
}

bool msip_via_has_cookie(const struct msip_via *via)
{
  const struct msip_str cookie = MSIP_STR("z9hG4bK");

  return via->branch.len > cookie.len && msip_str_istarts(via->branch, cookie);
}
