#include "message/msg.h"

#include "message/msg_check.h"
#include "uri/scan.h"
#include "uri/uri.h"

/* The state of one pass over the bytes. */
struct reader {
  struct msip_msg *m;
  const struct msip_msg_limits *limits;
  const char *at, *end;
  enum msip_header_id twice;       /* a single-value header with two rows */
  uint8_t last[MSIP_HEADER_COUNT]; /* 1 + index of the last row; 0: none */
};

static const struct msip_msg blank = {
    .at = "",
    .method_text = MSIP_STR_INIT(""),
    .ruri = MSIP_STR_INIT(""),
    .reason = MSIP_STR_INIT(""),
    .body = MSIP_STR_INIT(""),
    .via = {.text = MSIP_STR_INIT(""),
            .transport = MSIP_STR_INIT(""),
            .host = MSIP_STR_INIT(""),
            .branch = MSIP_STR_INIT(""),
            .received = MSIP_STR_INIT(""),
            .maddr = MSIP_STR_INIT(""),
            .params = MSIP_STR_INIT(""),
            .rport_text = MSIP_STR_INIT("")},
    .call_id = MSIP_STR_INIT(""),
    .from = MSIP_STR_INIT(""),
    .to = MSIP_STR_INIT(""),
    .from_tag = MSIP_STR_INIT(""),
    .to_tag = MSIP_STR_INIT(""),
    .cseq_method = MSIP_STR_INIT(""),
    .max_forwards = -1,
};

/* Cuts one line off, without its CRLF or LF. */
static struct msip_str take_line(struct reader *r)
{
  const char *begin = r->at;
  const char *stop = memchr(begin, '\n', (size_t)(r->end - begin));

  r->at = stop ? stop + 1 : r->end;
  if (!stop)
    stop = r->end;
  else if (stop > begin && stop[-1] == '\r')
    stop--;
  return msip_str_span(begin, stop);
}

static const char *skip_digits(const char *at, const char *end)
{
  while (at < end && msip_is_digit(*at))
    at++;
  return at;
}

/* "SIP/7.0" is a version, though not ours; "SIP/x" is none. */
static bool is_version(struct msip_str text)
{
  const char *end = text.at + text.len;
  const char *major = text.at + 4, *dot, *stop;

  if (!msip_str_istarts(text, MSIP_STR("SIP/")))
    return false;
  dot = skip_digits(major, end);
  if (dot == major || dot == end || *dot != '.')
    return false;
  stop = skip_digits(dot + 1, end);
  return stop > dot + 1 && stop == end;
}

static void check_version(struct msip_msg *m, struct msip_str version)
{
  if (msip_str_eq(version, MSIP_STR("SIP/2.0")))
    return;
  if (!is_version(version))
    msip_msg_fault(m, 400, "Malformed SIP-Version");
  else if (!msip_str_ieq(version, MSIP_STR("SIP/2.0")))
    msip_msg_fault(m, 505, "Version Not Supported");
}

/* "SIP/2.0 180 Ringing"; the space before an empty reason may be missing. */
static int status_line(struct msip_msg *m, struct msip_str line)
{
  uint32_t status;

  if (!msip_str_istarts(line, MSIP_STR("SIP/2.0 ")) || line.len < 11 ||
      msip_str_u32(msip_str_of(line.at + 8, 3), 699, &status) != 0 ||
      status < 100)
    return MSIP_ESYNTAX;
  if (line.len > 11 && line.at[11] != ' ')
    return MSIP_ESYNTAX;
  m->status = (uint16_t)status;
  if (line.len > 12)
    m->reason = msip_str_of(line.at + 12, line.len - 12);
  return msip_str_is_line(m->reason) ? 0 : MSIP_ESYNTAX;
}

static void check_ruri(struct msip_msg *m, const struct msip_msg_limits *limits)
{
  struct msip_uri uri;

  if (m->ruri.len > limits->uri)
    msip_msg_exceeds(m, MSIP_EXCESS_URI);
  else if (msip_uri_parse(&uri, m->ruri, NULL) != 0)
    msip_msg_fault(m, 400, "Malformed Request-URI");
  else if (uri.headers.len) /* 19.1.1: no headers in a Request-URI */
    msip_msg_fault(m, 400, "Headers In Request-URI");
}

/* Method SP Request-URI SP SIP-Version, with nothing around (7.1). */
static int request_line(struct reader *r, struct msip_str line)
{
  struct msip_msg *m = r->m;
  const char *end = line.at + line.len;
  const char *space = line.at + msip_str_find(line, ' '), *tail, *version;

  m->method_text = msip_str_span(line.at, space);
  if (space == end || !msip_str_is_token(m->method_text))
    return MSIP_ESYNTAX;
  for (tail = end; tail[-1] == ' ' || tail[-1] == '\t';)
    tail--;
  for (version = tail; version > space && version[-1] != ' ';)
    version--;
  if (version <= space + 1 ||
      !msip_str_istarts(msip_str_span(version, tail), MSIP_STR("SIP/")))
    return MSIP_ESYNTAX;
  m->method = msip_method_of(m->method_text);
  m->ruri = msip_str_trim(msip_str_span(space + 1, version - 1));
  check_version(m, msip_str_span(version, tail));
  if (tail != end || m->ruri.at != space + 1 ||
      m->ruri.at + m->ruri.len != version - 1)
    msip_msg_fault(m, 400, "Malformed Request-Line");
  check_ruri(m, r->limits);
  return 0;
}

/* Moves behind a header's value, folds included, and returns where the value
 * ends.  A control byte is met at every line end, so this is where a lone CR
 * or a NUL outside a quoted-pair is found. */
