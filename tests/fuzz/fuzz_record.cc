// SPDX-License-Identifier: Apache-2.0
// Reaches RecordView::valid and every field of a record, RecordSequence over several, encode of
// what was read. First octet: 1 = the sizes in the header are made to fit, which a mutation seldom
// manages.
#include <cstring>
#include <vector>

#include "tests/fuzz/input.h"
#include "tests/fuzz/made_record.h"
#include "tests/fuzz/pdu_checks.h"
#include "tests/fuzz/target.h"
#include "trapd/alarm/record.h"
#include "trapd/base/check.h"

namespace trapd::fuzz {
namespace {

constexpr std::size_t kVersion1FixedOctets = sizeof(alarm::RecordHeader) + 2 * 16;

/// Bytes at an address that is a multiple of 8, of exactly their size.
class Aligned {
 public:
  explicit Aligned(ByteView bytes) : size_(bytes.size()), words_((bytes.size() + 7) / 8) {
    if (size_ > 0) std::memcpy(words_.data(), bytes.data(), size_);
  }
  MutableBytes bytes() { return {reinterpret_cast<std::uint8_t*>(words_.data()), size_}; }

 private:
  std::size_t size_;
  std::vector<std::uint64_t> words_;
};

void repair_sizes(MutableBytes bytes) {
  if (bytes.size() < alarm::kRecordFixedOctets) return;
  alarm::RecordHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::size_t fields = alarm::kRecordFixedOctets;
  constexpr std::size_t kLengthsAt = sizeof header + sizeof(alarm::RecordExtension);
  for (std::size_t at = kLengthsAt; at < alarm::kRecordFixedOctets; at += 2) {
    fields += load_le<std::uint16_t>(bytes.data() + at);
  }
  const std::size_t whole = bytes.size() & ~std::size_t{7};
  if (fields > whole) return;
  header.version = alarm::kRecordVersion;
  header.varbind_octets = static_cast<std::uint32_t>(whole - fields);
  header.size = static_cast<std::uint32_t>(whole);
  std::memcpy(bytes.data(), &header, sizeof header);
}

void check_record(const alarm::RecordView& record) {
  alarm::RecordFields fields;
  fields.header = record.header();
  fields.extension = record.extension();
  const bool current = record.header().version == alarm::kRecordVersion;
  std::size_t octets = current ? alarm::kRecordFixedOctets : kVersion1FixedOctets;
  for (std::size_t i = 0; i < alarm::kFieldCount; ++i) {
    const ByteView field = record.field(static_cast<alarm::Field>(i));
    CHECK(inside(field, record.bytes()));
    fields.fields[i] = field;
    octets += field.size();
  }
  CHECK(octets <= record.header().size && record.header().size < octets + 8);
  CHECK(*alarm::to_text(record.header().outcome) != '\0');
  CHECK(*alarm::to_text(record.header().severity) != '\0');
  CHECK(*alarm::to_text(record.header().type) != '\0');
  if (!current) return;  // it is written as the version that we write

  std::vector<std::uint64_t> words(record.bytes().size() / 8);
  const MutableBytes again(reinterpret_cast<std::uint8_t*>(words.data()), words.size() * 8);
  CHECK(alarm::encode(fields, again) == again.size());
  CHECK(equal(again.first(octets), record.bytes().first(octets)));  // padding becomes zero
}

void check_sequence(ByteView packed) {
  alarm::RecordSequence sequence(packed);
  alarm::RecordView record;
  std::size_t octets = 0;
  while (sequence.next(&record)) {
    octets += record.bytes().size();
    check_record(record);
  }
  CHECK(sequence.damaged() == (octets < packed.size()));
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> seeds;
  Output two;
  two.u8(0);
  for (const auto& made : {sample_record_input(), hostile_record_input()}) {
    Input input(made.data(), made.size());
    const MadeRecord record(input);
    const ByteView bytes = record.view().bytes();
    seeds.push_back({"one" + std::to_string(seeds.size()), Output().u8(1).raw(bytes).done()});
    two.raw(bytes);
  }
  seeds.push_back({"two", two.done()});
  return seeds;
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trapd::fuzz;
  Input input(data, size);
  const bool repaired = input.flag();
  Aligned packed(input.rest());
  if (repaired) repair_sizes(packed.bytes());
  check_sequence(packed.bytes());
  return 0;
}
