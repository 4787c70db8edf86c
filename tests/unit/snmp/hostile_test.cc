// SPDX-License-Identifier: Apache-2.0
// Octets that nobody should send, through all decoders in a row: whatever comes out lies inside
// the datagram, and what was validated can be walked. Sanitizers watch the rest.
#include <doctest/doctest.h>

#include <random>

#include "tests/data/ber_bytes.h"
#include "tests/data/whole_messages.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/notification.h"
#include "trapd/snmp/pdu.h"
#include "trapd/snmp/value_text.h"

using namespace trapd;
using namespace trapd::test;

namespace {

bool inside(ByteView whole, ByteView part) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

bool walk(ByteView varbinds, std::uint32_t count) {
  snmp::VarbindReader list(varbinds);
  snmp::Varbind varbind;
  char text[40];
  std::uint32_t seen = 0;
  while (list.next(&varbind)) {
    ++seen;
    if (!ber::valid_oid(varbind.name.content())) return false;
    if (snmp::value_to_text(varbind.value, text) > sizeof text) return false;
  }
  return seen == count && list.rest().empty();
}

bool walk_pdu(ByteView bytes) {
  snmp::Pdu pdu;
  if (snmp::decode_pdu(bytes, &pdu, nullptr)) {
    const snmp::Notification notification = snmp::from_pdu(pdu);
    return walk(pdu.varbinds, pdu.varbind_count) &&
           walk(notification.varbinds, notification.varbind_count);
  }
  snmp::TrapV1Pdu trap;
  if (!snmp::decode_trap_v1(bytes, &trap, nullptr)) return true;
  snmp::TrapOidBuffer buffer;
  snmp::Notification notification;
  return !snmp::from_trap_v1(trap, &buffer, &notification) ||
         (ber::valid_oid(notification.trap_oid.content()) &&
          walk(notification.varbinds, notification.varbind_count));
}

// True when everything that was decoded holds together.
bool sound(ByteView datagram) {
  snmp::Message message;
  snmp::DecodeFault fault;
  const snmp::DecodeStatus status = snmp::decode_message(datagram, &message, &fault);
  if (fault.offset > datagram.size()) return false;
  if ((status == snmp::DecodeStatus::kMalformed) != (fault.field != nullptr)) return false;
  if (status != snmp::DecodeStatus::kOk) return true;
  const snmp::V3Message& v3 = message.v3;
  for (const ByteView part :
       {message.community.community, message.community.pdu, v3.whole, v3.authoritative_engine_id,
        v3.user_name, v3.authentication_parameters, v3.privacy_parameters, v3.plaintext_scoped_pdu,
        v3.encrypted_pdu}) {
    if (!inside(datagram, part)) return false;
  }
  if (message.version != snmp::Version::kV3) return walk_pdu(message.community.pdu);
  snmp::ScopedPdu scoped;
  if (!snmp::decode_scoped_pdu(v3.plaintext_scoped_pdu, false, &scoped, &fault)) return true;
  return inside(datagram, scoped.pdu) && walk_pdu(scoped.pdu);
}

}  // namespace

TEST_CASE("hostile: every octet of a whole message takes every value") {
  for (const std::size_t which : {0U, 2U, 9U}) {  // plain, encrypted, long-form length
    Bytes bytes = hex(kWholeMessages[which].hex);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const std::uint8_t before = bytes[at];
      for (int value = 0; value < 256; ++value) {
        bytes[at] = static_cast<std::uint8_t>(value);
        if (!sound(bytes)) FAIL("octet " << at << " = " << value << " of message " << which);
      }
      bytes[at] = before;
    }
  }
}

TEST_CASE("hostile: octets dropped and doubled") {
  for (const WholeMessage& whole : kWholeMessages) {
    CAPTURE(whole.name);
    const Bytes bytes = hex(whole.hex);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      CAPTURE(at);
      Bytes shorter = bytes;
      shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(at));
      CHECK(sound(shorter));
      Bytes longer = bytes;
      longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(at), bytes[at]);
      CHECK(sound(longer));
    }
  }
}

TEST_CASE("hostile: random octets, and random damage to a v1, a v2c and a v3 message") {
  std::minstd_rand random(20240501);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  const Bytes v1 = hex(
      "3027 020100 0406 7075626c6963 a41a 06062b0601040109 4004c0000201 020106 02012a 43010a 3000");
  const Bytes v2c = tlv(0x30, hex("020101 0406 7075626c6963") + Bytes([] {
                                const Bytes scoped = hex(kLinkDownScopedPdu);
                                return Bytes(scoped.begin() + 18, scoped.end());
                              }()));
  const Bytes v3 = hex(kWholeMessages[0].hex);
  REQUIRE(sound(v1));
  for (int round = 0; round < 100000; ++round) {
    Bytes bytes = round % 4 == 0   ? Bytes(below(64))
                  : round % 4 == 1 ? v1
                  : round % 4 == 2 ? v2c
                                   : v3;
    if (round % 4 == 0) {
      for (std::uint8_t& octet : bytes) octet = static_cast<std::uint8_t>(random());
      if (!bytes.empty()) bytes[0] = 0x30;
    } else {
      for (std::size_t hits = 1 + below(4); hits > 0; --hits) {
        bytes[below(bytes.size())] = static_cast<std::uint8_t>(random());
      }
    }
    if (!sound(bytes)) FAIL("round " << round << ": " << to_hex(bytes));
  }
}
