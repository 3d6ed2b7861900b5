/* ua/counters.h -- what happened, counted; every drop and refusal has one. */
#pragma once

#include <stdint.h>

#define MSIP_COUNTER_MAP(X)                                                    \
  X(requests_in, "requests received")                                          \
  X(responses_in, "responses received")                                        \
  X(responses_out, "responses sent, repeats left out")                         \
  X(requests_out, "requests sent, repeats left out")                           \
  X(dropped_garbage, "datagrams that were no SIP message")                     \
  X(dropped_stray, "ACKs and responses that matched nothing")                  \
  X(dropped_memory, "messages dropped because memory was out")                 \
  X(refused_malformed, "requests refused as malformed")                        \
  X(refused_message, "requests refused by limits.message")                     \
  X(refused_header_line, "requests refused by limits.header_line")             \
  X(refused_uri, "requests refused by limits.uri")                             \
  X(refused_headers, "requests refused by limits.headers")                     \
  X(refused_transactions, "requests refused by limits.transactions")           \
  X(refused_dialogs, "calls and subscriptions refused by limits.dialogs")      \
  X(refused_forks, "responses that limits.forks let make no dialog")           \
  X(refused_rate, "requests refused by limits.source_rate")                    \
  X(refused_loop, "requests refused because they came again unchanged")        \
  X(refused_tasks, "requests refused by limits.tasks")                         \
  X(refused_guesses, "requests refused after too many wrong passwords")        \
  X(wrong_passwords, "credentials with a wrong user or password")              \
  X(refused_draining, "requests refused while draining")                       \
  X(calls, "initial INVITEs that reached the script")                          \
  X(requests_relayed, "requests sent on as a proxy, each branch")              \
  X(transit_requests, "requests of dialogs that pass through")                 \
  X(transit_acks, "ACKs of dialogs that pass through")                         \
  X(reinvites, "re-INVITEs that reached the script")                           \
  X(sessions_started, "sessions confirmed by a 2xx, ours or theirs")           \
  X(sessions_ended, "such sessions that ended")                                \
  X(ack_timeouts, "2xx that were never acknowledged")                          \
  X(sessions_expired, "sessions ended because nobody refreshed them")          \
  X(unanswered, "requests the script left unanswered")                         \
  X(transport_errors, "messages that could not be sent")                       \
  X(script_errors, "callbacks that raised")                                    \
  X(script_overruns, "callbacks that ran too long")                            \
  X(script_out_of_memory, "callbacks that raised for want of memory")          \
  X(reloads, "reloads that took effect")                                       \
  X(reloads_failed, "reloads that changed nothing")

struct msip_counters {
#define X(name, text) uint64_t name;
  MSIP_COUNTER_MAP(X)
#undef X
};
