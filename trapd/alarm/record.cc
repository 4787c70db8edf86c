// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/record.h"

#include <algorithm>
#include <cstring>

#include "trapd/alarm/record_writer.h"

namespace trapd::alarm {
namespace {

constexpr std::size_t kLengths = kFieldCount - 1;  // all fields but the varbinds

constexpr std::uint8_t kVersion1 = 1;
constexpr std::size_t kLengthsOfVersion1 = 16;

/// Where things are in a record of its version.
struct Layout {
  std::size_t lengths_at;
  std::size_t lengths;
  std::size_t fields_at() const { return lengths_at + 2 * lengths; }
};
constexpr Layout kLayout{sizeof(RecordHeader) + sizeof(RecordExtension), kLengths};
constexpr Layout kLayoutOfVersion1{sizeof(RecordHeader), kLengthsOfVersion1};

const Layout& layout_of(const RecordHeader& header) {
  return header.version == kVersion1 ? kLayoutOfVersion1 : kLayout;
}

static_assert(kLayout.lengths_at == kRecordLengthsAt);
static_assert(kLayout.lengths_at + 2 * kLayout.lengths == kRecordFixedOctets);
static_assert((kLayoutOfVersion1.lengths_at + 2 * kLengthsOfVersion1) % kRecordPaddingOctets == 0);

static_assert(static_cast<std::size_t>(Field::kVarbinds) == kLengths, "varbinds come last");
static_assert(kFieldOctetsMax <= 0xffff, "a field's length is a u16");
static_assert(kRecordOctetsMax % kRecordPaddingOctets == 0);

bool known_values(const RecordHeader& header) {
  const auto between = [](auto value, auto first, auto last) {
    return value >= first && value <= last;
  };
  return between(header.version, kVersion1, kRecordVersion) &&
         between(header.kind, Kind::kNotification, Kind::kSettled) &&
         between(header.severity, Severity::kCleared, Severity::kWarning) &&
         between(header.previous_severity, Severity::kCleared, Severity::kWarning) &&
         between(header.type, EventType::kOther, EventType::kTimeDomainViolation) &&
         header.action <= Action::kClear && header.outcome <= Outcome::kHeld;
}

std::size_t length_at(ByteView record, const Layout& layout, std::size_t index) {
  return load_le<std::uint16_t>(record.data() + layout.lengths_at + 2 * index);
}

// Lengths are added up four at a time, each in its 16 bits: all of them together stay below 2^16.
constexpr std::size_t kPerWord = 4;
static_assert(kRecordFieldsOctetsMax <= 0xffff, "so does where the varbinds begin");
static_assert(kLayout.lengths % kPerWord == 0 && kLayoutOfVersion1.lengths % kPerWord == 0,
              "no word reaches behind the lengths");

std::uint64_t four_lengths(ByteView record, const Layout& layout, std::size_t word) {
  return load_le<std::uint64_t>(record.data() + layout.lengths_at + sizeof(std::uint64_t) * word);
}

constexpr std::uint64_t kEachOfFour = 0x0001000100010001U;

constexpr std::size_t sum_of_four(std::uint64_t lengths) {
  return static_cast<std::size_t>(lengths * kEachOfFour >> 48);
}

/// Of the first `count` fields; each of them is within kFieldOctetsMax.
std::size_t sum_of_lengths(ByteView record, const Layout& layout, std::size_t count) {
  std::uint64_t sums = 0;
  std::size_t word = 0;
  for (; (word + 1) * kPerWord <= count; ++word) sums += four_lengths(record, layout, word);
  if (const std::size_t rest = count % kPerWord; rest != 0) {
    sums += four_lengths(record, layout, word) & ((std::uint64_t{1} << 16 * rest) - 1);
  }
  return sum_of_four(sums);
}

bool lengths_are_within_bounds(ByteView record, const Layout& layout) {
  std::uint64_t all = 0;
  for (std::size_t word = 0; word < layout.lengths / kPerWord; ++word) {
    all |= four_lengths(record, layout, word);
  }
  static_assert(kFieldOctetsMax == 0x400);
  if ((all & 0xfc00fc00fc00fc00U) == 0) return true;  // each below the bound
  for (std::size_t i = 0; i < layout.lengths; ++i) {
    if (length_at(record, layout, i) > kFieldOctetsMax) return false;
  }
  return true;
}

}  // namespace

const char* to_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::kEvent:
      return "event";
    case Outcome::kRaise:
      return "raise";
    case Outcome::kRepeat:
      return "repeat";
    case Outcome::kChange:
      return "change";
    case Outcome::kClear:
      return "clear";
    case Outcome::kClearWithoutRaise:
      return "clear without raise";
    case Outcome::kHeld:
      return "held";
  }
  return "event";
}

