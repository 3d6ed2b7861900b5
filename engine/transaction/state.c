#include "transaction/state.h"

const char *msip_txn_kind_name(enum msip_txn_kind kind)
{
  static const char *const name[] = {
      [MSIP_ICT] = "ict",
      [MSIP_NICT] = "nict",
      [MSIP_IST] = "ist",
      [MSIP_NIST] = "nist",
  };

  return name[kind];
}

const char *msip_txn_state_name(enum msip_txn_state state)
{
  static const char *const name[] = {
      [MSIP_TXN_CALLING] = "calling",       [MSIP_TXN_TRYING] = "trying",
      [MSIP_TXN_PROCEEDING] = "proceeding", [MSIP_TXN_COMPLETED] = "completed",
      [MSIP_TXN_CONFIRMED] = "confirmed",   [MSIP_TXN_ACCEPTED] = "accepted",
      [MSIP_TXN_TERMINATED] = "terminated",
  };

  return name[state];
}
