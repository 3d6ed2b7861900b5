/* Whatever arrives: slices stay inside the bytes, a kept copy says the same,
 * an answer has the lines it should have and reads back. */
#include "message/body.h"
#include "message/build.h"
#include "message/contact.h"
#include "message/event.h"
#include "message/rack.h"
#include "message/reason.h"
#include "message/replaces.h"
#include "message/route.h"
#include "message/session_expires.h"
#include "message/substate.h"
#include "message/warning.h"

#include <assert.h>

static const struct msip_msg_limits limits = {
    .message = 65536, .header_line = 8192, .uri = 1024, .headers = 128};

static void inside(const struct msip_msg *m, struct msip_str part)
{
  assert(part.at != NULL);
  assert(part.len == 0 ||
         (part.at >= m->at && part.at + part.len <= m->at + m->len));
}

static void check_slices(const struct msip_msg *m)
{
  const struct msip_str parts[] = {
      m->method_text, m->ruri,        m->reason,     m->body,
      m->call_id,     m->from,        m->to,         m->from_tag,
      m->to_tag,      m->cseq_method, m->via.text,   m->via.transport,
      m->via.host,    m->via.branch,  m->via.params, m->via.received,
      m->via.maddr,
  };

  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    inside(m, parts[i]);
  for (unsigned i = 0; i < m->header_count; i++) {
    inside(m, msip_row_name(m, &m->header[i]));
    inside(m, msip_row_value(m, &m->header[i]));
    assert(m->header[i].next == 0 || m->header[i].next > i + 1);
    assert(msip_msg_named(m, msip_row_name(m, &m->header[i])) != NULL);
  }
}

static void check_values(const struct msip_msg *m)
{
  for (int id = 0; id < MSIP_HEADER_COUNT; id++) {
    struct msip_values v;
    struct msip_str value;

    msip_values_init(&v, m, (enum msip_header_id)id);
    while (msip_values_next(&v, &value)) {
      inside(m, value);
      assert(value.len > 0);
    }
  }
}

static void check_fields(const struct msip_msg *m)
{
  for (unsigned i = 0; i < m->header_count; i++) {
    struct msip_str value = msip_row_value(m, &m->header[i]);
    struct msip_rack rack;
    struct msip_event_name event;
    struct msip_substate substate;
    struct msip_reason reason;
    struct msip_replaces replaces;
    struct msip_session_expires se;
    struct msip_warning warning;
    struct msip_contact contact;
    struct msip_route route;

    if (msip_rack_parse(&rack, value) == 0)
      inside(m, rack.method);
    if (msip_event_parse(&event, value) == 0)
      inside(m, event.package);
    if (msip_substate_parse(&substate, value) == 0)
      inside(m, substate.state);
    if (msip_reason_parse(&reason, value) == 0)
      inside(m, reason.text);
    if (msip_replaces_parse(&replaces, value) == 0)
      inside(m, replaces.from_tag);
    if (msip_session_expires_parse(&se, value) == 0)
      inside(m, se.params);
    if (msip_warning_parse(&warning, value) == 0)
      inside(m, warning.text);
    if (msip_contact_parse(&contact, value) == 0)
      assert(contact.q <= 1000);
    if (msip_route_parse(&route, value) == 0)
      inside(m, route.uri.host);
  }
}

static bool same(const struct msip_msg *a, struct msip_str x,
                 const struct msip_msg *b, struct msip_str y)
{
  return msip_str_eq(x, y) && (x.len == 0 || x.at - a->at == y.at - b->at);
}

static void check_kept(struct msip_pool *pool, const struct msip_msg *m)
{
  struct msip_msg *kept = msip_msg_keep(pool, m);

  assert(kept && kept->header_count == m->header_count);
  assert(msip_str_eq(msip_msg_bytes(kept), msip_msg_bytes(m)));
  assert(m->header_count == 0 ||
         memcmp(kept->header, m->header, m->header_count * sizeof *m->header) ==
             0);
  assert(same(kept, kept->body, m, m->body));
  assert(same(kept, kept->via.branch, m, m->via.branch));
  assert(same(kept, kept->via.params, m, m->via.params));
  assert(same(kept, kept->to_tag, m, m->to_tag));
  assert(same(kept, kept->ruri, m, m->ruri));
  check_slices(kept);
  msip_msg_drop(kept);
}

/* Parses what we wrote; a well-formed request must give a good response. */
static void check_answer(struct msip_pool *pool, struct msip_msg *m)
{
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  const struct msip_msg_limits wide = {.message = UINT32_MAX,
                                       .header_line = UINT32_MAX,
                                       .uri = 1024,
                                       .headers = MSIP_MSG_HEADERS_MAX};
  struct msip_msg answer = {.header_count = 0};
  struct msip_buf buf;

  if (!msip_msg_is_request(m))
    return;
  m->flow.remote =
      (struct msip_addr){.family = 4, .port = 5062, .ip = {203, 0, 113, 255}};
  m->received_at = 1;
  msip_buf_init(&buf, pool, 1 << 20);
  msip_build_response(&buf, m, 100, MSIP_STR(""), MSIP_STR("mine"), 12345);
  msip_build_copy(&buf, m, MSIP_H_RECORD_ROUTE);
  msip_build_body(&buf, MSIP_STR(""), MSIP_STR(""), MSIP_STR(""));
  assert(msip_buf_error(&buf) == 0);
  if (m->fault_status == 0) {
    int err = msip_msg_parse(&answer, rows, msip_buf_str(&buf), &wide, NULL);

    assert(err == 0 && answer.status == 100 && answer.body.len == 0);
    assert(answer.cseq == m->cseq);
    assert(msip_str_eq(answer.via.branch, m->via.branch));
    assert(msip_str_eq(answer.from_tag, m->from_tag));
    assert(msip_str_eq(answer.to_tag,
                       m->to_tag.len ? m->to_tag : MSIP_STR("mine")));
    assert(!m->via.has_rport || answer.via.rport == 5062);
  }
  msip_buf_fini(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct msip_str bytes = msip_str_of((const char *)data, size);
  struct msip_header rows[MSIP_MSG_HEADERS_MAX];
  struct msip_fault fault = {NULL, 0};
  struct msip_msg m = {.header_count = 0};
  struct msip_str sdp;
  struct msip_pool pool;

  if (size == 0 || size > 65535)
    return 0;
  if (msip_msg_parse(&m, rows, bytes, &limits, &fault) != 0) {
    assert(fault.what && fault.at <= size);
    return 0;
  }
  msip_pool_init(&pool);
  assert(m.status == 0 || m.fault_status == 0);
  assert((m.fault_status == 0) == (m.fault_reason == NULL));
  check_slices(&m);
  check_values(&m);
  check_fields(&m);
  check_kept(&pool, &m);
  if (msip_msg_session_body(&m, &sdp) == 1)
    inside(&m, sdp);
  check_answer(&pool, &m);
  assert(pool.live_count == 0);
  msip_pool_fini(&pool);
  return 0;
}
