// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/batch.h"

#include "trapd/base/check.h"

namespace trapd::journal {

Batch::Batch(std::size_t octets_max) {
  packed_.reserve(octets_max + 2 * alarm::kRecordOctetsMax);
  values_.reserve(octets_max / (kPackedOctetsMax / 2) + 16);
}

alarm::RecordHeader& Batch::add(ByteView record, std::uint64_t sequence) {
  CHECK(record.size() % 8 == 0 && record.size() >= alarm::kRecordFixedOctets);
  const std::size_t offset = packed_.size();
  if (values_.empty() || offset - values_.back().offset + record.size() > kPackedOctetsMax) {
    values_.push_back({.first_sequence = sequence, .offset = offset});
  }
  packed_.insert(packed_.end(), record.begin(), record.end());
  last_offset_ = offset;
  last_sequence_ = sequence;
  ++records_;
  auto& header = *reinterpret_cast<alarm::RecordHeader*>(&packed_[offset]);
  header.sequence = sequence;
  return header;
}

alarm::RecordView Batch::last() const {
  return alarm::RecordView(ByteView(packed_).subspan(last_offset_));
}

std::vector<PackedEntry> Batch::entries() const {
  std::vector<PackedEntry> entries;
  entries.reserve(values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const std::size_t end = i + 1 < values_.size() ? values_[i + 1].offset : packed_.size();
    entries.push_back(
        {.first_sequence = values_[i].first_sequence,
         .records = ByteView(packed_).subspan(values_[i].offset, end - values_[i].offset)});
  }
  return entries;
}

std::uint64_t Batch::stored_octets() const {
  std::uint64_t octets = 0;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const std::size_t end = i + 1 < values_.size() ? values_[i + 1].offset : packed_.size();
    octets += journal::stored_octets(end - values_[i].offset);
  }
  return octets;
}

void Batch::clear() {
  packed_.clear();
  values_.clear();
  last_offset_ = 0;
  records_ = 0;
  last_sequence_ = 0;
}

void AnswerQueue::add(ByteView answer) {
  bytes_.insert(bytes_.end(), answer.begin(), answer.end());
  sizes_.push_back(static_cast<std::uint32_t>(answer.size()));
}

bool AnswerQueue::move_to(SpscRing* ring) {
  bool moved = false;
  for (; next_ < committed_; ++next_) {
    const std::size_t size = sizes_[next_];
    const MutableBytes room = ring->reserve(size);
    if (room.empty()) break;
    std::memcpy(room.data(), &bytes_[offset_], size);
    ring->commit(size);
    offset_ += size;
    moved = true;
  }
  if (empty()) {
    bytes_.clear();
    sizes_.clear();
    next_ = offset_ = committed_ = 0;
  }
  return moved;
}

}  // namespace trapd::journal
