/* ua/settings.h -- every setting: its name, type, default, bounds and meaning,
 * once.  The struct, `moonsip settings`, --set, sip.engine{ settings } and
 * script.settings are all made from this list.
 *
 * X(field, "name", type, default, lowest, highest, "meaning")
 * Types: MS a duration given in seconds and kept in milliseconds; SEC one kept
 * in seconds; INT a plain number; BOOL; TEXT; REL100.  A TEXT's bounds are its
 * length.  Durations' bounds are in milliseconds for MS, seconds for SEC.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum msip_rel100 {
  MSIP_REL100_NO,
  MSIP_REL100_SUPPORTED,
  MSIP_REL100_REQUIRED,
};

#define MSIP_SETTING_MAP(X)                                                    \
  X(t1, "timers.t1", MS, 500, 10, 60000, "RFC 3261 T1, round-trip estimate")   \
  X(t2, "timers.t2", MS, 4000, 10, 60000, "RFC 3261 T2, longest interval")     \
  X(t4, "timers.t4", MS, 5000, 10, 60000, "RFC 3261 T4, message lifetime")     \
  X(timer_c, "timers.c", MS, 185000, 181000, 86400000,                         \
    "RFC 3261 timer C, how long a proxied call may ring without a word")       \
  X(user_agent, "user_agent", TEXT, "moonsip", 0, 200,                         \
    "Server and User-Agent header")                                            \
  X(contact, "contact", TEXT, "", 0, 500,                                      \
    "URI of our Contact; empty: the address a request came to")                \
  X(rel100, "rel100", REL100, MSIP_REL100_SUPPORTED, 0, 2,                     \
    "reliable provisional responses: no, supported or required")               \
  X(session_expires, "session.expires", SEC, 1800, 0, 86400,                   \
    "longest session interval we grant; 0 switches session timers off")        \
  X(session_min_se, "session.min_se", SEC, 90, 1, 86400,                       \
    "shortest session interval we accept")                                     \
  X(proxy, "proxy", BOOL, 0, 0, 1,                                             \
    "scripts see requests before the checks that only an endpoint makes")      \
  X(proxy_secret, "proxy.secret", TEXT, "", 0, 200,                            \
    "key of what a proxy writes into messages; empty: another at each start")  \
  X(events, "events", TEXT, "", 0, 500,                                        \
    "event packages that Allow-Events lists, as \"presence, dialog\"")         \
  X(reload_watch, "reload.watch", BOOL, 1, 0, 1,                               \
    "reload when the script or a module of its folder changes on disk")        \
  X(limit_message, "limits.message", INT, 65535, 512, 65535,                   \
    "bytes of a message; more is 513, 413 when its body alone is")             \
  X(limit_headers, "limits.headers", INT, 128, 16, 254,                        \
    "header rows of a message; more is 400")                                   \
  X(limit_header_line, "limits.header_line", INT, 8192, 128, 65535,            \
    "bytes of a header line; more is 400")                                     \
  X(limit_uri, "limits.uri", INT, 1024, 64, 8192,                              \
    "bytes of a Request-URI; more is 414")                                     \
  X(limit_transactions, "limits.transactions", INT, 2000000, 16, 100000000,    \
    "live transactions of a worker; beyond it 503 to new requests")            \
  X(limit_dialogs, "limits.dialogs", INT, 1000000, 1, 100000000,               \
    "live sessions, and live subscriptions, of a worker; beyond it 503")       \
  X(limit_forks, "limits.forks", INT, 32, 1, 1000,                             \
    "dialogs that one request of ours may make")                               \
  X(limit_source_rate, "limits.source_rate", INT, 0, 0, 1000000,               \
    "requests per second from one address outside dialogs; 0 is no limit")     \
  X(limit_ring_time, "limits.ring_time", MS, 200000, 1000, 86400000,           \
    "silence of a callee that rings, before an INVITE of ours is cancelled")   \
  X(limit_answer_time, "limits.answer_time", MS, 180000, 1000, 3600000,        \
    "how long a script may leave a request unanswered; then 480")              \
  X(limit_script_time, "limits.script_time", MS, 1000, 1, 600000,              \
    "longest run of a callback between two waits; then 500")                   \
  X(limit_script_memory, "limits.script_memory", INT, 256, 8, 65536,           \
    "MiB of Lua memory of a worker")                                           \
  X(limit_tasks, "limits.tasks", INT, 1000000, 16, 10000000,                   \
    "coroutines of a worker that wait at once; beyond it 503")                 \
  X(auth_realm, "auth.realm", TEXT, "", 0, 200,                                \
    "realm of our challenges; empty: the host of our Contact")                 \
  X(auth_nonce_expires, "auth.nonce_expires", SEC, 300, 1, 86400,              \
    "how long a nonce of ours is good")                                        \
  X(auth_nonces, "auth.nonces", INT, 16384, 64, 16777216,                      \
    "nonces in use whose counts are kept; beyond it clients ask again")        \
  X(auth_source_failures, "auth.source_failures", INT, 50, 0, 1000000,         \
    "wrong passwords at once from one address; then 403; 0 is no limit")       \
  X(auth_user_failures, "auth.user_failures", INT, 10, 0, 1000000,             \
    "wrong passwords at once for one user; then 403; 0 is no limit")           \
  X(auth_failure_pause, "auth.failure_pause", MS, 6000, 1, 3600000,            \
    "after that one more wrong password in so long")                           \
  X(drain_timeout, "drain.timeout", MS, 60000, 0, 86400000,                    \
    "how long SIGTERM waits for calls to end")                                 \
  X(drain_retry_after, "drain.retry_after", SEC, 30, 0, 3600,                  \
    "Retry-After of a 503 while draining or overloaded")

struct msip_settings {
#define MSIP_FIELD_MS                           uint32_t
#define MSIP_FIELD_SEC                          uint32_t
#define MSIP_FIELD_INT                          uint32_t
#define MSIP_FIELD_BOOL                         uint32_t
#define MSIP_FIELD_REL100                       uint32_t
#define MSIP_FIELD_TEXT                         const char *
#define X(field, name, type, def, lo, hi, text) MSIP_FIELD_##type field;
  MSIP_SETTING_MAP(X)
#undef X
};

/* All defaults.  Texts point at literals until msip_settings_set replaced
 * them. */
void msip_settings_init(struct msip_settings *settings);
/* Frees the texts that were set. */
void msip_settings_fini(struct msip_settings *settings);
/* A copy with texts of its own.  MSIP_ENOMEM. */
int msip_settings_copy(struct msip_settings *to,
                       const struct msip_settings *from);

/* Sets one by its name from text ("0.5", "yes", "supported").  MSIP_EINVALID
 * writes a sentence for people into `why`: the nearest valid name, or the
 * bounds.  Nothing changes then. */
int msip_settings_set(struct msip_settings *settings, struct msip_str name,
                      struct msip_str value, char *why, size_t room);

enum msip_setting_type {
  MSIP_SETTING_MS,
  MSIP_SETTING_SEC,
  MSIP_SETTING_INT,
  MSIP_SETTING_BOOL,
  MSIP_SETTING_REL100,
  MSIP_SETTING_TEXT,
};

/* The i-th setting, NULL after the last. */
struct msip_setting_info {
  const char *name;
  const char *meaning;
  enum msip_setting_type type;
};
const struct msip_setting_info *msip_setting_at(unsigned i);
/* The value in `settings`, as --set would take it; of a secret only that it is
 * set.  Returns `out`. */
const char *msip_setting_value(const struct msip_settings *settings, unsigned i,
                               char *out, size_t room);
