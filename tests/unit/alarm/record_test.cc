// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/record.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

namespace trapd::alarm {
namespace {

constexpr std::size_t kLengthsAt = sizeof(RecordHeader) + sizeof(RecordExtension);

/// As records lie in rings and batches: 8-byte aligned.
struct Encoded {
  std::vector<std::uint64_t> words;
  std::size_t size = 0;

  explicit Encoded(const RecordFields& fields)
      : words(kRecordOctetsMax / 8), size(encode(fields, bytes())) {}
  MutableBytes bytes() { return {reinterpret_cast<std::uint8_t*>(words.data()), words.size() * 8}; }
  RecordView view() { return RecordView(bytes().first(size)); }
};

std::string content_of(std::size_t field, std::size_t octets) {
  std::string text;
  for (std::size_t i = 0; i < octets; ++i) text += static_cast<char>('a' + (field + i) % 26);
  return text;
}

/// A record whose field number i holds i + 1 octets.
RecordFields sample(std::vector<std::string>* storage) {
  RecordFields fields;
  fields.header.sequence = 7;
  fields.header.severity = Severity::kMajor;
  fields.header.flags = static_cast<std::uint8_t>(RecordFlag::kInform);
  fields.header.source.port = 161;
  storage->clear();
  for (std::size_t i = 0; i < kFieldCount; ++i) storage->push_back(content_of(i, i + 1));
  for (std::size_t i = 0; i < kFieldCount; ++i) fields.fields[i] = as_bytes((*storage)[i]);
  return fields;
}

}  // namespace

TEST_CASE("a record gives back what was put in") {
  std::vector<std::string> storage;
  const RecordFields fields = sample(&storage);
  Encoded encoded(fields);
  REQUIRE(encoded.size == encoded_size(fields));
  CHECK(encoded.size % 8 == 0);
  const RecordView view = encoded.view();
  REQUIRE(view.valid());
  CHECK(view.header().size == encoded.size);
  CHECK(view.header().version == kRecordVersion);
  CHECK(view.header().sequence == 7);
  CHECK(view.header().severity == Severity::kMajor);
  CHECK(view.header().source.port == 161);
  CHECK(view.header().varbind_octets == kFieldCount);
  CHECK(view.has(RecordFlag::kInform));
  CHECK_FALSE(view.has(RecordFlag::kRelayed));
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    CHECK(view.text(static_cast<Field>(i)) == storage[i]);
  }
  CHECK(view.bytes().size() == encoded.size);
}

TEST_CASE("the places of a record's fields are where a search finds them, in a copy too") {
  std::vector<std::string> storage;
  RecordFields fields = sample(&storage);
  const std::string longest(kFieldOctetsMax, 'x');
  for (const bool all_longest : {false, true}) {
    for (std::size_t i = 0; all_longest && i < kFieldCount; ++i) {
      fields.fields[i] = as_bytes(longest);
    }
    Encoded encoded(fields);
    const RecordView searched = encoded.view();
    REQUIRE(searched.valid());
    const FieldPlaces places(searched);
    const RecordView placed(searched.bytes(), &places);
    const std::vector<std::uint64_t> words = encoded.words;
    const RecordView copy = placed.of_copy(
        {reinterpret_cast<const std::uint8_t*>(words.data()), searched.bytes().size()});
    for (std::size_t i = 0; i < kFieldCount; ++i) {
      const auto field = static_cast<Field>(i);
      CHECK(placed.text(field) == searched.text(field));
      CHECK(placed.field(field).data() == searched.field(field).data());
      CHECK(copy.text(field) == searched.text(field));
      CHECK(copy.field(field).data() != searched.field(field).data());
    }
  }
}

TEST_CASE("an empty record is the fixed part alone") {
  Encoded encoded((RecordFields()));
  CHECK(encoded.size == kRecordFixedOctets);
  REQUIRE(encoded.view().valid());
  CHECK(encoded.view().field(Field::kVarbinds).empty());
  CHECK(encoded.view().trap_oid().empty());
}

