#include "dialog/dialog.h"

#include "message/build.h"
#include "uri/nameaddr.h"
#include "uri/param.h"
#include "uri/uri.h"

enum { MAX_FORWARDS = 70 };

static struct msip_str place(char **at, struct msip_str s)
{
  struct msip_str kept = {*at, s.len};

  if (s.len)
    memcpy(*at, s.at, s.len);
  *at += s.len;
  return kept;
}

/* Total length of the Record-Route list with ", " between the values. */
static size_t routes_length(const struct msip_msg *m)
{
  struct msip_values v;
  struct msip_str value;
  size_t len = 0;

  for (msip_values_init(&v, m, MSIP_H_RECORD_ROUTE);
       msip_values_next(&v, &value);)
    len += value.len + 2;
  return len;
}

static struct msip_str place_routes(char **at, const struct msip_msg *m)
{
  struct msip_values v;
  struct msip_str value;
  char *start = *at;

  for (msip_values_init(&v, m, MSIP_H_RECORD_ROUTE);
       msip_values_next(&v, &value);) {
    if (*at != start)
      place(at, MSIP_STR(", "));
    place(at, value);
  }
  return msip_str_span(start, *at);
}

/* Folds (12.2.1.1 copies the values, not their line breaks) become spaces; the
 * length stays. */
static void flatten(char *text, size_t len)
{
  if (!memchr(text, '\r', len) && !memchr(text, '\n', len))
    return;
  for (size_t i = 0; i < len; i++)
    if (text[i] == '\r' || text[i] == '\n')
      text[i] = ' ';
}

struct msip_str msip_dialog_contact_of(const struct msip_msg *m)
{
  struct msip_nameaddr contact;
  struct msip_values v;
  struct msip_str value;

  msip_values_init(&v, m, MSIP_H_CONTACT);
  if (!msip_values_next(&v, &value) ||
      msip_nameaddr_parse(&contact, value, NULL) != 0 || contact.star)
    return MSIP_STR("");
  return contact.uri;
}

int msip_dialog_init_uas(struct msip_dialog *d, struct msip_pool *pool,
                         const struct msip_msg *request,
                         struct msip_str local_tag)
{
  struct msip_str target = msip_dialog_contact_of(request);
  size_t room = request->call_id.len + local_tag.len * 2 +
                request->from_tag.len + request->from.len + request->to.len +
                MSIP_STR(";tag=").len + routes_length(request) + 1;
  struct msip_dialog made = {.pool = pool, .remote_seq = request->cseq};
  char *at;

  if (target.len == 0)
    return MSIP_ESYNTAX;
  made.text = at = msip_pool_take(pool, room);
  if (!at)
    return MSIP_ENOMEM;
  made.text_room = (uint32_t)room;
  if (msip_dialog_set_target(&made, target) != 0) {
    msip_pool_give(pool, made.text, room);
    return MSIP_ENOMEM;
  }
  made.call_id = place(&at, request->call_id);
  made.local_tag = place(&at, local_tag);
  made.remote_tag = place(&at, request->from_tag);
  made.remote = place(&at, request->from);
  made.local = place(&at, request->to);
  if (request->to_tag.len == 0) {
    made.local.len += place(&at, MSIP_STR(";tag=")).len;
    made.local.len += place(&at, local_tag).len;
  }
  made.routes = place_routes(&at, request);
  flatten(made.text, (size_t)(at - made.text));
  made.secure = msip_str_istarts(request->ruri, MSIP_STR("sips:")) &&
                request->flow.transport >= MSIP_TLS;
  *d = made;
  return 0;
}

/* A block of `room` bytes for the texts, and a copy of the target. */
static int begin(struct msip_dialog *d, struct msip_str target, size_t room)
{
  d->text = msip_pool_take(d->pool, room);
  if (!d->text)
    return MSIP_ENOMEM;
  d->text_room = (uint32_t)room;
  if (msip_dialog_set_target(d, target) == 0)
    return 0;
  msip_pool_give(d->pool, d->text, room);
  return MSIP_ENOMEM;
}

int msip_dialog_init_form(struct msip_dialog *d, struct msip_pool *pool,
                          const struct msip_dialog_form *form)
{
  struct msip_dialog made = {.pool = pool};
  size_t room = form->call_id.len + form->local_tag.len * 2 + form->local.len +
                form->remote.len + form->routes.len + MSIP_STR(";tag=").len + 1;
  char *at;

  if (begin(&made, form->target, room) != 0)
    return MSIP_ENOMEM;
  at = made.text;
  made.call_id = place(&at, form->call_id);
  made.local_tag = place(&at, form->local_tag);
  made.remote_tag = MSIP_STR("");
  made.local = place(&at, form->local);
  made.local.len += place(&at, MSIP_STR(";tag=")).len;
  made.local.len += place(&at, form->local_tag).len;
  made.remote = place(&at, form->remote);
  made.routes = place(&at, form->routes);
  *d = made;
  return 0;
}

/* The values of Record-Route, last first (12.1.2). */
static struct msip_str place_reversed(char **at, const struct msip_msg *m)
{
  size_t len = routes_length(m);
  char *end = *at + len, *start = end;
  struct msip_values v;
  struct msip_str value;

  for (msip_values_init(&v, m, MSIP_H_RECORD_ROUTE);
       msip_values_next(&v, &value);) {
    if (start != end) {
      start -= 2;
      memcpy(start, ", ", 2);
    }
    start -= value.len;
    memcpy(start, value.at, value.len);
  }
  *at = end;
  return msip_str_span(start, end);
}

