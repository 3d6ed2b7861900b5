/* The checks of RFC 3261 8.2 that come before any script, in their order. */
#include "dialog/refresh.h"
#include "message/body.h"
#include "message/build.h"
#include "ua/subscription_in.h"
#include "uri/uri.h"

static bool refuse(struct msip_ua *ua, struct msip_txn *txn,
                   const struct msip_msg *m, unsigned status)
{
  msip_refuse(ua, txn, m, &(struct msip_refusal){.status = status});
  return false;
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
static bool method_and_scheme(struct msip_ua *ua, struct msip_txn *txn,
                              const struct msip_msg *m)
{
  if (m->method == MSIP_METHOD_OTHER &&
      (m->to_tag.len || !(ua->served & 1u << MSIP_METHOD_OTHER)))
    return refuse(ua, txn, m, 501);
  return knows_scheme(m) || refuse(ua, txn, m, 416);
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
static bool required_extensions(struct msip_ua *ua, struct msip_txn *txn,
                                const struct msip_msg *m)
{
  struct msip_buf unknown;
  struct msip_values v;
  struct msip_str tag;
  bool fine;

  if (!msip_msg_has(m, MSIP_H_REQUIRE))
    return true;
  msip_buf_init(&unknown, ua->pool, 65535);
  for (msip_values_init(&v, m, MSIP_H_REQUIRE); msip_values_next(&v, &tag);) {
    if (msip_supports(ua, tag) || is_for_registrar(ua, m, tag))
      continue;
    if (unknown.len)
      msip_buf_lit(&unknown, ", ");
    msip_buf_add(&unknown, tag);
  }
  fine = unknown.len == 0;
  if (!fine)
    msip_refuse(ua, txn, m,
                &(struct msip_refusal){.status = 420,
                                       .detail = msip_buf_str(&unknown)});
  msip_buf_fini(&unknown);
  return fine;
}

/* 8.2.3 */
static bool content(struct msip_ua *ua, struct msip_txn *txn,
                    const struct msip_msg *m, struct msip_facts *facts)
{
  int found;

  if (m->body.len == 0)
    return true;
  if (m->method != MSIP_INVITE && m->method != MSIP_UPDATE &&
      m->method != MSIP_PRACK) {
    struct msip_str coding = msip_msg_value(m, MSIP_H_CONTENT_ENCODING);

    if (coding.len && !msip_str_ieq(coding, MSIP_STR("identity")))
      return refuse(ua, txn, m, 415);
    return true;
  }
  found = msip_msg_session_body(m, &facts->sdp);
  facts->has_sdp = found == 1;
  if (found == MSIP_EUNSUPPORTED)
    return refuse(ua, txn, m, 415);
  return found >= 0 || refuse(ua, txn, m, 400);
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
static bool session_interval(struct msip_ua *ua, struct msip_txn *txn,
                             const struct msip_msg *m, struct msip_facts *facts)
{
  facts->has_ask = msip_refresh_read(&facts->ask, m) == 0;
  facts->updates = facts->has_ask
                       ? facts->ask.can_update
                       : msip_msg_lists(m, MSIP_H_ALLOW, MSIP_STR("UPDATE"));
  if (ua->settings->session_expires == 0)
    return true;
  if (!facts->has_ask)
    return refuse(ua, txn, m, 400);
  return !msip_refresh_too_small(&facts->ask, ua->settings->session_min_se) ||
         refuse(ua, txn, m, 422);
}

/* 8.1.1.8, 12.1.1; a target refresh may do without Contact. */
static bool one_contact(struct msip_ua *ua, struct msip_txn *txn,
                        const struct msip_msg *m)
{
  unsigned contacts = msip_msg_count(m, MSIP_H_CONTACT);
  struct msip_str reason;

  if (contacts == 1 || (contacts == 0 && m->to_tag.len))
    return true;
  reason = contacts ? MSIP_STR("More Than One Contact")
                    : MSIP_STR("Missing Contact");
  msip_refuse(ua, txn, m,
              &(struct msip_refusal){.status = 400, .reason = reason});
  return false;
}

static bool invite_terms(struct msip_ua *ua, struct msip_txn *txn,
                         const struct msip_msg *m, struct msip_facts *facts)
{
  struct msip_str rel = MSIP_STR("100rel");

  if (!one_contact(ua, txn, m))
    return false;
  if (!accepts_sdp(m)) {
    msip_refuse(ua, txn, m,
                &(struct msip_refusal){
                    .status = 406,
                    .warning_code = 399,
                    .warning = MSIP_STR("Accept lacks application/sdp")});
    return false;
  }
  if (ua->settings->rel100 == MSIP_REL100_REQUIRED &&
      !msip_msg_lists(m, MSIP_H_SUPPORTED, rel) &&
      !msip_msg_lists(m, MSIP_H_REQUIRE, rel)) {
    msip_refuse(ua, txn, m,
                &(struct msip_refusal){.status = 421, .detail = rel});
    return false;
  }
  return session_interval(ua, txn, m, facts);
}

bool msip_screen(struct msip_ua *ua, struct msip_txn *txn,
                 const struct msip_msg *m, struct msip_facts *facts)
{
  *facts = (struct msip_facts){.sdp = MSIP_STR("")};
  if (!method_and_scheme(ua, txn, m) || !required_extensions(ua, txn, m) ||
      !content(ua, txn, m, facts))
    return false;
  if (m->method == MSIP_INVITE)
    return invite_terms(ua, txn, m, facts);
  if (m->method == MSIP_SUBSCRIBE || m->method == MSIP_REFER)
    return one_contact(ua, txn, m) && msip_subscribe_screen(ua, txn, m);
  if (m->method == MSIP_UPDATE)
    return one_contact(ua, txn, m) && session_interval(ua, txn, m, facts);
  return true;
}
