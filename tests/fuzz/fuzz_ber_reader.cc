// SPDX-License-Identifier: Apache-2.0
// Reaches every read of ber::Reader in any order and depth, decode_int32, decode_uint32,
// decode_uint64, valid_oid, and ber::Writer with what was read.
#include <array>
#include <vector>

#include "tests/data/ber_bytes.h"
#include "tests/data/whole_messages.h"
#include "tests/fuzz/hostile.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/pdu_checks.h"
#include "tests/fuzz/target.h"
#include "trapd/base/check.h"
#include "trapd/ber/reader.h"
#include "trapd/ber/writer.h"
#include "trapd/snmp/oid.h"

namespace trapd::fuzz {
namespace {

constexpr std::uint8_t kOperations = 11;
constexpr std::size_t kDepthMax = 16;

void check_written_again(const ber::Value& value) {
  std::vector<std::uint8_t> room(value.content.size() + 16);
  ber::Writer writer(room);
  writer.element(value.tag, value.content);
  CHECK(writer.ok());
  ber::Reader reader(writer.done());
  const ber::Value again = reader.any();
  reader.expect_end();
  CHECK(reader.ok() && again.tag == value.tag && equal(again.content, value.content));
}

void check_integers(ByteView content) {
  std::array<std::uint8_t, 32> room;
  std::int32_t signed32 = 0;
  if (ber::decode_int32(content, &signed32)) {
    ber::Writer writer(room);
    writer.integer(signed32);
    ber::Reader reader(writer.done());
    CHECK(reader.integer(INT32_MIN, INT32_MAX) == signed32 && reader.ok());
  }
  std::uint32_t unsigned32 = 0;
  std::uint64_t unsigned64 = 0;
  const bool fits32 = ber::decode_uint32(content, &unsigned32);
  const bool fits64 = ber::decode_uint64(content, &unsigned64);
  CHECK(!fits32 || !fits64 || unsigned32 == unsigned64);
  if (!fits64) return;
  ber::Writer writer(room);
  writer.unsigned64(unsigned64, ber::kCounter64);
  ber::Reader reader(writer.done());
  std::uint64_t again = 0;
  CHECK(ber::decode_uint64(reader.expect(ber::kCounter64), &again) && again == unsigned64);
}

void check_value(const ber::Value& value, ByteView whole) {
  CHECK(inside(value.content, whole));
  check_written_again(value);
  check_integers(value.content);
  if (!ber::valid_oid(value.content)) return;
  const snmp::OidView oid(value.content);
  const auto parsed = snmp::Oid::parse(oid.text());
  CHECK(parsed.has_value() && parsed->view() == oid);
}

/// One read. Returns what it gave, for the checks.
ber::Value operate(ber::Reader& reader, std::uint8_t operation, std::uint8_t argument,
                   std::vector<ber::Reader>* nested) {
  switch (operation) {
    case 0:
      return reader.any();
    case 1:
      return {argument, reader.expect(argument)};
    case 2:
      if (nested->size() < kDepthMax) {
        const ber::Reader inner = reader.enter(argument);
        nested->push_back(inner);  // moves `reader`
      }
      return {};
    case 3:
      return {0, reader.raw()};
    case 4: {
      const std::int32_t value = reader.integer(-argument, argument * 1000);
      CHECK(value == 0 || (value >= -argument && value <= argument * 1000));
      return {};
    }
    case 5: {
      const ByteView octets = reader.octets(argument / 16, argument);
      CHECK(!reader.ok() || (octets.size() >= argument / 16U && octets.size() <= argument));
      return {ber::kOctetString, octets};
    }
    case 6:
      return {ber::kObjectIdentifier, reader.oid()};
    case 7:
      (void)reader.unsigned32(argument);
      return {};
    case 8:
      return {ber::kIpAddress, reader.octets(ber::kIpAddress, 4, 4)};
    case 9:
      reader.expect_end();
      return {};
    case 10:
      if (nested->size() > 1) {
        const ber::Reader inner = nested->back();
        nested->pop_back();
        nested->back().adopt(inner);
      }
      return {};
  }
  return {};
}

void check_failed(ber::Reader reader, ByteView whole) {
  const ber::Error error = reader.error();
  const std::size_t offset = reader.error_offset();
  CHECK(error != ber::Error::kNone && offset <= whole.size());
  CHECK(reader.at_end() && reader.rest().empty() && reader.peek() == 0);
  CHECK(reader.any().content.empty() && reader.raw().empty() && reader.oid().empty());
  CHECK(reader.integer(5, 10) == 0 && reader.unsigned32(ber::kGauge32) == 0);
  CHECK(!reader.enter(ber::kSequence).ok());
  CHECK(reader.error() == error && reader.error_offset() == offset);
}

void walk(ByteView operations, ByteView whole) {
  std::vector<ber::Reader> readers{ber::Reader(whole)};
  for (std::size_t i = 0; i + 1 < operations.size(); i += 2) {
    const std::size_t depth = readers.size();
    const std::size_t before = readers.back().remaining();
    const std::uint8_t operation = operations[i] % kOperations;
    // No caller asks for a high tag number, which a reader refuses where it does not know the tag.
    const bool high_tag = operation <= 2 && (operations[i + 1] & 0x1f) == 0x1f;
    const std::uint8_t argument = high_tag ? std::uint8_t{ber::kSequence} : operations[i + 1];
    const ber::Value value = operate(readers.back(), operation, argument, &readers);
    if (!value.content.empty()) check_value(value, whole);
    CHECK(readers.size() != depth || readers.back().remaining() <= before);
    if (!readers.back().ok()) check_failed(readers.back(), whole);
  }
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> seeds;
  const auto add = [&](const char* name, std::vector<std::uint8_t> operations,
                       const test::Bytes& data) {
    seeds.push_back({name, Output().bytes(operations).raw(data).done()});
  };
  // In: message SEQUENCE, version, header SEQUENCE, its four fields, out again.
  add("message", {2, 0x30, 4, 255, 2, 0x30, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 10, 0, 3, 0},
      test::hex(test::kWholeMessages[0].hex));
  add("varbind", {2, 0x30, 6, 0, 7, 0x43, 9, 0}, test::hex("300e06082b0601020101030043023039"));
  add("simple", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
      test::hex("0202ff7f 0400 0500 4605 00ffffffff 4004c0000201"));
  add("long lengths", {0, 0, 0, 0}, test::hex("04820003616263 0281010a"));
  // In as far as an SNMPv3 message goes, then element by element.
  const Bytes deep{2,    0x30, 4, 255, 2, 0x30, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 10, 0,  2, 4, 2,
                   0x30, 0,    0, 0,   0, 0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0,  10, 0, 3, 0};
  for (const HostilePacket& packet : hostile_packets()) {
    seeds.push_back({packet.name, Output().bytes(deep).raw(packet.octets).done()});
  }
  return seeds;
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trapd::fuzz::Input input(data, size);
  const trapd::ByteView operations = input.bytes();
  trapd::fuzz::walk(operations, input.rest());
  return 0;
}
