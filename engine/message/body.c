#include "message/body.h"

#include "message/disposition.h"
#include "message/multipart.h"

static int search(const struct msip_part *part, unsigned depth,
                  struct msip_str *sdp);

/* The parts of one multipart body.  Of multipart/alternative one part that is
 * understood is enough; of the others all that are not optional must be. */
static int search_parts(const struct msip_ctype *type, struct msip_str body,
                        unsigned depth, struct msip_str *sdp)
{
  bool alternative = msip_str_ieq(type->subtype, MSIP_STR("alternative"));
  struct msip_multipart mp;
  struct msip_part part;
  int got, found = 0, unsupported = 0, usable = 0;

  if (depth == MSIP_PART_DEPTH_MAX || msip_multipart_init(&mp, type, body) != 0)
    return MSIP_ESYNTAX;
  while ((got = msip_multipart_next(&mp, &part)) == 1) {
    struct msip_str one;
    int result = search(&part, depth + 1, &one);

    if (result == MSIP_ESYNTAX)
      return result;
    if (result == MSIP_EUNSUPPORTED)
      unsupported++;
    else
      usable++;
    if (result == 1 && !found) {
      *sdp = one;
      found = 1;
    }
  }
  if (got != 0)
    return MSIP_ESYNTAX;
  if (unsupported && !(alternative && usable))
    return MSIP_EUNSUPPORTED;
  return found;
}

static bool is_plain(struct msip_str encoding)
{
  return encoding.len == 0 || msip_str_ieq(encoding, MSIP_STR("identity"));
}

/* What `part` holds, in the words of msip_msg_session_body. */
static int search(const struct msip_part *part, unsigned depth,
                  struct msip_str *sdp)
{
  struct msip_disposition disposition = {.type = MSIP_STR("")};
  struct msip_ctype type;
  int not_ours;

  if (part->disposition.len &&
      msip_disposition_parse(&disposition, part->disposition) != 0)
    return MSIP_ESYNTAX;
  not_ours = disposition.optional ? 0 : MSIP_EUNSUPPORTED;
  /* RFC 2046 5.2: a part that says nothing is plain text. */
  if (part->content_type.len == 0)
    return not_ours;
  if (msip_ctype_parse(&type, part->content_type) != 0)
    return MSIP_ESYNTAX;
  if (!is_plain(part->encoding))
    return not_ours;
  if (msip_str_ieq(type.type, MSIP_STR("multipart"))) {
    int result = search_parts(&type, part->body, depth, sdp);

    return result == MSIP_EUNSUPPORTED ? not_ours : result;
  }
  if (!msip_str_ieq(type.type, MSIP_STR("application")) ||
      !msip_str_ieq(type.subtype, MSIP_STR("sdp")))
    return not_ours;
  if (disposition.type.len &&
      !msip_str_ieq(disposition.type, MSIP_STR("session")))
    return not_ours;
  *sdp = part->body;
  return 1;
}

int msip_msg_session_body(const struct msip_msg *m, struct msip_str *sdp)
{
  /* What nearly every message has; the search below would say the same. */
  if (m->body.len && !msip_msg_has(m, MSIP_H_CONTENT_DISPOSITION) &&
      !msip_msg_has(m, MSIP_H_CONTENT_ENCODING) &&
      msip_str_eq(msip_msg_value(m, MSIP_H_CONTENT_TYPE),
                  MSIP_STR("application/sdp"))) {
    *sdp = m->body;
    return 1;
  }

  struct msip_part whole = {
      .headers = MSIP_STR(""),
      .content_type = msip_msg_value(m, MSIP_H_CONTENT_TYPE),
      .disposition = msip_msg_value(m, MSIP_H_CONTENT_DISPOSITION),
      .encoding = msip_msg_value(m, MSIP_H_CONTENT_ENCODING),
      .body = m->body,
  };

  if (m->body.len == 0)
    return 0;
  if (whole.content_type.len == 0)
    return MSIP_ESYNTAX;
  return search(&whole, 0, sdp);
}