TEST_CASE("a record fits into exactly its size and not into one octet less") {
  std::vector<std::string> storage;
  const RecordFields fields = sample(&storage);
  std::vector<std::uint64_t> words(encoded_size(fields) / 8);
  const MutableBytes exact(reinterpret_cast<std::uint8_t*>(words.data()), words.size() * 8);
  CHECK(encode(fields, exact) == exact.size());
  CHECK(encode(fields, exact.first(exact.size() - 1)) == 0);
  CHECK(encode(fields, {}) == 0);
}

TEST_CASE("a full datagram of varbinds with every field at its longest fits the bound") {
  const std::string longest(kFieldOctetsMax + 500, 'x');
  const std::string varbinds(65'507, 'v');
  RecordFields fields;
  for (std::size_t i = 0; i < kFieldCount; ++i) fields.fields[i] = as_bytes(longest);
  fields.set(Field::kVarbinds, varbinds);
  Encoded encoded(fields);
  REQUIRE(encoded.size > 0);
  REQUIRE(encoded.view().valid());
  CHECK(encoded.view().field(Field::kText).size() == kFieldOctetsMax);
  CHECK(encoded.view().field(Field::kVarbinds).size() == varbinds.size());
}

TEST_CASE("more varbinds than a record may hold are refused, not cut") {
  const std::string varbinds(kRecordOctetsMax, 'v');
  RecordFields fields;
  fields.set(Field::kVarbinds, varbinds);
  std::vector<std::uint8_t> room(2 * kRecordOctetsMax);
  CHECK(encode(fields, room) == 0);
}

TEST_CASE("a text that is too long is cut before the character that does not fit") {
  const std::pair<std::string, std::size_t> table[] = {
      {std::string(1022, 'x') + "\xe2\x82\xac", 1022},  // three octets from 1022 on
      {std::string(1021, 'x') + "\xe2\x82\xac", 1024},  // ends exactly at the bound
      {std::string(1023, 'x') + "\xc3\xa9", 1023},
      {std::string(1021, 'x') + "\xf0\x9f\x98\x80" + "y", 1021},
      {std::string(1025, 'x'), 1024},
      {std::string(1100, '\x80'), 1024},  // no UTF-8: cut anywhere
  };
  for (const auto& [text, kept] : table) {
    RecordFields fields;
    fields.set(Field::kText, text);
    Encoded encoded(fields);
    CHECK(encoded.view().text(Field::kText) == text.substr(0, kept));
  }
  // octets are no text
  const std::string octets = std::string(1022, 'x') + "\xe2\x82\xac";
  RecordFields fields;
  fields.set(Field::kContextEngineId, octets);
  Encoded encoded(fields);
  CHECK(encoded.view().field(Field::kContextEngineId).size() == 1024);
}

TEST_CASE("the padding of a record holds no memory of before") {
  RecordFields fields;
  fields.set(Field::kText, "abc");
  std::vector<std::uint64_t> words(64, ~std::uint64_t{0});
  const MutableBytes room(reinterpret_cast<std::uint8_t*>(words.data()), words.size() * 8);
  const std::size_t size = encode(fields, room);
  for (std::size_t i = kRecordFixedOctets + 3; i < size; ++i) CHECK(room[i] == 0);
  CHECK(room[size] == 0xff);
}

TEST_CASE("every truncation of a record is invalid") {
  std::vector<std::string> storage;
  Encoded encoded(sample(&storage));
  for (std::size_t octets = 0; octets < encoded.size; ++octets) {
    CHECK_FALSE(RecordView(encoded.bytes().first(octets)).valid());
  }
  CHECK(RecordView(encoded.bytes().first(encoded.size)).valid());
}

TEST_CASE("a record whose sizes do not add up is invalid") {
  std::vector<std::string> storage;
  Encoded encoded(sample(&storage));
  for (std::size_t i = 0; i < kFieldCount - 1; ++i) {
    for (const int by : {-8, 8, 0x4000}) {
      Encoded copy(sample(&storage));
      std::uint8_t* length = copy.bytes().data() + kLengthsAt + 2 * i;
      store_le(length, static_cast<std::uint16_t>(load_le<std::uint16_t>(length) + by));
      CHECK_FALSE(copy.view().valid());
    }
  }
  for (const std::uint32_t size : {0U, 8U, 144U, 0xfffffff8U}) {
    Encoded copy(sample(&storage));
    store_le(copy.bytes().data(), size);
    CHECK_FALSE(RecordView(copy.bytes()).valid());
  }
  Encoded huge(sample(&storage));
  store_le(huge.bytes().data() + offsetof(RecordHeader, varbind_octets), 0xffffffffU);
  CHECK_FALSE(huge.view().valid());
}

// Readers may have room for kFieldOctetsMax and no more.
TEST_CASE("a field longer than its bound is invalid even when the sizes add up") {
  const std::string longest(kFieldOctetsMax, 'x');
  RecordFields fields;
  fields.set(Field::kText, longest);
  fields.set(Field::kVarbinds, "12345678");
  Encoded encoded(fields);
  REQUIRE(encoded.view().valid());
  const auto text = static_cast<std::size_t>(Field::kText);
  store_le(encoded.bytes().data() + kLengthsAt + 2 * text,
           static_cast<std::uint16_t>(kFieldOctetsMax + 8));
  store_le(encoded.bytes().data() + offsetof(RecordHeader, varbind_octets), std::uint32_t{0});
  CHECK_FALSE(encoded.view().valid());
}

TEST_CASE("an unknown version or a value outside its enumeration is invalid") {
  const std::pair<std::size_t, std::vector<int>> table[] = {
      {offsetof(RecordHeader, version), {0, 3, 255}},
      {offsetof(RecordHeader, kind), {0, 8, 255}},
      {offsetof(RecordHeader, severity), {0, 7}},
      {offsetof(RecordHeader, previous_severity), {0, 7}},
      {offsetof(RecordHeader, type), {0, 12}},
      {offsetof(RecordHeader, action), {3, 255}},
      {offsetof(RecordHeader, outcome), {7, 255}},
  };
  for (const auto& [offset, values] : table) {
    for (const int value : values) {
      Encoded encoded((RecordFields()));
      encoded.bytes()[offset] = static_cast<std::uint8_t>(value);
      CHECK_FALSE(encoded.view().valid());
    }
  }
}

TEST_CASE("a record of version 1 is read, without what came later") {
  // Its header, the lengths of sixteen fields, and 4 (device), 12 (alarm name), 14 (text).
  std::vector<std::uint64_t> words(21);
  auto* at = reinterpret_cast<std::uint8_t*>(words.data());
  RecordHeader header;
  header.size = 168;
  header.version = 1;
  header.kind = Kind::kOwn;
  header.sequence = 7;
  std::memcpy(at, &header, sizeof header);
  store_le(at + sizeof header + 2 * 4, std::uint16_t{8});
  store_le(at + sizeof header + 2 * 12, std::uint16_t{9});
  store_le(at + sizeof header + 2 * 14, std::uint16_t{5});
  std::memcpy(at + 144, "80001f88trapdTesthello", 22);
  const ByteView bytes(at, 168);
  const RecordView view(bytes);
  REQUIRE(view.valid());
  CHECK(view.header().sequence == 7);
  CHECK(view.text(Field::kDevice) == "80001f88");
  CHECK(view.text(Field::kAlarmName) == "trapdTest");
  CHECK(view.text(Field::kText) == "hello");
  CHECK(view.field(Field::kLabels).empty());
  CHECK(view.field(Field::kVarbinds).empty());
  CHECK(view.extension().first_raised_wall_ns == 0);
  const FieldPlaces places(view);
  const RecordView placed(bytes, &places);
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    CHECK(placed.text(static_cast<Field>(i)) == view.text(static_cast<Field>(i)));
  }
  CHECK(placed.device_hash() == view.device_hash());
  for (std::size_t octets = 0; octets < 168; ++octets) {
    CHECK_FALSE(RecordView(bytes.first(octets)).valid());
  }
}

