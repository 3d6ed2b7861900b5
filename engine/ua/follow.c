/* Redirections that are followed (RFC 3261 8.1.3.4). */
#include "message/contact.h"
#include "ua/outgoing_in.h"
#include "uri/param.h"
#include "uri/uri.h"

enum { TARGETS = 16, URI_MAX = 1024 };

struct target {
  struct msip_bytes *uri;
  uint16_t q;
  bool tried;
};

/* Every target of one request, tried or not: none is tried twice, and the table
 * ends. */
struct msip_follow {
  unsigned count;
  struct target target[TARGETS];
};

static bool is_known(const struct msip_follow *f, struct msip_str text)
{
  struct msip_uri uri, old;

  if (msip_uri_parse(&uri, text, NULL) != 0)
    return true; /* not worth a try */
  for (unsigned i = 0; i < f->count; i++)
    if (msip_uri_parse(&old, msip_bytes_str(f->target[i].uri), NULL) == 0 &&
        msip_uri_equal(&uri, &old))
      return true;
  return false;
}

static int add(struct msip_outgoing *o, struct msip_str uri, unsigned q)
{
  struct msip_follow *f = o->follow;
  struct target t = {.q = (uint16_t)q};

  if (f->count == TARGETS || is_known(f, uri))
    return 0;
  t.uri = msip_bytes_copy(o->ua->pool, uri);
  if (!t.uri)
    return MSIP_ENOMEM;
  f->target[f->count++] = t;
  return 0;
}

int msip_follow_begin(struct msip_outgoing *o)
{
  o->follow = msip_pool_zero(o->ua->pool, sizeof *o->follow);
  if (!o->follow || add(o, o->form->target, 0) != 0)
    return MSIP_ENOMEM;
  o->follow->target[0].tried = true;
  return 0;
}

void msip_follow_free(struct msip_outgoing *o)
{
  struct msip_follow *f = o->follow;

  for (unsigned i = 0; f && i < f->count; i++)
    msip_bytes_drop(f->target[i].uri);
  msip_pool_give(o->ua->pool, f, sizeof *f);
  o->follow = NULL;
}

/* As a Request-URI: without method parameter and headers. */
static void write_target(struct msip_buf *buf, const struct msip_uri *uri)
{
  struct msip_uri plain = *uri;
  struct msip_str rest = uri->params;
  struct msip_param param;

  plain.params = plain.headers = MSIP_STR("");
  msip_uri_format(buf, &plain);
  while (msip_param_next(&rest, &param) == 1) {
    if (msip_str_ieq(param.name, MSIP_STR("method")))
      continue;
    msip_buf_char(buf, ';');
    msip_buf_add(buf, param.name);
    if (param.has_value)
      msip_buf_char(buf, '=');
    msip_buf_add(buf, param.value);
  }
}

static void add_contact(struct msip_outgoing *o,
                        const struct msip_contact *contact)
{
  struct msip_uri uri;
  struct msip_buf text;

  if (contact->address.star ||
      msip_uri_parse(&uri, contact->address.uri, NULL) != 0 ||
      uri.scheme == MSIP_SCHEME_OTHER)
    return;
  msip_buf_init(&text, o->ua->pool, URI_MAX);
  write_target(&text, &uri);
  if (!text.err)
    add(o, msip_buf_str(&text), contact->q);
  msip_buf_fini(&text);
}

static void add_contacts(struct msip_outgoing *o,
                         const struct msip_msg *response)
{
  struct msip_contact contact;
  struct msip_values v;

  msip_values_init(&v, response, MSIP_H_CONTACT);
  for (int got; (got = msip_contact_next(&v, &contact)) != 0;)
    if (got == 1)
      add_contact(o, &contact);
}

/* The untried one with the highest q, in order. */
static struct target *best(struct msip_follow *f)
{
  struct target *found = NULL;

  for (unsigned i = 0; i < f->count; i++)
    if (!f->target[i].tried && (!found || f->target[i].q > found->q))
      found = &f->target[i];
  return found;
}

bool msip_outgoing_try_next(struct msip_outgoing *o)
{
  struct target *t;

  while (o->follow && (t = best(o->follow))) {
    t->tried = true;
    if (msip_dialog_set_target(o->form, msip_bytes_str(t->uri)) != 0)
      return false;
    if (o->call)
      msip_call_forget(o);
    if (msip_outgoing_send(o) == 0)
      return true;
  }
  return false;
}

bool msip_follow_take(struct msip_outgoing *o, const struct msip_msg *response)
{
  unsigned status = response->status;

  /* A proxy to use or another service is not another address; and after 6xx
   * there is no point in asking elsewhere (21.3.4, 21.3.5, 21.6). */
  if (!o->follow || status == 305 || status == 380 || status >= 600)
    return false;
  if (status < 400)
    add_contacts(o, response);
  return msip_outgoing_try_next(o);
}
