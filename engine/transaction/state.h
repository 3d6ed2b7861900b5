/* transaction/state.h -- the four machines and their states, in the words of
 * RFC 3261 section 17 and RFC 6026. */
#pragma once

enum msip_txn_kind { MSIP_ICT, MSIP_NICT, MSIP_IST, MSIP_NIST };

enum msip_txn_state {
  MSIP_TXN_CALLING,
  MSIP_TXN_TRYING,
  MSIP_TXN_PROCEEDING,
  MSIP_TXN_COMPLETED,
  MSIP_TXN_CONFIRMED,
  MSIP_TXN_ACCEPTED,
  MSIP_TXN_TERMINATED,
};

/* "ist", "proceeding": for logs and request.transaction. */
const char *msip_txn_kind_name(enum msip_txn_kind kind);
const char *msip_txn_state_name(enum msip_txn_state state);
