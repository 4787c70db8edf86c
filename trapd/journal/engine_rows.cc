// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/engine_rows.h"

#include <tuple>
#include <utility>

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
  return !engine.empty() && engine != own_engine_id;
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

void EngineRows::restore(ByteView engine_id, const EngineRow& row) {
  rows_[std::string(as_text(engine_id))].row = row;
}

void EngineRows::note(const alarm::RecordView& record, std::uint64_t sequence) {
  const std::string_view engine = record.text(alarm::Field::kAuthoritativeEngineId);
  if (record.header().kind == alarm::Kind::kForgetEngine) {
    const auto found = rows_.find(engine);
    if (found == rows_.end() || found->second.forgotten) return;
    found->second.forgotten = true;
    ++forgotten_;
    mark(&*found, sequence);
    return;
  }
  if (Map::value_type* const entry = advance(record)) mark(entry, sequence);
}

void EngineRows::note_unrecorded(const alarm::RecordView& record) {
  if (Map::value_type* const entry = advance(record)) mark_unrecorded(entry);
}

EngineRows::Map::value_type* EngineRows::advance(const alarm::RecordView& record) {
  if (!tells_of_sender(record, own_engine_id_)) return nullptr;
  const std::string_view engine = record.text(alarm::Field::kAuthoritativeEngineId);
  const alarm::RecordHeader& header = record.header();
  auto found = rows_.find(engine);
  if (found == rows_.end()) found = rows_.try_emplace(std::string(engine)).first;
  const EngineRow row{header.engine_boots, header.engine_time, header.received_wall_ns};
  return advance(&found->second, row) ? &*found : nullptr;
}

void EngineRows::mark_unrecorded(Map::value_type* entry) {
  if (std::exchange(entry->second.unrecorded, true)) return;
  unrecorded_.push_back(entry->first);
}

void EngineRows::note_clock(std::string_view engine_id, const EngineRow& row) {
  auto found = rows_.find(engine_id);
  if (found == rows_.end()) found = rows_.try_emplace(std::string(engine_id)).first;
  if (advance(&found->second, row)) mark_unrecorded(&*found);
}

bool EngineRows::advance(Entry* known, const EngineRow& row) {
  const bool later =
      std::tie(row.boots, row.latest_time) > std::tie(known->row.boots, known->row.latest_time);
  if (!later && !known->forgotten && known->row.received_wall_ns != 0) return false;
  if (known->forgotten) --forgotten_;
  known->forgotten = false;
  known->row = row;
  return true;
}

bool EngineRows::has(ByteView engine_id) const {
  const auto found = rows_.find(as_text(engine_id));
  return found != rows_.end() && !found->second.forgotten;
}

std::size_t EngineRows::size() const { return rows_.size() - forgotten_; }

void EngineRows::for_each(
    const std::function<void(ByteView engine_id, const EngineRow&)>& visit) const {
  for (const auto& [engine_id, known] : rows_) {
    if (!known.forgotten) visit(as_bytes(engine_id), known.row);
  }
}

std::optional<std::uint64_t> EngineRows::oldest_dirty() const {
  if (dirty_.empty()) return std::nullopt;
  return dirty_.front()->second.dirty_since;
}

void EngineRows::take_dirty(
    std::size_t n,
    const std::function<void(const std::string& engine_id, const EngineRow* row)>& visit) {
  for (const std::string& engine_id : std::exchange(unrecorded_, {})) {
    const auto found = rows_.find(engine_id);
    if (found == rows_.end()) continue;
    found->second.unrecorded = false;
    if (!found->second.forgotten) visit(engine_id, &found->second.row);
  }
  for (; n > 0 && !dirty_.empty(); --n) {
    Map::value_type* const oldest = dirty_.front();
    dirty_.pop_front();
    oldest->second.dirty_since = 0;
    visit(oldest->first, oldest->second.forgotten ? nullptr : &oldest->second.row);
    if (!oldest->second.forgotten) continue;
    --forgotten_;
    rows_.erase(rows_.find(oldest->first));
  }
}

void EngineRows::mark(Map::value_type* entry, std::uint64_t sequence) {
  if (entry->second.dirty_since != 0) return;
  entry->second.dirty_since = sequence;
  dirty_.push_back(entry);
}

}  // namespace trapd::journal
