// SPDX-License-Identifier: Apache-2.0
// Reaches decode_message, decode_scoped_pdu, decode_pdu, decode_trap_v1, from_pdu, from_trap_v1,
// VarbindReader, value_to_text and the encoders of the layers, by whole datagrams.
#include <vector>

#include "tests/data/ber_bytes.h"
#include "tests/data/whole_messages.h"
#include "tests/fuzz/hostile.h"
#include "tests/fuzz/pdu_checks.h"
#include "tests/fuzz/target.h"
#include "trapd/base/check.h"
#include "trapd/ber/writer.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/message.h"

namespace trapd::fuzz {
namespace {

using test::operator+;

void check_community(const snmp::CommunityMessage& message, ByteView datagram) {
  CHECK(inside(message.community, datagram) && inside(message.pdu, datagram));
  check_pdu(message.pdu);
  std::vector<std::uint8_t> room(datagram.size() + 64);
  ber::Writer writer(room);
  writer.raw(message.pdu);
  CHECK(snmp::wrap_community_message(writer, 0, message.version, message.community));
  snmp::Message again;
  CHECK(snmp::decode_message(writer.done(), &again, nullptr) == snmp::DecodeStatus::kOk);
  CHECK(again.version == message.version && equal(again.community.pdu, message.pdu) &&
        equal(again.community.community, message.community) && again.deviations.none());
}

void check_v3(const snmp::V3Message& message, ByteView datagram) {
  for (const ByteView part : {message.whole, message.authoritative_engine_id, message.user_name,
                              message.authentication_parameters, message.privacy_parameters,
                              message.plaintext_scoped_pdu, message.encrypted_pdu}) {
    CHECK(inside(part, datagram));
  }
  CHECK(inside(message.authentication_parameters, message.whole));
  CHECK(message.user_name.size() <= snmp::kUserNameOctetsMax);
  CHECK(message.msg_id >= 0 && message.max_size >= 484);  // RFC 3412 section 6
  CHECK(message.authoritative_engine_boots >= 0 && message.authoritative_engine_time >= 0);
  // RFC 3412 7.2 (5) d: privacy without authentication was refused.
  CHECK((message.flags & snmp::kPrivFlag) == 0 || (message.flags & snmp::kAuthFlag) != 0);
  CHECK(message.plaintext_scoped_pdu.empty() || message.encrypted_pdu.empty());
  if (!message.plaintext_scoped_pdu.empty()) {
    check_scoped_pdu(message.plaintext_scoped_pdu, false);
  }
}

void check_datagram(ByteView datagram) {
  snmp::Message message;
  snmp::DecodeFault fault;
  const snmp::DecodeStatus status = snmp::decode_message(datagram, &message, &fault);
  snmp::Message lenient;
  const snmp::DecodeStatus at_most =
      snmp::decode_message(datagram, &lenient, nullptr, kEveryDeviation);
  CHECK(status == at_most || !lenient.deviations.none());
  if (status == snmp::DecodeStatus::kMalformed) check_fault(fault, datagram);
  if (status != snmp::DecodeStatus::kOk) return;
  if (message.version == snmp::Version::kV3) return check_v3(message.v3, datagram);
  CHECK(message.community.version == message.version);
  check_community(message.community, datagram);
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> seeds;
  for (const test::WholeMessage& message : test::kWholeMessages) {
    seeds.push_back({message.name, test::hex(message.hex)});
  }
  const test::Bytes varbinds = test::hex("300f060a2b060102010202010103020103");
  const test::Bytes v1 =
      test::tlv(0xa4, test::hex("06092b0601040181e02f01 4004c0000207 020106 02012a 43023039") +
                          test::tlv(0x30, varbinds));
  seeds.push_back({"v1 trap", test::tlv(0x30, test::hex("020100 04067075626c6963") + v1)});
  const test::Bytes v2c = test::tlv(
      0xa6, test::hex("020101 020100 020100") +
                test::tlv(0x30, test::hex("300e06082b0601020101030043023039"
                                          "3017060a2b06010603010104010006092b0601060301010503") +
                                    varbinds));
  seeds.push_back({"v2c inform", test::tlv(0x30, test::hex("020101 04067075626c6963") + v2c)});
  for (const HostilePacket& packet : hostile_packets()) {
    seeds.push_back({packet.name, packet.octets});
  }
  return seeds;
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trapd::fuzz::check_datagram({data, size});
  return 0;
}
