/* Requests of ours outside a dialog (RFC 3261 8.1.1). */
#include "ua/interest.h"
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "uri/nameaddr.h"
#include "uri/uri.h"

enum { TEXT_MAX = 8192, CALL_ID_LEN = 24 };

#define ANONYMOUS "\"Anonymous\" <sip:anonymous@anonymous.invalid>"

static int check_uri(struct msip_ua *ua, struct msip_str text, const char *why)
{
  struct msip_uri uri;

  if (!msip_str_is_line(text) || msip_uri_parse(&uri, text, NULL) != 0)
    return msip_because(ua, MSIP_EINVALID, why);
  return 0;
}

/* Writes a URI or name-addr as "Display <uri>": From and To have no other
 * parameters than a tag of ours.  `*uri` borrows from `text`. */
static int write_party(struct msip_ua *ua, struct msip_buf *buf,
                       struct msip_str text, struct msip_str *uri,
                       const char *why)
{
  struct msip_nameaddr na = {.display = MSIP_STR(""), .uri = text};

  if (msip_str_find(text, '<') < text.len &&
      (!msip_str_is_line(text) || msip_nameaddr_parse(&na, text, NULL) != 0))
    return msip_because(ua, MSIP_EINVALID, why);
  if (check_uri(ua, na.uri, why) != 0)
    return MSIP_EINVALID;
  if (na.display.len) {
    msip_buf_add(buf, na.display);
    msip_buf_char(buf, ' ');
  }
  msip_buf_char(buf, '<');
  msip_buf_add(buf, na.uri);
  msip_buf_char(buf, '>');
  *uri = na.uri;
  return 0;
}

static int check_routes(struct msip_ua *ua, struct msip_str routes)
{
  struct msip_str rest = routes, route;
  struct msip_nameaddr na;
  struct msip_uri uri;

  while (msip_value_cut(&rest, &route))
    if (!msip_str_is_line(route) ||
        msip_nameaddr_parse(&na, route, NULL) != 0 || !na.bracketed ||
        msip_uri_parse(&uri, na.uri, NULL) != 0)
      return msip_because(ua, MSIP_EINVALID, "route: one is no <URI>");
  return 0;
}

static int check(struct msip_ua *ua, const struct msip_start *start)
{
  int err = msip_reply_check(ua, start->options, 0, 0);

  if (!err)
    err = check_routes(ua, start->routes);
  if (!err && start->contact.len)
    err = check_uri(ua, start->contact, "contact: no URI");
  if (!err && start->uri.len)
    err = check_uri(ua, start->uri, "uri: no URI");
  if (!err && (!msip_str_is_line(start->call_id) ||
               msip_str_find(start->call_id, ' ') < start->call_id.len))
    err = msip_because(ua, MSIP_EINVALID, "call_id: a space or line end in it");
  if (!err && start->session_expires &&
      start->session_expires < ua->settings->session_min_se)
    err = msip_because(ua, MSIP_EINVALID,
                       "session_expires: below the setting session.min_se");
  return err;
}

/* The form: all that every try of the request has in common. */
static int make_form(struct msip_outgoing *o, const struct msip_start *start)
{
  struct msip_ua *ua = o->ua;
  struct msip_str from = start->from.len ? start->from : MSIP_STR(ANONYMOUS);
  char tag[MSIP_TAG_LEN], fresh[CALL_ID_LEN];
  struct msip_dialog_form form = {.call_id = start->call_id,
                                  .routes = start->routes};
  struct msip_str from_uri;
  struct msip_buf local, remote;
  int err;

  msip_buf_init(&local, ua->pool, TEXT_MAX);
  msip_buf_init(&remote, ua->pool, TEXT_MAX);
  err = write_party(ua, &local, from, &from_uri, "from: no URI or name-addr");
  if (!err)
    err = write_party(ua, &remote, start->to, &form.target,
                      "to: no URI or name-addr");
  if (!err && (local.err || remote.err))
    err = msip_because(ua, local.err ? local.err : remote.err,
                       "out of memory, or from or to is beyond 8 KiB");
  if (!err) {
    msip_rand_text(&ua->rand, fresh, sizeof fresh);
    if (form.call_id.len == 0)
      form.call_id = msip_str_of(fresh, sizeof fresh);
    msip_late_tag(ua, form.call_id, tag);
    form.local_tag = msip_str_of(tag, sizeof tag);
    form.local = msip_buf_str(&local);
    form.remote = msip_buf_str(&remote);
    if (start->uri.len)
      form.target = start->uri;
    o->form = msip_pool_zero(ua->pool, sizeof *o->form);
    err =
        o->form ? msip_dialog_init_form(o->form, ua->pool, &form) : MSIP_ENOMEM;
    if (err && o->form)
      msip_pool_give(ua->pool, o->form, sizeof *o->form);
    if (err) {
      o->form = NULL;
      msip_because(ua, err, "out of memory");
    } else if (start->cseq)
      o->form->local_seq = start->cseq - 1;
  }
  msip_buf_fini(&local);
  msip_buf_fini(&remote);
  return err;
}

