// SPDX-License-Identifier: Apache-2.0
// The checkpoint row of an alarm:
//
//   RowHeader | source | lengths of the texts (u16 each) | texts in the order of for_each_text() |
//   origin
//
// Versions 1 and 2, which older stores hold, have the first 56 octets of the header and the first
// seven texts alone; version 1 has neither source nor origin.
#include <array>
#include <cstring>

#include "trapd/alarm/correlator.h"

namespace trapd::alarm {
namespace {

constexpr std::uint8_t kRowVersion = 3;
constexpr std::size_t kTexts = 9;
constexpr std::uint8_t kUnsure = 1;
constexpr std::uint8_t kHeldClear = 2;

/// Little-endian, no padding (FORMAT.md of the journal).
struct RowHeader {
  std::uint8_t version = kRowVersion;
  Severity severity = Severity::kIndeterminate;
  EventType type = EventType::kOther;
  std::uint8_t flags = 0;
  std::uint32_t count = 0;
  std::uint64_t id = 0;
  std::uint64_t last_sequence = 0;
  std::int64_t first_wall_ns = 0;
  std::int64_t last_wall_ns = 0;
  std::int64_t acknowledged_wall_ns = 0;
  ProbableCause cause = kCauseOther;
  std::uint8_t told_severity = 0;  // while it flaps
  std::uint8_t reserved = 0;
  std::uint32_t timeout_s = 0;
  // Version 3 has these:
  std::int64_t flap_wall_ns = 0;
  std::uint32_t flap_changes = 0;
  std::uint32_t reserved2 = 0;
};
static_assert(sizeof(RowHeader) == 72, "written to disk as it stands");
static_assert(sizeof(Endpoint) == 24, "written to disk as it stands");

/// What a row of each version has, [version - 1].
struct Layout {
  std::size_t header_octets;
  std::size_t source_octets;
  std::size_t texts;
  std::size_t lengths_at() const { return header_octets + source_octets; }
  std::size_t texts_at() const { return lengths_at() + 2 * texts; }
};
constexpr std::array<Layout, kRowVersion> kLayouts = {
    {{56, 0, 7}, {56, sizeof(Endpoint), 7}, {sizeof(RowHeader), sizeof(Endpoint), kTexts}}};

/// The texts in the order in which they are written; State is AlarmState, const or not.
template <typename State, typename Visit>
void for_each_text(State& state, Visit&& visit) {
  visit(state.device);
  visit(state.device_name);
  visit(state.name);
  visit(state.resource);
  visit(state.text);
  visit(state.trap_oid);
  visit(state.acknowledged_by);
  // Version 3 has these:
  visit(state.acknowledged_why);
  visit(state.labels);
}

bool is_severity(Severity severity) {
  return severity >= Severity::kIndeterminate && severity <= Severity::kWarning;
}

bool known_values(const RowHeader& header) {
  const bool flaps = header.flap_changes != 0;
  return is_severity(header.severity) && header.type >= EventType::kOther &&
         header.type <= EventType::kTimeDomainViolation && header.id != 0 &&
         header.flags <= (kUnsure | kHeldClear) &&
         (flaps ? is_severity(static_cast<Severity>(header.told_severity))
                : header.told_severity == 0 && (header.flags & kHeldClear) == 0);
}

RowHeader header_of(const AlarmState& state) {
  RowHeader header;
  header.id = state.id;
  header.last_sequence = state.last_sequence;
  header.severity = state.severity;
  header.type = state.type;
  header.cause = state.cause;
  header.count = state.count;
  header.first_wall_ns = state.first_wall_ns;
  header.last_wall_ns = state.last_wall_ns;
  header.acknowledged_wall_ns = state.acknowledged_wall_ns;
  header.timeout_s = state.timeout_s;
  header.flags = static_cast<std::uint8_t>((state.unsure ? kUnsure : 0) |
                                           (state.flap.cleared ? kHeldClear : 0));
  if (state.flaps()) {
    header.told_severity = static_cast<std::uint8_t>(state.flap.told);
    header.flap_wall_ns = state.flap.last_wall_ns;
    header.flap_changes = state.flap.changes;
  }
  return header;
}

void take_header(const RowHeader& header, AlarmState* state) {
  state->id = header.id;
  state->last_sequence = header.last_sequence;
  state->severity = header.severity;
  state->type = header.type;
  state->cause = header.cause;
  state->count = header.count;
  state->first_wall_ns = header.first_wall_ns;
  state->last_wall_ns = header.last_wall_ns;
  state->acknowledged_wall_ns = header.acknowledged_wall_ns;
  state->timeout_s = header.timeout_s;
  state->unsure = (header.flags & kUnsure) != 0;
  if (header.flap_changes == 0) return;
  state->flap = {header.flap_changes, (header.flags & kHeldClear) != 0,
                 static_cast<Severity>(header.told_severity), header.flap_wall_ns};
}

/// What its version does not have is zero, and so is what it had for reserved.
const Layout* read_header(ByteView row, RowHeader* header) {
  if (row.empty() || row.front() == 0 || row.front() > kRowVersion) return nullptr;
  const Layout& layout = kLayouts.at(row.front() - 1U);
  if (row.size() < layout.texts_at()) return nullptr;
  std::memcpy(header, row.data(), layout.header_octets);
  return known_values(*header) ? &layout : nullptr;
}

}  // namespace

std::string encode_alarm(const AlarmState& state) {
  const Layout& layout = kLayouts.back();
  const RowHeader header = header_of(state);
  std::string row(layout.texts_at(), '\0');
  std::memcpy(row.data(), &header, sizeof header);
  std::memcpy(row.data() + layout.header_octets, &state.source, sizeof state.source);
  std::size_t length_at = layout.lengths_at();
  for_each_text(state, [&row, &length_at](std::string_view text) {
    // They come from a record's fields, which are cut already.
    const std::string_view stored = text.substr(0, kFieldOctetsMax);
    const auto octets = static_cast<std::uint16_t>(stored.size());
    std::memcpy(row.data() + length_at, &octets, sizeof octets);
    length_at += sizeof octets;
    row.append(stored);
  });
  return row.append(state.origin.packed());
}

std::optional<AlarmState> decode_alarm(ByteView row) {
  RowHeader header;
  const Layout* const layout = read_header(row, &header);
  if (layout == nullptr) return std::nullopt;

  AlarmState state;
  take_header(header, &state);
  const bool has_origin = layout->source_octets != 0;
  if (has_origin) state.source = load_le<Endpoint>(row.data() + layout->header_octets);
  ByteView rest = row.subspan(layout->texts_at());
  std::size_t index = 0;
  bool whole = true;
  for_each_text(state, [&](auto& text) {
    if (index == layout->texts || !whole) return;
    const auto length = load_le<std::uint16_t>(row.data() + layout->lengths_at() + 2 * index++);
    whole = length <= rest.size();
    if (!whole) return;
    text.assign(as_text(rest.first(length)));
    rest = rest.subspan(length);
  });
  if (!whole) return std::nullopt;
  if (has_origin ? !state.origin.restore(as_text(rest)) : !rest.empty()) return std::nullopt;
  return state;
}

}  // namespace trapd::alarm
