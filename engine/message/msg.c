#include "message/msg.h"

struct msip_str msip_msg_value(const struct msip_msg *m, enum msip_header_id id)
{
  const struct msip_header *row = msip_msg_row(m, id);

  return row ? msip_row_value(m, row) : MSIP_STR("");
}

/* `row` or the first one behind it with that name. */
static const struct msip_header *named(const struct msip_msg *m,
                                       const struct msip_header *row,
                                       struct msip_str name)
{
  while (row && !msip_str_ieq(msip_row_name(m, row), name))
    row = msip_msg_next_row(m, row);
  return row;
}

const struct msip_header *msip_msg_named(const struct msip_msg *m,
                                         struct msip_str name)
{
  enum msip_header_id id = msip_header_of(name);
  const struct msip_header *row = msip_msg_row(m, id);

  return id == MSIP_HEADER_OTHER ? named(m, row, name) : row;
}

const struct msip_header *msip_msg_next_named(const struct msip_msg *m,
                                              const struct msip_header *row)
{
  const struct msip_header *next = msip_msg_next_row(m, row);

  return row->id == MSIP_HEADER_OTHER ? named(m, next, msip_row_name(m, row))
                                      : next;
}
