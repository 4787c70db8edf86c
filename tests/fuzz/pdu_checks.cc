// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/pdu_checks.h"

#include <array>
#include <functional>
#include <vector>

#include "trapd/base/check.h"
#include "trapd/ber/reader.h"
#include "trapd/ber/writer.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/notification.h"
#include "trapd/snmp/pdu.h"
#include "trapd/snmp/value_text.h"

namespace trapd::fuzz {
namespace {

void check_oid(snmp::OidView oid) {
  CHECK(ber::valid_oid(oid.content()));
  const auto again = snmp::Oid::parse(oid.text());
  CHECK(again.has_value() && again->view() == oid);
  CHECK(oid.arcs().size() <= snmp::kOidArcsMax);
}

void check_varbinds(ByteView list, std::uint32_t count) {
  snmp::VarbindReader reader(list);
  snmp::Varbind varbind;
  std::uint32_t walked = 0;
  while (reader.next(&varbind)) {
    ++walked;
    CHECK(inside(varbind.name.content(), list) && inside(varbind.value.content, list));
    check_oid(varbind.name);
    for (const std::size_t room : {std::size_t{0}, std::size_t{5}, std::size_t{300}}) {
      std::array<char, 300> text;
      CHECK(snmp::value_to_text(varbind.value, std::span(text).first(room)) <= room);
    }
  }
  CHECK(walked == count && reader.rest().empty());
}

void check_notification(const snmp::Notification& notification) {
  check_varbinds(notification.varbinds, notification.varbind_count);
  CHECK(notification.malformed == notification.trap_oid.empty());
  if (!notification.malformed) check_oid(notification.trap_oid);
}

void check_encoded_again(const snmp::Pdu& pdu, std::size_t octets) {
  std::vector<std::uint8_t> room(octets + 64);
  ber::Writer writer(room);
  CHECK(snmp::write_pdu(writer, pdu.type, pdu.request_id, pdu.error_status, pdu.error_index,
                        pdu.varbinds));
  snmp::Pdu again;
  CHECK(snmp::decode_pdu(writer.done(), &again, nullptr));
  CHECK(again.type == pdu.type && again.request_id == pdu.request_id &&
        again.error_status == pdu.error_status && again.error_index == pdu.error_index &&
        again.varbind_count == pdu.varbind_count && equal(again.varbinds, pdu.varbinds));
}

void check_trap_v1(ByteView bytes) {
  snmp::TrapV1Pdu trap;
  snmp::DecodeFault fault;
  if (!snmp::decode_trap_v1(bytes, &trap, &fault)) return check_fault(fault, bytes);
  CHECK(trap.agent_address.size() == 4 && inside(trap.agent_address, bytes));
  CHECK(inside(trap.enterprise.content(), bytes));
  check_varbinds(trap.varbinds, trap.varbind_count);
  snmp::TrapOidBuffer buffer;
  snmp::Notification notification;
  if (snmp::from_trap_v1(trap, &buffer, &notification)) check_notification(notification);
}

}  // namespace

bool inside(ByteView part, ByteView whole) {
  const std::less_equal<const std::uint8_t*> not_behind;
  return part.empty() || (not_behind(whole.data(), part.data()) &&
                          not_behind(part.data() + part.size(), whole.data() + whole.size()));
}

void check_fault(const snmp::DecodeFault& fault, ByteView bytes) {
  CHECK(fault.error != ber::Error::kNone);
  CHECK(fault.offset <= bytes.size());
  CHECK(fault.field != nullptr && *fault.field != '\0');
}

void check_pdu(ByteView bytes) {
  check_trap_v1(bytes);
  snmp::Pdu pdu;
  snmp::DecodeFault fault;
  snmp::Pdu lenient;
  const bool passes = snmp::decode_pdu(bytes, &lenient, nullptr, kEveryDeviation);
  if (passes) {
    check_varbinds(lenient.varbinds, lenient.varbind_count);
    check_notification(snmp::from_pdu(lenient));
  }
  if (!snmp::decode_pdu(bytes, &pdu, &fault)) {
    CHECK(!passes || !lenient.deviations.none());
    return check_fault(fault, bytes);
  }
  CHECK(passes);
  CHECK(inside(pdu.varbinds, bytes));
  check_varbinds(pdu.varbinds, pdu.varbind_count);
  check_notification(snmp::from_pdu(pdu));
  check_encoded_again(pdu, bytes.size());
}

void check_scoped_pdu(ByteView bytes, bool padded) {
  snmp::ScopedPdu scoped;
  snmp::DecodeFault fault;
  if (!snmp::decode_scoped_pdu(bytes, padded, &scoped, &fault)) return check_fault(fault, bytes);
  CHECK(inside(scoped.context_engine_id, bytes) && inside(scoped.context_name, bytes) &&
        inside(scoped.pdu, bytes));
  check_pdu(scoped.pdu);

  std::vector<std::uint8_t> room(bytes.size() + 64);
  ber::Writer writer(room);
  writer.raw(scoped.pdu);
  CHECK(snmp::wrap_scoped_pdu(writer, 0, scoped.context_engine_id, scoped.context_name));
  snmp::ScopedPdu again;
  CHECK(snmp::decode_scoped_pdu(writer.done(), false, &again, nullptr));
  CHECK(equal(again.context_engine_id, scoped.context_engine_id) &&
        equal(again.context_name, scoped.context_name) && equal(again.pdu, scoped.pdu));
}

}  // namespace trapd::fuzz
