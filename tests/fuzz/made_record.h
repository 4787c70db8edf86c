// SPDX-License-Identifier: Apache-2.0
// Records with any content that a worker or the ledger could have written: known values in the
// header, any octets in the texts, sound OIDs and varbinds.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/fuzz/input.h"
#include "trapd/alarm/record.h"

namespace trapd::fuzz {

class MadeRecord {
 public:
  explicit MadeRecord(Input& input);
  MadeRecord(const MadeRecord&) = delete;
  MadeRecord& operator=(const MadeRecord&) = delete;

  /// Lives as long as this.
  alarm::RecordView view() const;

 private:
  std::vector<std::uint64_t> words_;
};

/// What MadeRecord reads as a linkDown of a device, with a varbind of each type.
std::vector<std::uint8_t> sample_record_input();
/// The same with texts that mean harm to a line, a header or a parser.
std::vector<std::uint8_t> hostile_record_input();

}  // namespace trapd::fuzz
