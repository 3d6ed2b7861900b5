#include "message/forward_path.h"

#include "message/route.h"

static struct msip_str nth_route(const struct msip_msg *m, unsigned n)
{
  struct msip_values v;
  struct msip_str value = MSIP_STR("");

  msip_values_init(&v, m, MSIP_H_ROUTE);
  while (msip_values_next(&v, &value))
    if (n-- == 0)
      return value;
  return MSIP_STR("");
}

/* 16.4: a strict router in front of us put our URI where the target belongs. */
static int restore_target(struct msip_forward_path *path,
                          const struct msip_msg *request)
{
  struct msip_route last;

  if (path->end == 0 ||
      msip_route_parse(&last, nth_route(request, path->end - 1)) != 0)
    return MSIP_ESYNTAX;
  path->ruri = last.address.uri;
  path->end--;
  return 0;
}

/* 16.6.6: a strict router behind us wants its own URI there. */
static void go_strict(struct msip_forward_path *path, bool pushed,
                      struct msip_str uri)
{
  path->last = path->ruri;
  path->ruri = uri;
  if (pushed)
    path->pushed_first++;
  else
    path->first++;
}

int msip_forward_path(struct msip_forward_path *path,
                      const struct msip_forward *f,
                      const struct msip_msg *request)
{
  unsigned count = msip_msg_count(request, MSIP_H_ROUTE);
  struct msip_forward_path made = {
      .ruri = request->ruri, .last = MSIP_STR(""), .end = count};
  struct msip_route route;
  bool pushed = f->route_count > 0;

  if (f->strict && restore_target(&made, request) != 0)
    return MSIP_ESYNTAX;
  made.first = f->pop < made.end ? f->pop : made.end;
  if (f->target.len)
    made.ruri = f->target;
  made.next_hop = made.ruri;
  if (pushed || made.first < made.end) {
    struct msip_str text =
        pushed ? f->routes[0] : nth_route(request, made.first);

    if (msip_route_parse(&route, text) != 0)
      return MSIP_ESYNTAX;
    made.next_hop = route.address.uri;
    if (!route.loose)
      go_strict(&made, pushed, route.address.uri);
  }
  *path = made;
  return 0;
}

int msip_forward_next_hop(struct msip_str *uri, const struct msip_forward *f,
                          const struct msip_msg *request)
{
  struct msip_forward_path path;
  int err = msip_forward_path(&path, f, request);

  if (!err)
    *uri = path.next_hop;
  return err;
}