static const char *take_value(struct reader *r)
{
  const char *p = r->at, *end = r->end;

  while ((p = msip_scan_control(p, end)) < end) {
    const char *stop = p;

    if (*p == '\r' && end - p > 1 && p[1] == '\n')
      p++;
    if (*p == '\n') {
      p++;
      if (p == end || (*p != ' ' && *p != '\t')) {
        r->at = p;
        return stop;
      }
      r->m->folded = true;
      continue;
    }
    if (*p == '\r') {
      r->m->folded = true;
      msip_msg_fault(r->m, 400, "Lone CR");
    } else if (*p == '\0' && p[-1] != '\\') {
      msip_msg_fault(r->m, 400, "NUL In Header");
    }
    p++;
  }
  r->at = end;
  return end;
}

static void add_row(struct reader *r, enum msip_header_id id,
                    struct msip_str name, struct msip_str value)
{
  struct msip_msg *m = r->m;
  uint8_t number = (uint8_t)(m->header_count + 1);

  m->header[m->header_count++] = (struct msip_header){
      .name_at = (uint32_t)(name.at - m->at),
      .value_at = (uint32_t)(value.at - m->at),
      .name_len = (uint16_t)name.len,
      .value_len = (uint16_t)value.len,
      .id = (uint8_t)id,
  };
  if (!m->first[id]) {
    m->first[id] = number;
  } else {
    m->header[r->last[id] - 1].next = number;
    if (msip_header_kind(id) == MSIP_HEADER_ONE)
      r->twice = id;
  }
  r->last[id] = number;
}

/* Reads "Name:" and moves behind it.  A name that is known needs no look at
 * its bytes, and most are known. */
static bool take_name(struct reader *r, enum msip_header_id *id,
                      struct msip_str *name)
{
  const char *begin = r->at, *end = r->end;
  const char *colon = msip_scan((struct msip_class){.a = ':'}, begin,
                                end - begin > 16 ? begin + 16 : end);

  *name = msip_str_span(begin, colon);
  *id = msip_header_of(*name);
  if (colon == end || *colon != ':' || *id == MSIP_HEADER_OTHER) {
    for (colon = begin; colon < end && msip_is_token(*colon);)
      colon++;
    *name = msip_str_span(begin, colon);
    *id = msip_header_of(*name);
    while (colon < end && (*colon == ' ' || *colon == '\t'))
      colon++;
    if (name->len == 0 || colon == end || *colon != ':')
      return false;
  }
  r->at = colon + 1;
  return true;
}

/* One header with its folds.  A row that cannot be one is left out. */
static void take_row(struct reader *r)
{
  const char *begin = r->at, *value_at, *value_end;
  struct msip_str name, value;
  enum msip_header_id id;

  if (!take_name(r, &id, &name)) {
    msip_msg_fault(r->m, 400, "Malformed Header Line");
    take_line(r);
    return;
  }
  value_at = r->at;
  value_end = take_value(r);
  value_at = msip_skip_lws(value_at, value_end);
  while (value_end > value_at && msip_is_lws(value_end[-1]))
    value_end--;
  value = msip_str_span(value_at, value_end);
  if (r->at - begin > r->limits->header_line)
    msip_msg_exceeds(r->m, MSIP_EXCESS_HEADER_LINE);
  if (name.len <= UINT16_MAX && value.len <= UINT16_MAX)
    add_row(r, id, name, value);
  else
    msip_msg_exceeds(r->m, MSIP_EXCESS_HEADER_LINE);
}

static void take_rows(struct reader *r)
{
  uint32_t max = r->limits->headers < MSIP_MSG_HEADERS_MAX
                     ? r->limits->headers
                     : MSIP_MSG_HEADERS_MAX;

  while (r->at < r->end) {
    bool crlf = *r->at == '\r' && r->end - r->at > 1 && r->at[1] == '\n';

    if (crlf || *r->at == '\n') {
      r->at += crlf ? 2 : 1;
      return;
    }
    if (r->m->header_count == max) {
      msip_msg_exceeds(r->m, MSIP_EXCESS_HEADERS);
      r->at = r->end;
      return;
    }
    take_row(r);
  }
  msip_msg_fault(r->m, 400, "Missing Empty Line");
}

static int drop(struct msip_fault *fault, const char *what, size_t at)
{
  if (fault)
    *fault = (struct msip_fault){.what = what, .at = (unsigned)at};
  return MSIP_ESYNTAX;
}

int msip_msg_parse(struct msip_msg *m, struct msip_header *rows,
                   struct msip_str bytes, const struct msip_msg_limits *limits,
                   struct msip_fault *fault)
{
  struct reader r = {
      .m = m, .limits = limits, .at = bytes.at, .end = bytes.at + bytes.len};
  struct msip_flow flow = m->flow;
  msip_time received_at = m->received_at;

  while (r.at < r.end && (*r.at == '\r' || *r.at == '\n'))
    r.at++; /* 7.5 */
  *m = blank;
  m->flow = flow;
  m->received_at = received_at;
  m->at = r.at;
  m->header = rows;
  m->len = (uint32_t)(r.end - r.at);
  if (m->len > limits->message)
    msip_msg_exceeds(m, MSIP_EXCESS_MESSAGE);

  struct msip_str line = take_line(&r);
  bool response = msip_str_istarts(line, MSIP_STR("SIP/"));

  if (response ? status_line(m, line) : request_line(&r, line))
    return drop(fault, "SIP start line expected", (size_t)(m->at - bytes.at));
  take_rows(&r);
  m->body = msip_str_span(r.at, r.end);
  if (msip_msg_check(m, r.twice, limits->message) != 0)
    return drop(fault, "Via expected", (size_t)(r.at - bytes.at));
  if (response && m->fault_status)
    return drop(fault, m->fault_reason, (size_t)(r.at - bytes.at));
  return 0;
}