static enum msip_rel100_ask rel100_of(const struct msip_ua *ua,
                                      const struct msip_start *start)
{
  static const enum msip_rel100_ask asks[] = {
      [MSIP_REL100_NO] = MSIP_ASK_NO,
      [MSIP_REL100_SUPPORTED] = MSIP_ASK_SUPPORTED,
      [MSIP_REL100_REQUIRED] = MSIP_ASK_REQUIRED,
  };

  return start->rel100 == MSIP_ASK_DEFAULT ? asks[ua->settings->rel100]
                                           : start->rel100;
}

/* A body whose type nobody gave. */
static struct msip_str default_type(enum msip_method method)
{
  return method == MSIP_MESSAGE ? MSIP_STR("text/plain")
                                : MSIP_STR("application/sdp");
}

static bool has_contact(const struct msip_start *start)
{
  enum msip_method method = start->method;

  if (method == MSIP_REGISTER)
    return !start->no_contact;
  return method == MSIP_INVITE || method == MSIP_SUBSCRIBE ||
         method == MSIP_REFER || method == MSIP_OPTIONS || start->contact.len;
}

static int make_tail(struct msip_outgoing *o, const struct msip_start *start)
{
  struct msip_ua *ua = o->ua;
  enum msip_rel100_ask rel = rel100_of(ua, start);
  bool invite = start->method == MSIP_INVITE;
  struct msip_flow flow;
  int err = msip_outgoing_resolve(ua, o->form, &flow);
  struct msip_tail tail = {
      .options = start->options,
      .flow = has_contact(start) ? &flow : NULL,
      .contact = start->contact,
      .type = default_type(start->method),
      .supported = msip_tail_supported(ua, start->method, rel != MSIP_ASK_NO),
      .require = MSIP_STR(""),
      .allow = invite || start->method == MSIP_OPTIONS,
  };

  if (err)
    return err;
  if (start->method == MSIP_REGISTER)
    tail.supported = ua->settings->session_expires
                         ? MSIP_STR("path, timer") /* RFC 3327 5.1 */
                         : MSIP_STR("path");
  if (invite && rel == MSIP_ASK_REQUIRED)
    tail.require = MSIP_STR("100rel");
  o->tail = msip_tail_build(ua, &tail);
  return o->tail ? 0 : msip_because(ua, MSIP_ENOMEM, "out of memory");
}

static int make_call(struct msip_outgoing *o, const struct msip_start *start)
{
  struct msip_ua *ua = o->ua;
  struct msip_call *call = msip_pool_zero(ua->pool, sizeof *call);

  o->call = call;
  if (!call)
    return msip_because(ua, MSIP_ENOMEM, "out of memory");
  msip_list_init(&call->forks);
  call->manual_ack = start->manual_ack;
  call->manual_prack = start->manual_prack;
  o->session_expires = start->has_session_expires
                           ? start->session_expires
                           : ua->settings->session_expires;
  o->insists = start->has_session_expires && start->session_expires > 0;
  if (o->session_expires && ua->settings->session_min_se > 90)
    o->min_se = ua->settings->session_min_se;
  if (!msip_reply_is_sdp(start->options))
    return 0;
  return msip_exchange_move(&call->exchange, ua->pool, MSIP_OFFER_SEND,
                            start->options->body) == 0
             ? 0
             : msip_because(ua, MSIP_ENOMEM, "out of memory");
}

static int make(struct msip_outgoing *o, const struct msip_start *start)
{
  struct msip_ua *ua = o->ua;
  int err = make_form(o, start);

  if (!err)
    err = msip_outgoing_login(o, start->options);
  if (!err && start->name.len) {
    o->name = msip_bytes_copy(ua->pool, start->name);
    err = o->name ? 0 : msip_because(ua, MSIP_ENOMEM, "out of memory");
  }
  if (!err && start->method == MSIP_INVITE)
    err = make_call(o, start);
  if (!err && (start->method == MSIP_SUBSCRIBE || start->method == MSIP_REFER))
    err = msip_interest_make(o, start->options);
  if (!err)
    err = make_tail(o, start);
  if (!err && start->follow && msip_follow_begin(o) != 0)
    err = msip_because(ua, MSIP_ENOMEM, "out of memory");
  return err ? err : msip_outgoing_send(o);
}

int msip_ua_start(struct msip_ua *ua, const struct msip_start *start,
                  struct msip_outgoing **out)
{
  struct msip_outgoing *o;
  int err = check(ua, start);

  if (err)
    return err;
  if (start->method == MSIP_INVITE &&
      ua->census.sessions >= ua->settings->limit_dialogs)
    return msip_because(ua, MSIP_ETOOBIG, "limits.dialogs is reached");
  o = msip_outgoing_new(ua, NULL, start->method);
  if (!o)
    return msip_because(ua, MSIP_ENOMEM, "out of memory");
  o->hops_spent = start->hops_spent;
  err = make(o, start);
  if (err) {
    if (o->interest)
      msip_interest_free(o);
    msip_outgoing_end(o);
    return err;
  }
  o->retries = !start->no_retry;
  *out = o;
  return 0;
}
