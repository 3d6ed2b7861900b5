/* bindings/reply_args.h -- the options of a response, or of a request in a
 * dialog, from Lua.
 *
 * Everything is read and checked before the engine is asked to act.  Mistakes
 * are raised; the option table is never modified.  Options are read raw: those
 * behind a metatable do not count.
 */
#pragma once

#include "mlua.h"

enum {
  MLUA_OPTION_STATUS = 1 << 0,
  MLUA_OPTION_REASON = 1 << 1,
  MLUA_OPTION_TO_TAG = 1 << 2,
  MLUA_OPTION_USER_AGENT = 1 << 3,
  MLUA_OPTION_SUPPORTED = 1 << 4,
  MLUA_OPTION_HEADERS = 1 << 5,
  MLUA_OPTION_BODY = 1 << 6,
  MLUA_OPTION_RELIABLE = 1 << 7,
  MLUA_OPTION_RETRY = 1 << 8,
  MLUA_OPTION_DELEGATE = 1 << 9,
  /* Of requests: start_args.c. */
  MLUA_OPTION_TO = 1 << 10,
  MLUA_OPTION_PARTIES = 1 << 11, /* from, uri, route, ..., follow */
  MLUA_OPTION_TIMEOUT = 1 << 12,
  MLUA_OPTION_CALL = 1 << 13,  /* prack, rel100, session_expires */
  MLUA_OPTION_HOPS = 1 << 28,  /* max_forwards */
  MLUA_OPTION_LIKE = 1 << 29,  /* across.h */
  MLUA_OPTION_QUIET = 1 << 30, /* across.h */
  MLUA_OPTION_ACK = 1 << 20,
  MLUA_OPTION_METHOD = 1 << 14,
  MLUA_OPTION_EXPIRES = 1 << 15,
  MLUA_OPTION_EVENT = 1 << 16, /* event, accept */
  MLUA_OPTION_ETAG = 1 << 17,
  MLUA_OPTION_REFER = 1 << 18,    /* refer_to, referred_by, subscribe */
  MLUA_OPTION_CONTACTS = 1 << 19, /* contacts, cseq */
  MLUA_OPTION_AUTH = 1 << 21,
  MLUA_OPTION_REPLACES = 1 << 22,
  /* Of subscriptions. */
  MLUA_OPTION_GRANT = 1 << 24, /* expires that is no header of its own */
  MLUA_OPTION_MIN_EXPIRES = 1 << 25,
  MLUA_OPTION_STATE = 1 << 26,
  MLUA_OPTION_RETRY_AFTER = 1 << 27,
  /* What every response may say. */
  MLUA_RESPONSE_OPTIONS = (1 << 7) - 1,
};

/* What a method takes. */
struct mlua_reply_rule {
  const char *method;
  unsigned lowest, highest; /* of status_code */
  unsigned options;         /* MLUA_OPTION_... */
};

enum {
  MLUA_FEW_HEADERS = 8,
  MLUA_FEW_CONTACTS = 4,
  MLUA_OWN_HEADERS = 16, /* from options such as `expires` */
};

struct mlua_reply_args {
  struct msip_reply reply;
  struct msip_start start;     /* start.options is `reply` */
  bool retry;                  /* default true */
  bool quiet;                  /* nobody asks later what became of it */
  bool is_like;                /* From and To are those of `like` */
  const struct msip_msg *like; /* NULL: it is gone */
  uint32_t timeout;            /* ms; 0: none */
  int refused;                 /* MSIP_EGONE, MSIP_ESTATE: of `replaces` */
  int delegate;                /* stack index of the table; 0: none given */
  enum msip_subscription_state state; /* INIT: none given */
  struct msip_seconds retry_after;
  unsigned own_count;
  struct msip_str own_headers[MLUA_OWN_HEADERS];
  struct msip_str few_headers[MLUA_FEW_HEADERS];
  struct msip_str few_contacts[MLUA_FEW_CONTACTS];
};

/* Reads the options at `arg` (a table, nil or nothing).  The text borrows from
 * that table and from values left on the stack. */
void mlua_reply_args(lua_State *L, int arg, const struct mlua_reply_rule *rule,
                     struct mlua_reply_args *out);
/* Reads a redirect's targets at `arg`: a string, a URI value or a list. */
void mlua_contact_args(lua_State *L, int arg, struct mlua_reply_args *out);
