#include "uri/scan.h"
#include "uri/uri.h"

int msip_unescape(struct msip_buf *buf, struct msip_str s)
{
  for (size_t i = 0; i < s.len; i++)
    if (s.at[i] == '%' && (s.len - i < 3 || msip_hex(s.at[i + 1]) < 0 ||
                           msip_hex(s.at[i + 2]) < 0))
      return MSIP_ESYNTAX;
  for (size_t i = 0; i < s.len; i++) {
    if (s.at[i] != '%') {
      msip_buf_char(buf, s.at[i]);
      continue;
    }
    msip_buf_char(buf,
                  (char)(msip_hex(s.at[i + 1]) * 16 + msip_hex(s.at[i + 2])));
    i += 2;
  }
  return msip_buf_error(buf);
}

/* unreserved and user-unreserved */
static const unsigned char in_user[256] = {
    ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1, ['0' ... '9'] = 1, ['-'] = 1,
    ['_'] = 1,         ['.'] = 1,         ['!'] = 1,         ['~'] = 1,
    ['*'] = 1,         ['\''] = 1,        ['('] = 1,         [')'] = 1,
    ['&'] = 1,         ['='] = 1,         ['+'] = 1,         ['$'] = 1,
    [','] = 1,         [';'] = 1,         ['?'] = 1,         ['/'] = 1,
};

void msip_escape_user(struct msip_buf *buf, struct msip_str s)
{
  static const char hex[] = "0123456789ABCDEF";

  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.at[i];

    if (in_user[c]) {
      msip_buf_char(buf, s.at[i]);
      continue;
    }
    msip_buf_char(buf, '%');
    msip_buf_char(buf, hex[c >> 4]);
    msip_buf_char(buf, hex[c & 15]);
  }
}
