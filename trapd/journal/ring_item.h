// SPDX-License-Identifier: Apache-2.0
// What a worker puts into its ring for the ledger: a record and, for an inform, the answer that
// may leave only after the commit. The ledger does not look into the answer; it gives it back
// through the worker's answer ring as it is.
#pragma once

#include <cstdint>

#include "trapd/base/bytes.h"

namespace trapd::journal {

/// Ring message: RingItemHeader | record (record_octets) | answer (answer_octets).
struct RingItemHeader {
  std::uint32_t record_octets = 0;
  std::uint32_t answer_octets = 0;  // 0 = nothing to answer
};
static_assert(sizeof(RingItemHeader) == 8);

}  // namespace trapd::journal
