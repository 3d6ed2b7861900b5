/* message/header_map.h -- every header field the engine knows.
 *
 * X(id, name, compact form or "", kind)
 * Kinds: ONE, a single value, a second row is malformed where section 20 says
 * so; LIST, a comma list over rows; ROWS, several rows that are never split at
 * commas (credentials, dates, free text).
 */
#pragma once

#define MSIP_HEADER_MAP(X)                                                     \
  X(VIA, "Via", "v", LIST)                                                     \
  X(FROM, "From", "f", ONE)                                                    \
  X(TO, "To", "t", ONE)                                                        \
  X(CALL_ID, "Call-ID", "i", ONE)                                              \
  X(CSEQ, "CSeq", "", ONE)                                                     \
  X(MAX_FORWARDS, "Max-Forwards", "", ONE)                                     \
  X(CONTENT_LENGTH, "Content-Length", "l", ONE)                                \
  X(CONTENT_TYPE, "Content-Type", "c", ONE)                                    \
  X(CONTENT_DISPOSITION, "Content-Disposition", "", ONE)                       \
  X(CONTENT_ENCODING, "Content-Encoding", "e", LIST)                           \
  X(CONTENT_LANGUAGE, "Content-Language", "", LIST)                            \
  X(CONTACT, "Contact", "m", LIST)                                             \
  X(ROUTE, "Route", "", LIST)                                                  \
  X(RECORD_ROUTE, "Record-Route", "", LIST)                                    \
  X(REQUIRE, "Require", "", LIST)                                              \
  X(PROXY_REQUIRE, "Proxy-Require", "", LIST)                                  \
  X(SUPPORTED, "Supported", "k", LIST)                                         \
  X(UNSUPPORTED, "Unsupported", "", LIST)                                      \
  X(ALLOW, "Allow", "", LIST)                                                  \
  X(ACCEPT, "Accept", "", LIST)                                                \
  X(ACCEPT_ENCODING, "Accept-Encoding", "", LIST)                              \
  X(ACCEPT_LANGUAGE, "Accept-Language", "", LIST)                              \
  X(EXPIRES, "Expires", "", ONE)                                               \
  X(MIN_EXPIRES, "Min-Expires", "", ONE)                                       \
  X(SESSION_EXPIRES, "Session-Expires", "x", ONE)                              \
  X(MIN_SE, "Min-SE", "", ONE)                                                 \
  X(RSEQ, "RSeq", "", ONE)                                                     \
  X(RACK, "RAck", "", ONE)                                                     \
  X(EVENT, "Event", "o", ONE)                                                  \
  X(ALLOW_EVENTS, "Allow-Events", "u", LIST)                                   \
  X(SUBSCRIPTION_STATE, "Subscription-State", "", ONE)                         \
  X(REASON, "Reason", "", LIST)                                                \
  X(REPLACES, "Replaces", "", ONE)                                             \
  X(REFER_TO, "Refer-To", "r", ONE)                                            \
  X(REFERRED_BY, "Referred-By", "b", ONE)                                      \
  X(REFER_SUB, "Refer-Sub", "", ONE)                                           \
  X(WARNING, "Warning", "", LIST)                                              \
  X(RETRY_AFTER, "Retry-After", "", ONE)                                       \
  X(TIMESTAMP, "Timestamp", "", ONE)                                           \
  X(DATE, "Date", "", ROWS)                                                    \
  X(SUBJECT, "Subject", "s", ROWS)                                             \
  X(USER_AGENT, "User-Agent", "", ROWS)                                        \
  X(SERVER, "Server", "", ROWS)                                                \
  X(ORGANIZATION, "Organization", "", ROWS)                                    \
  X(AUTHORIZATION, "Authorization", "", ROWS)                                  \
  X(PROXY_AUTHORIZATION, "Proxy-Authorization", "", ROWS)                      \
  X(WWW_AUTHENTICATE, "WWW-Authenticate", "", ROWS)                            \
  X(PROXY_AUTHENTICATE, "Proxy-Authenticate", "", ROWS)                        \
  X(AUTHENTICATION_INFO, "Authentication-Info", "", ROWS)                      \
  X(IN_REPLY_TO, "In-Reply-To", "", LIST)                                      \
  X(MIME_VERSION, "MIME-Version", "", ONE)                                     \
  X(PRIORITY, "Priority", "", ONE)                                             \
  X(REPLY_TO, "Reply-To", "", ONE)                                             \
  X(CALL_INFO, "Call-Info", "", LIST)                                          \
  X(ALERT_INFO, "Alert-Info", "", LIST)                                        \
  X(ERROR_INFO, "Error-Info", "", LIST)                                        \
  X(PATH, "Path", "", LIST)                                                    \
  X(SERVICE_ROUTE, "Service-Route", "", LIST)                                  \
  X(P_ASSERTED_IDENTITY, "P-Asserted-Identity", "", LIST)                      \
  X(PRIVACY, "Privacy", "", ROWS)                                              \
  X(REQUEST_DISPOSITION, "Request-Disposition", "d", LIST)                     \
  X(ACCEPT_CONTACT, "Accept-Contact", "a", LIST)                               \
  X(REJECT_CONTACT, "Reject-Contact", "j", LIST)                               \
  X(IDENTITY, "Identity", "y", ROWS)                                           \
  X(INFO_PACKAGE, "Info-Package", "", ONE)                                     \
  X(RECV_INFO, "Recv-Info", "", LIST)                                          \
  X(SIP_ETAG, "SIP-ETag", "", ONE)                                             \
  X(SIP_IF_MATCH, "SIP-If-Match", "", ONE)                                     \
  X(MAX_BREADTH, "Max-Breadth", "", ONE)                                       \
  X(TARGET_DIALOG, "Target-Dialog", "", ONE)                                   \
  X(JOIN, "Join", "", ONE)
