#include "sdp.h"

#include "error.h"
#include "sdp/answer.h"
#include "testing.h"

/* sdp_format(text) -> text with CRLF, or nil, err */
static int format(lua_State *L)
{
  struct msip_fault fault = {0};
  struct msip_sdp sdp;
  struct msip_buf buf;
  int err = msip_sdp_parse(&sdp, &testing_pool, testing_str(L, 1), &fault);

  if (err)
    return mlua_fail_at(L, err, &fault);
  msip_buf_init(&buf, &testing_pool, 2 * (size_t)MSIP_SDP_TEXT_MAX);
  msip_sdp_format(&buf, &sdp);
  testing_push(L, msip_buf_str(&buf));
  err = msip_buf_error(&buf);
  msip_buf_fini(&buf);
  msip_sdp_fini(&sdp);
  return err ? mlua_fail(L, err, NULL) : 1;
}

/* sdp_answer(offer) -> the answer on default terms, or nil, err */
static int answer(lua_State *L)
{
  struct msip_fault fault = {0};
  struct msip_sdp sdp;
  struct msip_buf buf;
  struct msip_sdp_terms terms;
  int err = msip_sdp_parse(&sdp, &testing_pool, testing_str(L, 1), &fault);

  if (err)
    return mlua_fail_at(L, err, &fault);
  msip_buf_init(&buf, &testing_pool, 2 * (size_t)MSIP_SDP_TEXT_MAX);
  msip_sdp_terms_init(&terms);
  err = msip_sdp_answer(&buf, &sdp, &terms, &fault);
  testing_push(L, msip_buf_str(&buf));
  msip_buf_fini(&buf);
  msip_sdp_fini(&sdp);
  return err ? mlua_fail_at(L, err, &fault) : 1;
}

/* sdp_direction_answer("sendonly", "sendrecv") -> "recvonly" */
static int direction_answer(lua_State *L)
{
  testing_push(L, msip_direction_name(msip_direction_answer(
                      msip_direction_of(testing_str(L, 1)),
                      msip_direction_of(testing_str(L, 2)))));
  return 1;
}

void testing_open_sdp(lua_State *L)
{
  lua_pushcfunction(L, format);
  lua_setfield(L, -2, "sdp_format");
  lua_pushcfunction(L, answer);
  lua_setfield(L, -2, "sdp_answer");
  lua_pushcfunction(L, direction_answer);
  lua_setfield(L, -2, "sdp_direction_answer");
  mlua_open_sdp(L);
  lua_setfield(L, -2, "sdp");
}
