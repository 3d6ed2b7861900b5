#include "message/warning.h"

#include "base/err.h"
#include "uri/scan.h"

int msip_warning_parse(struct msip_warning *out, struct msip_str value)
{
  const char *end = value.at + value.len;
  const char *agent, *agent_end, *text;
  uint32_t code;

  if (value.len < 4 ||
      msip_str_u32(msip_str_of(value.at, 3), 999, &code) != 0 || code < 100)
    return MSIP_ESYNTAX;
  agent = msip_skip_lws(value.at + 3, end);
  for (agent_end = agent; agent_end < end && !msip_is_lws(*agent_end);)
    agent_end++;
  text = msip_skip_lws(agent_end, end);
  if (agent == value.at + 3 || agent == agent_end || text == agent_end ||
      text == end || *text != '"' || msip_skip_quoted(text, end) != end)
    return MSIP_ESYNTAX;
  *out = (struct msip_warning){.code = code,
                               .agent = msip_str_span(agent, agent_end),
                               .text = msip_str_span(text + 1, end - 1)};
  return 0;
}
