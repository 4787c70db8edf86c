// SPDX-License-Identifier: Apache-2.0
// The next records of a worker's ring, looked at together before each is taken by itself: what the
// book will want of its tables is then fetched for all of them at once, and nobody waits for memory
// record by record. One thread, for the length of one drain.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "trapd/alarm/record.h"
#include "trapd/base/check.h"
#include "trapd/base/spsc_ring.h"
#include "trapd/journal/ring_item.h"

namespace trapd::journal {

class RecordsAhead {
 public:
  static constexpr std::size_t kMax = 16;

  bool empty() const { return next_ == count_; }
  /// The record of the ring's front, and so on with each call; when empty(), look() first.
  const alarm::RecordView& take() { return records_[next_++]; }
  /// Looks at what stands at the ring's front and behind it, as far as front() knows of. Views stay
  /// good until the ring's release(). Returns the records for Book::prefetch().
  std::span<const alarm::RecordView> look(const SpscRing& ring) {
    next_ = count_ = 0;
    while (count_ < kMax) {
      const ByteView item = ring.look_ahead(&position_);
      if (item.empty()) break;
      CHECK(item.size() >= sizeof(RingItemHeader));
      const auto header = load_le<RingItemHeader>(item.data());
      const ByteView body = item.subspan(sizeof header);
      CHECK(body.size() == std::size_t{header.record_octets} + header.answer_octets);
      // A worker of this process has just written it: what is in it need not be looked at again.
      const alarm::RecordView unread(body.first(header.record_octets));
      CHECK(header.record_octets >= alarm::kRecordFixedOctets);
      CHECK(unread.header().size == header.record_octets);
      places_[count_] = alarm::FieldPlaces(unread);
      records_[count_] = alarm::RecordView(unread.bytes(), &places_[count_]);
      ++count_;
    }
    return std::span(records_).first(count_);
  }

 private:
  std::uint64_t position_ = 0;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::array<alarm::FieldPlaces, kMax> places_;
  std::array<alarm::RecordView, kMax> records_;
};

}  // namespace trapd::journal
