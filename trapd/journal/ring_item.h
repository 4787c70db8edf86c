// SPDX-License-Identifier: Apache-2.0
// What a worker puts into its ring for the ledger: a record and, for an inform, the answer that
// may leave only after the commit. The ledger does not look into the answer; it gives it back
// through the worker's answer ring as it is.
//
// A notification that a rule keeps out of the journal comes as well, so that its device is known
// to have been heard; the worker has counted and answered it.
#pragma once

#include <cstdint>

#include "trapd/base/bytes.h"

namespace trapd::journal {

/// Ring message: RingItemHeader | record (record_octets) | answer (answer_octets).
struct RingItemHeader {
  std::uint32_t record_octets = 0;
  std::uint32_t answer_octets = 0;  // 0 = nothing to answer
  std::uint32_t heard_only = 0;     // 1 = not to be stored
  std::uint32_t reserved = 0;
};
static_assert(sizeof(RingItemHeader) == 16);

}  // namespace trapd::journal
