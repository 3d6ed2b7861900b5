/* The checks of RFC 3261 8.2 that come before any script, in their order. */
#include "dialog/refresh.h"
#include "message/body.h"
#include "message/build.h"
#include "ua/relay.h"
#include "ua/request_in.h"
#include "ua/subscription_in.h"
#include "uri/uri.h"

/* Who is refused: a request that has an object by now, or only a transaction,
 * or nobody yet. */
struct screen {
  struct msip_ua *ua;
  struct msip_txn *txn;
  struct msip_request *request;
  bool quiet;
};

static bool refuse_with(const struct screen *s, const struct msip_msg *m,
                        const struct msip_refusal *refusal)
{
  if (s->request)
    msip_request_answer(s->request, refusal);
  else if (!s->quiet)
    msip_refuse(s->ua, s->txn, m, refusal);
  return false;
}

static bool refuse(const struct screen *s, const struct msip_msg *m,
                   unsigned status)
{
  return refuse_with(s, m, &(struct msip_refusal){.status = status});
}

/* The Request-URI is well-formed, or the message had a fault. */
static bool knows_scheme(const struct msip_msg *m)
{
  struct msip_uri uri;

  return msip_str_starts(m->ruri, MSIP_STR("sip:")) ||
         (msip_uri_parse(&uri, m->ruri, NULL) == 0 &&
          uri.scheme != MSIP_SCHEME_OTHER);
}

/* 8.2.1, 8.2.2.1 */
static bool method_and_scheme(const struct screen *s, const struct msip_msg *m)
{
  if (m->method == MSIP_METHOD_OTHER && m->to_tag.len == 0 &&
      !(s->ua->served & 1u << MSIP_METHOD_OTHER))
    return refuse(s, m, 501);
  return knows_scheme(m) || refuse(s, m, 416);
}

/* 10.3 step 2: which extensions of registration there are is the business of
 * who serves REGISTER. */
static bool is_for_registrar(const struct msip_ua *ua, const struct msip_msg *m,
                             struct msip_str tag)
{
  return m->method == MSIP_REGISTER && (ua->served & 1u << MSIP_REGISTER) &&
         (msip_str_ieq(tag, MSIP_STR("path")) ||
          msip_str_ieq(tag, MSIP_STR("outbound")) ||
          msip_str_ieq(tag, MSIP_STR("gruu")));
}

/* 8.2.2.3: names just the tags we do not know. */
static bool required_extensions(const struct screen *s,
                                const struct msip_msg *m)
{
  struct msip_buf unknown;
  struct msip_values v;
  struct msip_str tag;
  bool fine;

  if (!msip_msg_has(m, MSIP_H_REQUIRE))
    return true;
  msip_buf_init(&unknown, s->ua->pool, 65535);
  for (msip_values_init(&v, m, MSIP_H_REQUIRE); msip_values_next(&v, &tag);) {
    if (msip_supports(s->ua, tag) || is_for_registrar(s->ua, m, tag))
      continue;
    if (unknown.len)
      msip_buf_lit(&unknown, ", ");
    msip_buf_add(&unknown, tag);
  }
  fine = unknown.len == 0;
  if (!fine)
    refuse_with(s, m,
                &(struct msip_refusal){.status = 420,
                                       .detail = msip_buf_str(&unknown)});
  msip_buf_fini(&unknown);
  return fine;
}

static bool replacement(const struct screen *s, const struct msip_msg *m)
{
  unsigned status =
      msip_msg_has(m, MSIP_H_REPLACES) ? msip_replaces_screen(s->ua, m) : 0;

  return status == 0 || refuse(s, m, status);
}

/* 8.2.3 */
static bool content(const struct screen *s, const struct msip_msg *m,
                    struct msip_facts *facts)
{
  int found;

  if (m->body.len == 0)
    return true;
  if (m->method != MSIP_INVITE && m->method != MSIP_UPDATE &&
      m->method != MSIP_PRACK) {
    struct msip_str coding = msip_msg_value(m, MSIP_H_CONTENT_ENCODING);

    if (coding.len && !msip_str_ieq(coding, MSIP_STR("identity")))
      return refuse(s, m, 415);
    return true;
  }
  found = msip_msg_session_body(m, &facts->sdp);
  facts->has_sdp = found == 1;
  if (found == MSIP_EUNSUPPORTED)
    return refuse(s, m, 415);
  return found >= 0 || refuse(s, m, 400);
}

