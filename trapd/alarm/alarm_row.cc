// SPDX-License-Identifier: Apache-2.0
// The checkpoint row of an alarm:
//
//   RowHeader | RowOrigin | lengths of the texts (u16 each) | texts in the order of texts() |
//   origin
//
// Version 1, which older stores hold, has neither RowOrigin nor origin.
#include <algorithm>
#include <array>
#include <cstring>

#include "trapd/alarm/correlator.h"

namespace trapd::alarm {
namespace {

constexpr std::uint8_t kRowVersion = 2;
constexpr std::size_t kTexts = 7;

/// Little-endian, no padding (FORMAT.md of the journal).
struct RowHeader {
  std::uint8_t version = kRowVersion;
  Severity severity = Severity::kIndeterminate;
  EventType type = EventType::kOther;
  std::uint8_t reserved = 0;
  std::uint32_t count = 0;
  std::uint64_t id = 0;
  std::uint64_t last_sequence = 0;
  std::int64_t first_wall_ns = 0;
  std::int64_t last_wall_ns = 0;
  std::int64_t acknowledged_wall_ns = 0;
  ProbableCause cause = kCauseOther;
  std::uint16_t reserved2 = 0;
  std::uint32_t reserved3 = 0;
};
static_assert(sizeof(RowHeader) == 56, "written to disk as it stands");

/// What version 2 added before the texts.
struct RowOrigin {
  Endpoint source;
};
static_assert(sizeof(RowOrigin) == 24, "written to disk as it stands");

constexpr std::size_t kLengthsOctets = 2 * kTexts;

/// The texts in the order in which they are written; State is AlarmState, const or not.
template <typename State>
auto texts(State& state) {
  return std::array{&state.device, &state.device_name, &state.name,           &state.resource,
                    &state.text,   &state.trap_oid,    &state.acknowledged_by};
}
static_assert(std::tuple_size_v<decltype(texts(std::declval<AlarmState&>()))> == kTexts);

bool known_values(const RowHeader& header) {
  return header.version >= 1 && header.version <= kRowVersion &&
         header.severity >= Severity::kIndeterminate && header.severity <= Severity::kWarning &&
         header.type >= EventType::kOther && header.type <= EventType::kTimeDomainViolation &&
         header.id != 0;
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
}

}  // namespace

std::string encode_alarm(const AlarmState& state) {
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

  const RowOrigin origin{state.source};
  constexpr std::size_t kLengthsAt = sizeof header + sizeof origin;
  std::string row(kLengthsAt + kLengthsOctets, '\0');
  std::memcpy(row.data(), &header, sizeof header);
  std::memcpy(row.data() + sizeof header, &origin, sizeof origin);
  std::size_t index = 0;
  for (const std::string* text : texts(state)) {
    // They come from a record's fields, which are cut already.
    const std::size_t length = std::min(text->size(), kFieldOctetsMax);
    const auto stored = static_cast<std::uint16_t>(length);
    std::memcpy(row.data() + kLengthsAt + 2 * index++, &stored, sizeof stored);
    row.append(*text, 0, length);
  }
  return row.append(state.origin.packed());
}

std::optional<AlarmState> decode_alarm(ByteView row) {
  if (row.size() < sizeof(RowHeader)) return std::nullopt;
  const auto header = load_le<RowHeader>(row.data());
  if (!known_values(header)) return std::nullopt;

  AlarmState state;
  take_header(header, &state);
  ByteView rest = row.subspan(sizeof header);
  const bool has_origin = header.version > 1;
  if (rest.size() < kLengthsOctets + (has_origin ? sizeof(RowOrigin) : 0)) return std::nullopt;
  if (has_origin) {
    state.source = load_le<RowOrigin>(rest.data()).source;
    rest = rest.subspan(sizeof(RowOrigin));
  }
  const ByteView lengths = rest.first(kLengthsOctets);
  rest = rest.subspan(kLengthsOctets);
  std::size_t index = 0;
  for (std::string* text : texts(state)) {
    const auto length = load_le<std::uint16_t>(lengths.data() + 2 * index++);
    if (length > rest.size()) return std::nullopt;
    text->assign(as_text(rest.first(length)));
    rest = rest.subspan(length);
  }
  if (has_origin ? !state.origin.restore(as_text(rest)) : !rest.empty()) return std::nullopt;
  return state;
}

}  // namespace trapd::alarm
