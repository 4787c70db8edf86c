// SPDX-License-Identifier: Apache-2.0
// How a record (record.h) is written: in one pass, each field straight to its place.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "trapd/alarm/record.h"
#include "trapd/base/check.h"

namespace trapd::alarm {

/// The field as it is stored: cut to kFieldOctetsMax, a text before the character that does not
/// fit.
ByteView cut_longer_field(Field field, ByteView bytes);
inline ByteView cut_field(Field field, ByteView bytes) {
  return bytes.size() <= kFieldOctetsMax ? bytes : cut_longer_field(field, bytes);
}

/// For one record. One thread.
class RecordWriter {
 public:
  /// `out` has room for kRecordFieldsOctetsMax and the varbinds, which together are within
  /// kRecordOctetsMax.
  explicit RecordWriter(std::uint8_t* out) : out_(out), at_(out + kRecordFixedOctets) {
    std::memset(out + kRecordLengthsAt, 0, kRecordFixedOctets - kRecordLengthsAt);
  }
  /// In the order of Field, any but the varbinds; those that are left out are empty. Copied.
  [[gnu::always_inline]] void add(Field field, ByteView bytes) {
    CHECK(field >= next_ && field < Field::kVarbinds);
    const auto index = static_cast<std::size_t>(field);
    next_ = static_cast<Field>(index + 1);
    if (bytes.empty()) return;  // many are
    const ByteView kept = cut_field(field, bytes);
    store_le(out_ + kRecordLengthsAt + 2 * index, static_cast<std::uint16_t>(kept.size()));
    copy_few(at_, kept);
    at_ += kept.size();
  }
  [[gnu::always_inline]] void add(Field field, std::string_view text) {
    add(field, as_bytes(text));
  }
  /// Returns the record's size, which stands in the header then, as do its version and that of
  /// the varbinds.
  std::size_t finish(const RecordExtension& extension, ByteView varbinds, RecordHeader* header);

 private:
  std::uint8_t* const out_;
  std::uint8_t* at_;
  Field next_{};  // at least
};

}  // namespace trapd::alarm
