// SPDX-License-Identifier: Apache-2.0
// What take() will want, fetched some records ahead. Nothing here changes or decides anything.
#include <algorithm>
#include <array>

#include "trapd/journal/book.h"
#include "trapd/journal/records_ahead.h"

namespace trapd::journal {

namespace {
/// So many devices stay in the caches by themselves.
constexpr std::size_t kFewDevices = 512;
}  // namespace

/// One table after the other: the searches of one loop do not wait for each other's memory.
void Book::prefetch(std::span<const alarm::RecordView> records) const {
  for (const alarm::RecordView& record : records) {
    const alarm::RecordHeader& header = record.header();
    const bool inform = header.retransmission_hash != 0;
    if (inform) retransmissions_.prefetch(header.retransmission_hash);
    (inform ? retransmissions_ : duplicates_).prefetch(header.duplicate_hash);
  }
  if (devices_.size() < kFewDevices) return;
  std::array<std::uint32_t, RecordsAhead::kMax> devices;
  records = records.first(std::min(records.size(), devices.size()));
  for (std::size_t i = 0; i < records.size(); ++i) {
    devices[i] = devices_.prefetch(records[i].device_hash());
  }
  for (std::size_t i = 0; i < records.size(); ++i) devices_.prefetch_name(devices[i]);
  for (const alarm::RecordView& record : records) {
    engines_.prefetch(record.text(alarm::Field::kAuthoritativeEngineId));
  }
  correlator_.prefetch(records);
}

}  // namespace trapd::journal
