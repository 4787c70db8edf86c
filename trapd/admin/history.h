// SPDX-License-Identifier: Apache-2.0
// Stored records for people, newest first, a page at a time, as far back as the journal goes.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "mib/index.h"
#include "trapd/admin/record_filter.h"
#include "trapd/base/error.h"
#include "trapd/journal/store.h"

namespace trapd::admin {

inline constexpr std::uint32_t kHistoryRecordsMax = 1'000;

/// Looks at no more than kHistoryRecordsMax * 16 records, so that a rare match cannot hold the
/// loop; `next` of the answer says where to go on.
struct HistoryQuery {
  RecordFilter filter;
  std::int64_t since_wall_ns = std::numeric_limits<std::int64_t>::min();  // received, both ends
  std::int64_t until_wall_ns = std::numeric_limits<std::int64_t>::max();  // included
  std::uint64_t before_sequence = 0;                                      // 0 = from the newest
  std::uint32_t limit = 100;                                              // 1..kHistoryRecordsMax
};

/// Records lie in the order of their commits, and the times at which they were received are in that
/// order but for so much (workers, a clock that is set): the first and the last record of a span of
/// time are found by bisection, with this on either side.
inline constexpr std::int64_t kHistorySlackNs = std::int64_t{120} * 1'000'000'000;

/// Object {records: [...], next: sequence or null, gaps: [{from, through}], oldest_sequence,
/// complete}. gaps: sequences of the page that stand in damaged values. complete: nothing of what
/// was asked for can have left the journal. Any thread; short read transactions.
Result<nlohmann::json> history_page(const journal::Store& store, const HistoryQuery& query,
                                    const mib::MibIndex& names);

}  // namespace trapd::admin