/* `from` with the remote side and the route set of the response. */
static int answered(struct msip_dialog *d, const struct msip_dialog *from,
                    const struct msip_msg *response)
{
  struct msip_str target = msip_dialog_contact_of(response);
  struct msip_dialog made = {.pool = from->pool,
                             .local_seq = from->local_seq,
                             .remote_seq = from->remote_seq,
                             .secure = from->secure};
  size_t room = from->call_id.len + from->local_tag.len + from->local.len +
                response->to.len + response->to_tag.len +
                routes_length(response) + 1;
  char *at;

  if (begin(&made, target.len ? target : from->target, room) != 0)
    return MSIP_ENOMEM;
  at = made.text;
  made.call_id = place(&at, from->call_id);
  made.local_tag = place(&at, from->local_tag);
  made.remote_tag = place(&at, response->to_tag);
  made.local = place(&at, from->local);
  made.remote = place(&at, response->to);
  made.routes = place_reversed(&at, response);
  flatten(made.text, (size_t)(at - made.text));
  *d = made;
  return 0;
}

int msip_dialog_init_uac(struct msip_dialog *d, const struct msip_dialog *form,
                         const struct msip_msg *response)
{
  return answered(d, form, response);
}

int msip_dialog_confirm(struct msip_dialog *d, const struct msip_msg *response)
{
  struct msip_dialog made;
  int err = answered(&made, d, response);

  if (err)
    return err;
  made.node = d->node; /* its place in the table: the ids are the same */
  msip_dialog_fini(d);
  *d = made;
  return 0;
}

void msip_dialog_fini(struct msip_dialog *d)
{
  if (d->target.len)
    msip_pool_give(d->pool, (void *)(uintptr_t)d->target.at, d->target.len);
  msip_pool_give(d->pool, d->text, d->text_room);
  d->text = NULL;
  d->target = MSIP_STR("");
}

uint64_t msip_dialog_hash(const struct msip_rand *rand, struct msip_str call_id,
                          struct msip_str local_tag, struct msip_str remote_tag)
{
  struct msip_hasher h = msip_hash_start(rand, 1);

  msip_hash_add(&h, call_id);
  msip_hash_add_fold(&h, local_tag);
  msip_hash_add_fold(&h, remote_tag);
  return msip_hash_value(&h);
}

bool msip_dialog_is(const struct msip_dialog *d, struct msip_str call_id,
                    struct msip_str local_tag, struct msip_str remote_tag)
{
  return msip_str_eq(d->call_id, call_id) &&
         msip_str_ieq(d->local_tag, local_tag) &&
         msip_str_ieq(d->remote_tag, remote_tag);
}

int msip_dialog_set_target(struct msip_dialog *d, struct msip_str uri)
{
  char *copy;

  if (msip_str_eq(d->target, uri))
    return 0;
  copy = msip_pool_take(d->pool, uri.len);
  if (!copy)
    return MSIP_ENOMEM;
  memcpy(copy, uri.at, uri.len);
  if (d->target.len)
    msip_pool_give(d->pool, (void *)(uintptr_t)d->target.at, d->target.len);
  d->target = msip_str_of(copy, uri.len);
  d->moved = true;
  return 0;
}

struct msip_str msip_dialog_route(const struct msip_dialog *d, unsigned i)
{
  struct msip_str rest = d->routes, route;

  while (msip_value_cut(&rest, &route))
    if (i-- == 0)
      return route;
  return MSIP_STR("");
}

static bool is_loose(struct msip_str uri_text)
{
  struct msip_uri uri;
  struct msip_param lr;

  return msip_uri_parse(&uri, uri_text, NULL) == 0 &&
         msip_param_find(uri.params, MSIP_STR("lr"), &lr);
}

static struct msip_str first_route_uri(const struct msip_dialog *d)
{
  struct msip_nameaddr route;

  if (d->routes.len == 0 ||
      msip_nameaddr_parse(&route, msip_dialog_route(d, 0), NULL) != 0)
    return MSIP_STR("");
  return route.uri;
}

struct msip_str msip_dialog_next_hop(const struct msip_dialog *d)
{
  struct msip_str route = first_route_uri(d);

  return route.len ? route : d->target;
}

void msip_dialog_build(struct msip_buf *buf, const struct msip_dialog *d,
                       const struct msip_dialog_request *request)
{
  struct msip_str name =
      request->name.len ? request->name : msip_method_name(request->method);
  struct msip_str first = first_route_uri(d), rest = d->routes, route;
  bool strict = first.len > 0 && !is_loose(first);

  msip_build_request_line(buf, name, strict ? first : d->target);
  msip_build_via(buf, request->transport, request->sent_by, request->branch);
  msip_build_number(buf, MSIP_H_MAX_FORWARDS,
                    MAX_FORWARDS - (uint32_t)request->hops_spent);
  if (strict)
    msip_value_cut(&rest, &route);
  while (msip_value_cut(&rest, &route))
    msip_build_header(buf, MSIP_H_ROUTE, route);
  if (strict) {
    char *room = msip_pool_take(buf->pool, d->target.len + 2);

    if (!room) {
      buf->err = MSIP_ENOMEM;
      return;
    }
    room[0] = '<';
    memcpy(room + 1, d->target.at, d->target.len);
    room[d->target.len + 1] = '>';
    msip_build_header(buf, MSIP_H_ROUTE, msip_str_of(room, d->target.len + 2));
    msip_pool_give(buf->pool, room, d->target.len + 2);
  }
  msip_build_header(buf, MSIP_H_FROM, d->local);
  msip_build_header(buf, MSIP_H_TO, d->remote);
  msip_build_header(buf, MSIP_H_CALL_ID, d->call_id);
  msip_build_cseq(buf, request->cseq, name);
}