TEST_CASE("what an extension holds comes back") {
  RecordFields fields;
  fields.extension.timeout_s = 90;
  fields.set(Field::kLabels, "team=voice");
  Encoded encoded(fields);
  extension_of(*reinterpret_cast<RecordHeader*>(encoded.bytes().data())).first_raised_wall_ns = 5;
  CHECK(encoded.view().extension().timeout_s == 90);
  CHECK(encoded.view().extension().first_raised_wall_ns == 5);
  CHECK(encoded.view().text(Field::kLabels) == "team=voice");
}

TEST_CASE("a record that lies askew is invalid instead of read") {
  Encoded encoded((RecordFields()));
  std::vector<std::uint64_t> words(64);
  auto* askew = reinterpret_cast<std::uint8_t*>(words.data()) + 4;
  std::memcpy(askew, encoded.bytes().data(), encoded.size);
  CHECK_FALSE(RecordView(ByteView(askew, encoded.size)).valid());
}

TEST_CASE("any octets at all are judged without reading beyond them") {
  std::uint64_t state = 42;
  std::vector<std::string> storage;
  for (int round = 0; round < 20'000; ++round) {
    Encoded encoded(sample(&storage));
    for (int flips = 0; flips < 3; ++flips) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      encoded.bytes()[(state >> 33) % (kRecordFixedOctets + 8)] ^=
          static_cast<std::uint8_t>(state >> 24);
    }
    // the exact allocation, for the address sanitizer
    std::vector<std::uint64_t> exact(encoded.words.begin(),
                                     encoded.words.begin() + static_cast<long>(encoded.size / 8));
    const RecordView view(
        ByteView(reinterpret_cast<const std::uint8_t*>(exact.data()), exact.size() * 8));
    if (!view.valid()) continue;
    for (std::size_t i = 0; i < kFieldCount; ++i) {
      const ByteView field = view.field(static_cast<Field>(i));
      CHECK(field.size() <= kRecordOctetsMax);
      if (!field.empty()) CHECK(field.back() == field.back());
    }
  }
}