std::size_t encoded_size(const RecordFields& fields) {
  std::size_t octets = kRecordFixedOctets + fields[Field::kVarbinds].size();
  for (std::size_t i = 0; i < kLengths; ++i) {
    octets += cut_field(static_cast<Field>(i), fields.fields[i]).size();
  }
  return padded_record_octets(octets);
}

std::size_t encode(const RecordFields& fields, MutableBytes out) {
  const std::size_t size = encoded_size(fields);
  if (size > out.size() || size > kRecordOctetsMax) return 0;
  RecordWriter writer(out.data());
  for (std::size_t i = 0; i < kLengths; ++i) writer.add(static_cast<Field>(i), fields.fields[i]);
  RecordHeader header = fields.header;
  return writer.finish(fields.extension, fields[Field::kVarbinds], &header);
}

bool RecordView::valid() const {
  if (bytes_.size() < sizeof(RecordHeader)) return false;
  // header() reads in place. A record that lies askew is not read at all.
  if (reinterpret_cast<std::uintptr_t>(bytes_.data()) % alignof(RecordHeader) != 0) return false;
  const RecordHeader& header = this->header();
  if (header.size > bytes_.size() || header.size > kRecordOctetsMax) return false;
  if (!known_values(header)) return false;

  const Layout& layout = layout_of(header);
  if (header.size < layout.fields_at() || !lengths_are_within_bounds(bytes_, layout)) return false;
  const std::size_t octets = layout.fields_at() + sum_of_lengths(bytes_, layout, layout.lengths);
  return header.size == padded_record_octets(octets + header.varbind_octets);
}

const RecordExtension& RecordView::extension() const& {
  static constexpr RecordExtension kNone;
  if (header().version == kVersion1) return kNone;
  return *reinterpret_cast<const RecordExtension*>(bytes_.data() + sizeof(RecordHeader));
}

FieldPlaces::FieldPlaces(const RecordView& record) {
  // Each with the layout as constants.
  if (record.header().version != kVersion1) {
    find_fields(record.bytes_, kLayout);
  } else {
    find_fields(record.bytes_, kLayoutOfVersion1);
  }
  device_hash_ = hash_bytes(RecordView(record.bytes_, this).field(Field::kDevice));
}

template <typename AnyLayout>
[[gnu::always_inline]] inline void FieldPlaces::find_fields(ByteView record,
                                                            const AnyLayout& layout) {
  std::uint64_t begin = layout.fields_at();
  std::size_t field = 0;
  for (std::size_t word = 0; word < layout.lengths / kPerWord; ++word, field += kPerWord) {
    const std::uint64_t lengths = four_lengths(record, layout, word);
    // In each of the four places what is below it: `begin`, and the lengths before its own.
    const std::uint64_t begins = ((lengths << 16) + begin) * kEachOfFour;
    std::memcpy(&begins_[field], &begins, sizeof begins);
    begin = (begins >> 48) + (lengths >> 48);
  }
  for (; field < kFieldCount; ++field) begins_[field] = static_cast<std::uint16_t>(begin);
}

ByteView RecordView::searched_field(Field field) const {
  const Layout& layout = layout_of(header());
  const auto index = static_cast<std::size_t>(field);
  const bool varbinds = field == Field::kVarbinds;
  if (!varbinds && index >= layout.lengths) return {};
  const std::size_t offset =
      layout.fields_at() + sum_of_lengths(bytes_, layout, varbinds ? layout.lengths : index);
  return bytes_.subspan(offset,
                        varbinds ? header().varbind_octets : length_at(bytes_, layout, index));
}

bool RecordSequence::next(RecordView* record) {
  if (rest_.empty() || damaged_) return false;
  const RecordView candidate(rest_);
  if (!candidate.valid()) {
    damaged_ = true;
    return false;
  }
  *record = RecordView(candidate.bytes());
  rest_ = rest_.subspan(candidate.header().size);
  return true;
}

}  // namespace trapd::alarm