static bool accepts_sdp(const struct msip_msg *m)
{
  struct msip_values v;
  struct msip_str value, type;

  if (!msip_msg_has(m, MSIP_H_ACCEPT))
    return true;
  for (msip_values_init(&v, m, MSIP_H_ACCEPT); msip_values_next(&v, &value);) {
    struct msip_str rest = value;

    if (!msip_str_cut(&rest, ';', &type))
      continue;
    if (msip_str_ieq(type, MSIP_STR("application/sdp")) ||
        msip_str_ieq(type, MSIP_STR("application/*")) ||
        msip_str_ieq(type, MSIP_STR("*/*")))
      return true;
  }
  return false;
}

/* RFC 4028 section 9 */
static bool session_interval(const struct screen *s, const struct msip_msg *m,
                             struct msip_facts *facts)
{
  facts->has_ask = msip_refresh_read(&facts->ask, m) == 0;
  facts->updates = facts->has_ask
                       ? facts->ask.can_update
                       : msip_msg_lists(m, MSIP_H_ALLOW, MSIP_STR("UPDATE"));
  if (s->ua->settings->session_expires == 0)
    return true;
  if (!facts->has_ask)
    return refuse(s, m, 400);
  return !msip_refresh_too_small(&facts->ask,
                                 s->ua->settings->session_min_se) ||
         refuse(s, m, 422);
}

/* 8.1.1.8, 12.1.1; a target refresh may do without Contact. */
static bool one_contact(const struct screen *s, const struct msip_msg *m)
{
  unsigned contacts = msip_msg_count(m, MSIP_H_CONTACT);
  struct msip_str reason;

  if (contacts == 1 || (contacts == 0 && m->to_tag.len))
    return true;
  reason = contacts ? MSIP_STR("More Than One Contact")
                    : MSIP_STR("Missing Contact");
  refuse_with(s, m, &(struct msip_refusal){.status = 400, .reason = reason});
  return false;
}

static bool invite_terms(const struct screen *s, const struct msip_msg *m,
                         struct msip_facts *facts)
{
  struct msip_str rel = MSIP_STR("100rel");

  if (!one_contact(s, m))
    return false;
  if (!accepts_sdp(m)) {
    refuse_with(s, m,
                &(struct msip_refusal){
                    .status = 406,
                    .warning_code = 399,
                    .warning = MSIP_STR("Accept lacks application/sdp")});
    return false;
  }
  if (s->ua->settings->rel100 == MSIP_REL100_REQUIRED &&
      !msip_msg_lists(m, MSIP_H_SUPPORTED, rel) &&
      !msip_msg_lists(m, MSIP_H_REQUIRE, rel)) {
    refuse_with(s, m, &(struct msip_refusal){.status = 421, .detail = rel});
    return false;
  }
  return session_interval(s, m, facts);
}

static bool is_fit(const struct screen *s, const struct msip_msg *m,
                   struct msip_facts *facts)
{
  struct msip_refusal refusal;

  if (!required_extensions(s, m) || !replacement(s, m) || !content(s, m, facts))
    return false;
  if (m->method == MSIP_INVITE)
    return invite_terms(s, m, facts);
  if (m->method == MSIP_SUBSCRIBE || m->method == MSIP_REFER)
    return one_contact(s, m) && (msip_subscribe_screen(s->ua, m, &refusal) ||
                                 refuse_with(s, m, &refusal));
  if (m->method == MSIP_UPDATE)
    return one_contact(s, m) && session_interval(s, m, facts);
  return true;
}

enum msip_fitness msip_screen(struct msip_ua *ua, struct msip_txn *txn,
                              const struct msip_msg *m,
                              struct msip_facts *facts, bool may_pass)
{
  struct screen s = {.ua = ua, .txn = txn};

  *facts = (struct msip_facts){.sdp = MSIP_STR("")};
  if (!method_and_scheme(&s, m))
    return MSIP_REFUSED;
  s.quiet = may_pass;
  if (is_fit(&s, m, facts))
    return MSIP_FIT;
  return may_pass ? MSIP_UNFIT : MSIP_REFUSED;
}

int msip_request_fit(struct msip_request *r)
{
  struct screen s = {.ua = r->ua, .txn = r->txn, .request = r};
  struct msip_facts facts = {.sdp = MSIP_STR("")};

  if (msip_request_is_relayed(r))
    return msip_because(r->ua, MSIP_ESTATE, "it is being sent on");
  if (r->merged)
    msip_request_answer(r, &(struct msip_refusal){.status = 482});
  else if (!r->unfit)
    return 0;
  else if (is_fit(&s, r->message, &facts)) {
    if (r->invite && msip_msg_has(r->message, MSIP_H_REPLACES))
      msip_replaces_begin(r);
    return 0;
  }
  return msip_because(
      r->ua, MSIP_ESTATE,
      "the engine has refused it: we cannot serve it ourselves");
}
