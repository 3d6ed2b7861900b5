/* What parses formats and parses again to an equal URI; slices stay inside. */
#include "uri/nameaddr.h"
#include "uri/param.h"
#include "uri/uri.h"

#include <assert.h>

static void inside(struct msip_str part, struct msip_str whole)
{
  assert(part.at != NULL);
  assert(part.len == 0 ||
         (part.at >= whole.at && part.at + part.len <= whole.at + whole.len));
}

static void check_uri(struct msip_pool *pool, struct msip_str text)
{
  struct msip_fault fault = {NULL, 0};
  struct msip_uri uri, again;
  struct msip_buf buf;

  if (msip_uri_parse(&uri, text, &fault) != 0) {
    assert(fault.what && fault.at <= text.len);
    return;
  }
  inside(uri.scheme_text, text);
  inside(uri.opaque, text);
  inside(uri.user, text);
  inside(uri.password, text);
  inside(uri.host, text);
  inside(uri.params, text);
  inside(uri.headers, text);
  assert(msip_uri_equal(&uri, &uri));
  assert(msip_param_check(uri.params) == 0);
  msip_buf_init(&buf, pool, 1 << 20);
  msip_uri_format(&buf, &uri);
  assert(msip_uri_parse(&again, msip_buf_str(&buf), NULL) == 0);
  assert(msip_uri_equal(&uri, &again) && msip_uri_equal(&again, &uri));
  msip_buf_reset(&buf);
  assert(uri.scheme == MSIP_SCHEME_OTHER || msip_unescape(&buf, uri.user) == 0);
  msip_buf_fini(&buf);
}

static void check_nameaddr(struct msip_pool *pool, struct msip_str text)
{
  struct msip_fault fault = {NULL, 0};
  struct msip_nameaddr na;

  if (msip_nameaddr_parse(&na, text, &fault) != 0) {
    assert(fault.what && fault.at <= text.len);
    return;
  }
  inside(na.display, text);
  inside(na.uri, text);
  inside(na.params, text);
  inside(msip_nameaddr_tag(&na), text);
  assert(na.star == (na.uri.len == 0));
  check_uri(pool, na.uri);
}

static void check_escapes(struct msip_pool *pool, struct msip_str text)
{
  struct msip_buf escaped, plain;

  msip_buf_init(&escaped, pool, 1 << 20);
  msip_buf_init(&plain, pool, 1 << 20);
  msip_escape_user(&escaped, text);
  assert(msip_unescape(&plain, msip_buf_str(&escaped)) == 0);
  assert(msip_str_eq(msip_buf_str(&plain), text));
  msip_buf_fini(&plain);
  msip_buf_fini(&escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct msip_str text = msip_str_of((const char *)data, size);
  struct msip_uri a, b;
  struct msip_pool pool;

  if (size == 0 || size > 65536)
    return 0;
  msip_pool_init(&pool);
  check_uri(&pool, text);
  check_nameaddr(&pool, text);
  check_escapes(&pool, text);

  size_t half = msip_str_find(text, '\n');

  if (half < size &&
      msip_uri_parse(&a, msip_str_of(text.at, half), NULL) == 0 &&
      msip_uri_parse(&b, msip_str_of(text.at + half + 1, size - half - 1),
                     NULL) == 0)
    assert(msip_uri_equal(&a, &b) == msip_uri_equal(&b, &a));
  assert(pool.live_count == 0);
  msip_pool_fini(&pool);
  return 0;
}
