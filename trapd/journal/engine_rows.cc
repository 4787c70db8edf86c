// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/engine_rows.h"

#include <tuple>
#include <utility>

#include "trapd/base/check.h"
#include "trapd/snmp/message.h"

namespace trapd::journal {

namespace {

constexpr std::size_t kRowOctets = 16;
static_assert(sizeof(EngineRow) == kRowOctets);

constexpr std::uint8_t kV3 = 3;

bool tells_of_sender(const alarm::RecordView& record, std::string_view own_engine_id) {
  const alarm::RecordHeader& header = record.header();
  const auto unauthenticated = static_cast<std::uint8_t>(snmp::SecurityLevel::kNoAuthNoPriv);
  if (header.kind != alarm::Kind::kNotification || header.snmp_version != kV3) return false;
  if (header.security_level == unauthenticated) return false;
  const std::string_view engine = record.text(alarm::Field::kAuthoritativeEngineId);
  return !engine.empty() && !same_text(engine, own_engine_id);
}

}  // namespace

std::string encode_engine(const EngineRow& row) {
  std::string value(kRowOctets, '\0');
  auto* at = reinterpret_cast<std::uint8_t*>(value.data());
  store_le(at, row.boots);
  store_le(at + 4, row.latest_time);
  store_le(at + 8, row.received_wall_ns);
  return value;
}

std::optional<EngineRow> decode_engine(ByteView value) {
  if (value.size() != kRowOctets) return std::nullopt;
  return EngineRow{.boots = load_le<std::uint32_t>(value.data()),
                   .latest_time = load_le<std::uint32_t>(value.data() + 4),
                   .received_wall_ns = load_le<std::int64_t>(value.data() + 8)};
}

std::uint32_t EngineRows::slot_of(std::string_view engine_id) const {
  return index_.find(hash_of(engine_id), [&](std::uint32_t slot) {
    return same_text(rows_[slot].engine_id.view(), engine_id);
  });
}

std::uint32_t EngineRows::find_or_add(std::string_view engine_id) {
  CHECK(!engine_id.empty());
  std::uint32_t slot = slot_of(engine_id);
  if (slot != kNone) return slot;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(rows_.size());
    rows_.add();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  rows_[slot].engine_id.assign(engine_id);
  index_.insert(hash_of(engine_id), slot);
  return slot;
}

void EngineRows::erase(std::uint32_t slot) {
  Row& row = rows_[slot];
  index_.erase(hash_of(row.engine_id.view()), slot);
  row.clock = {};
  row.dirty_since = 0;
  row.engine_id.clear();
  row.forgotten = false;
  free_.push_back(slot);
}

void EngineRows::restore(ByteView engine_id, const EngineRow& row) {
  if (engine_id.empty()) return;  // nobody's
  rows_[find_or_add(as_text(engine_id))].clock = row;
}

void EngineRows::note(const alarm::RecordView& record, std::uint64_t sequence) {
  if (record.header().kind == alarm::Kind::kForgetEngine) {
    const std::uint32_t slot = slot_of(record.text(alarm::Field::kAuthoritativeEngineId));
    if (slot == kNone || std::exchange(rows_[slot].forgotten, true)) return;
    ++forgotten_;
    mark(slot, sequence);
    return;
  }
  if (const std::uint32_t slot = advance(record); slot != kNone) mark(slot, sequence);
}

void EngineRows::note_unrecorded(const alarm::RecordView& record) {
  if (const std::uint32_t slot = advance(record); slot != kNone) mark_unrecorded(slot);
}

std::uint32_t EngineRows::advance(const alarm::RecordView& record) {
  if (!tells_of_sender(record, own_engine_id_)) return kNone;
  const alarm::RecordHeader& header = record.header();
  const EngineRow clock{header.engine_boots, header.engine_time, header.received_wall_ns};
  const std::uint32_t slot = find_or_add(record.text(alarm::Field::kAuthoritativeEngineId));
  return advance(&rows_[slot], clock) ? slot : kNone;
}

void EngineRows::mark_unrecorded(std::uint32_t slot) {
  if (std::exchange(rows_[slot].unrecorded, true)) return;
  unrecorded_.push_back(slot);
}

void EngineRows::note_clock(std::string_view engine_id, const EngineRow& row) {
  if (engine_id.empty()) return;
  const std::uint32_t slot = find_or_add(engine_id);
  if (advance(&rows_[slot], row)) mark_unrecorded(slot);
}

bool EngineRows::advance(Row* known, const EngineRow& clock) {
  const bool later = std::tie(clock.boots, clock.latest_time) >
                     std::tie(known->clock.boots, known->clock.latest_time);
  if (!later && !known->forgotten && known->clock.received_wall_ns != 0) return false;
  if (known->forgotten) --forgotten_;
  known->forgotten = false;
  known->clock = clock;
  return true;
}

bool EngineRows::has(ByteView engine_id) const {
  const std::uint32_t slot = slot_of(as_text(engine_id));
  return slot != kNone && !rows_[slot].forgotten;
}

void EngineRows::for_each(
    const std::function<void(ByteView engine_id, const EngineRow&)>& visit) const {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    if (!row.engine_id.empty() && !row.forgotten) {
      visit(as_bytes(row.engine_id.view()), row.clock);
    }
  }
}

std::optional<std::uint64_t> EngineRows::oldest_dirty() const {
  if (dirty_.empty()) return std::nullopt;
  return rows_[dirty_.front()].dirty_since;
}

void EngineRows::take_dirty(
    std::size_t n,
    const std::function<void(std::string_view engine_id, const EngineRow* row)>& visit) {
  for (const std::uint32_t slot : std::exchange(unrecorded_, {})) {
    Row& row = rows_[slot];
    row.unrecorded = false;  // and no slot is given up before it is
    if (!row.forgotten) visit(row.engine_id.view(), &row.clock);
  }
  for (; n > 0 && !dirty_.empty(); --n) {
    const std::uint32_t slot = dirty_.front();
    dirty_.pop_front();
    Row& row = rows_[slot];
    row.dirty_since = 0;
    visit(row.engine_id.view(), row.forgotten ? nullptr : &row.clock);
    if (!row.forgotten) continue;
    --forgotten_;
    erase(slot);
  }
}

void EngineRows::mark(std::uint32_t slot, std::uint64_t sequence) {
  Row& row = rows_[slot];
  if (row.dirty_since != 0) return;
  row.dirty_since = sequence;
  dirty_.push_back(slot);
}

}  // namespace trapd::journal
