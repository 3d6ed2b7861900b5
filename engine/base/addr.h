/* base/addr.h -- an IP address and port as a value.  Socket structures exist
 * only in net/. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

struct msip_addr {
  uint8_t family; /* 4, 6, or 0 when unset */
  uint16_t port;  /* host order, 0 when unset */
  uint8_t ip[16]; /* network order; the first 4 for family 4 */
};

/* Reads a numeric address, IPv6 with or without brackets; the port is left 0.
 * MSIP_ESYNTAX for anything else, host names included. */
int msip_addr_parse(struct msip_addr *out, struct msip_str text);
/* The same address and port; an IPv4-mapped IPv6 address equals its IPv4. */
bool msip_addr_eq(const struct msip_addr *a, const struct msip_addr *b);
bool msip_addr_same_ip(const struct msip_addr *a, const struct msip_addr *b);
/* The bytes of the IP, for hashing: equal when msip_addr_same_ip. */
struct msip_str msip_addr_ip(const struct msip_addr *a);
/* Multicast or broadcast: never a place to send a response to. */
bool msip_addr_is_group(const struct msip_addr *a);
/* 0.0.0.0 or ::. */
bool msip_addr_is_any(const struct msip_addr *a);

/* "192.0.2.1" or "[2001:db8::1]"; `bare` leaves the brackets out. */
void msip_addr_format_ip(struct msip_buf *buf, const struct msip_addr *a,
                         bool bare);
/* The same with ":port". */
void msip_addr_format(struct msip_buf *buf, const struct msip_addr *a);