TEST_CASE("records behind one another are read in their order") {
  std::vector<std::string> storage;
  Encoded first(sample(&storage));
  Encoded second((RecordFields()));
  std::vector<std::uint64_t> words(first.words.begin(),
                                   first.words.begin() + static_cast<long>(first.size / 8));
  words.insert(words.end(), second.words.begin(),
               second.words.begin() + static_cast<long>(second.size / 8));
  const ByteView packed(reinterpret_cast<const std::uint8_t*>(words.data()), words.size() * 8);

  RecordSequence sequence(packed);
  RecordView record;
  REQUIRE(sequence.next(&record));
  CHECK(record.header().sequence == 7);
  CHECK(record.bytes().size() == first.size);
  REQUIRE(sequence.next(&record));
  CHECK(record.header().sequence == 0);
  CHECK_FALSE(sequence.next(&record));
  CHECK_FALSE(sequence.damaged());
}

TEST_CASE("a damaged record ends the sequence and is told apart from its end") {
  Encoded good((RecordFields()));
  std::vector<std::uint64_t> words(good.words.begin(),
                                   good.words.begin() + static_cast<long>(good.size / 8));
  words.push_back(0);
  const ByteView packed(reinterpret_cast<const std::uint8_t*>(words.data()), words.size() * 8);
  RecordSequence sequence(packed);
  RecordView record;
  CHECK(sequence.next(&record));
  CHECK_FALSE(sequence.next(&record));
  CHECK(sequence.damaged());
  CHECK_FALSE(sequence.next(&record));

  RecordSequence none((ByteView()));
  CHECK_FALSE(none.next(&record));
  CHECK_FALSE(none.damaged());
}

}  // namespace trapd::alarm
