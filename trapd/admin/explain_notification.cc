// SPDX-License-Identifier: Apache-2.0
// What an accepted message carries, which rule takes it, and where it would go.
#include <algorithm>
#include <array>

#include "forwarders/filter.h"
#include "trapd/admin/explain_work.h"
#include "trapd/base/clock.h"
#include "trapd/ber/tag.h"
#include "trapd/snmp/value_text.h"

namespace trapd::admin {
namespace {

using snmp::DropReason;

const char* pdu_text(std::uint8_t type) {
  switch (type) {
    case ber::kGetRequest:
      return "GetRequest";
    case ber::kGetNextRequest:
      return "GetNextRequest";
    case ber::kGetBulkRequest:
      return "GetBulkRequest";
    case ber::kSetRequest:
      return "SetRequest";
    case ber::kResponse:
      return "Response";
    case ber::kReport:
      return "Report";
    case ber::kInformRequest:
      return "InformRequest";
    case ber::kTrapV2:
      return "SNMPv2-Trap";
    default:
      return "PDU of an unknown type";
  }
}

const config::Device* find_device(const config::LiveConfig& live, ByteView engine,
                                  const std::optional<Endpoint>& source) {
  for (const config::Device& device : live.devices) {
    const bool by_engine = !engine.empty() && equal(device.engine_id, engine);
    const bool by_address =
        engine.empty() && source && device.address && device.address->address == source->address;
    if (by_engine || by_address) return &device;
  }
  return nullptr;
}

}  // namespace

void Explainer::explain_pdu(Work& work, ByteView bytes, bool for_us) {
  const bool refused_before = !work.result.verdict.empty();
  snmp::Pdu pdu;
  snmp::DecodeFault fault;
  if (!snmp::decode_pdu(bytes, &pdu, &fault, work.tolerated)) {
    if (refused_before) return;
    refuse(work, DropReason::kMalformed);
    snmp::Pdu lenient;
    const bool could = snmp::decode_pdu(bytes, &lenient, nullptr, kEveryDeviation);
    const bool v3 = work.message.version == snmp::Version::kV3;
    return explain_malformed(work, fault, {"the PDU", v3 ? "RFC 3412 7.2 (7)" : "RFC 1157 4.1"},
                             could ? lenient.deviations : snmp::Deviations());
  }
  explain_tolerated(work, pdu.deviations);
  work.layer(1, "{}, request {}", pdu_text(pdu.type), pdu.request_id);
  const bool v3 = work.message.version == snmp::Version::kV3;
  work.inform = pdu.type == ber::kInformRequest;
  if (pdu.type == ber::kTrapV2 || work.inform) {
    if (!refused_before && v3 && work.inform && !for_us) {
      refuse(work, DropReason::kUnknownEngine);
      work.reason(
          "Refused (RFC 3412 7.2 (13)(a)): an inform must be sent under trapd's own engine ID, "
          "which the sender "
          "learns by discovery (RFC 3414 4); this one names {}.",
          engine_text(work.message.v3.authoritative_engine_id));
      const bool told = work.tolerated.has(snmp::Deviation::kForeignRequests);
      work.reason("{} ({}).",
                  told ? "It is told trapd's engine ID in a Report, from which many senders learn"
                       : "It is not answered; security.tolerances could have it told trapd's",
                  snmp::label(snmp::Deviation::kForeignRequests));
    } else if (!refused_before && v3 && !work.inform && for_us) {
      refuse(work, DropReason::kLoop);
      work.reason(
          "Refused (RFC 3414 1.5.1): a trap under trapd's own engine ID; a sender is authoritative "
          "for its "
          "traps and uses its own. It may be one of trapd's own that came back.");
    }
    return explain_notification(work, snmp::from_pdu(pdu));
  }
  if (refused_before) return;
  const bool answer = pdu.type == ber::kResponse || pdu.type == ber::kReport;
  refuse(work, answer ? DropReason::kResponse : DropReason::kGet);
  work.reason("Not a notification (RFC 3412 {}): {}.", answer ? "7.2 (10)(a)" : "4.2.2.1 (2)",
              snmp::text(answer ? DropReason::kResponse : DropReason::kGet));
}

void Explainer::explain_v1_trap(Work& work, ByteView bytes) {
  snmp::TrapV1Pdu trap;
  snmp::DecodeFault fault;
  if (!snmp::decode_trap_v1(bytes, &trap, &fault, work.tolerated)) {
    refuse(work, DropReason::kMalformed);
    snmp::TrapV1Pdu lenient;
    const bool could = snmp::decode_trap_v1(bytes, &lenient, nullptr, kEveryDeviation);
    return explain_malformed(work, fault, {"the PDU, which may be no Trap", "RFC 1157 4.1"},
                             could ? lenient.deviations : snmp::Deviations());
  }
  explain_tolerated(work, trap.deviations);
  work.layer(1, "SNMPv1 Trap, enterprise {}, generic {}, specific {}",
             context_.names.name_of(trap.enterprise), trap.generic_trap, trap.specific_trap);
  snmp::TrapOidBuffer buffer;
  snmp::Notification notification;
  if (!snmp::from_trap_v1(trap, &buffer, &notification)) {
    refuse(work, DropReason::kUntranslatable);
    return work.reason("Refused: {}.", snmp::text(DropReason::kUntranslatable));
  }
  explain_notification(work, notification);
}

void Explainer::explain_notification(Work& work, const snmp::Notification& notification) {
  work.layer(1, "notification {}, sysUpTime {}.{:02} s{}",
             notification.trap_oid.empty() ? "without snmpTrapOID"
                                           : context_.names.name_of(notification.trap_oid),
             notification.sys_up_time / 100, notification.sys_up_time % 100,
             notification.malformed ? ", malformed (RFC 3416 4.2.6), kept as it is" : "");
  snmp::VarbindReader reader(notification.varbinds);
  snmp::Varbind varbind;
  std::array<char, 512> room;
  while (reader.next(&varbind)) {
    const std::size_t size = snmp::value_to_text(varbind.value, room);
    work.layer(2, "{} = {}: {}", context_.names.name_of(varbind.name),
               snmp::type_text(varbind.value.tag), std::string_view(room.data(), size));
  }
  if (!work.result.verdict.empty()) return;  // refused: what follows would not happen
  if (context_.classifier == nullptr) {
    work.result.accepted = true;
    work.result.verdict = "stored";
    return work.reason("Accepted. Which rule matches cannot be told: {}.", context_.no_classifier);
  }
  const std::string source = work.packet.source ? work.packet.source->address_text() : "";
  const config::Device* device =
      find_device(context_.config.live, work.device_engine, work.packet.source);
  const std::string identity = work.device_engine.empty() ? source : to_hex(work.device_engine);
  const auto said = std::make_unique<alarm::Classification>();
  alarm::ClassifyContext sender{identity, device != nullptr ? device->name : source, source};
  if (device != nullptr) {
    sender.site = device->site;
    sender.tenant = device->tenant;
    sender.aliases = device->aliases;
  }
  if (work.packet.source) sender.address = *work.packet.source;
  // A packet does not tell which listener it came to.
  const auto& listeners = context_.config.start.listeners;
  if (listeners.size() == 1) sender.listener = listeners.front().udp;
  sender.version = work.message.version;
  if (sender.version == snmp::Version::kV3) sender.level = work.message.v3.level();
  context_.classifier->classify(notification, sender, said.get());
  const std::string rule(said->rule);
  switch (said->disposition) {
    case alarm::Disposition::kDrop:
      refuse(work, DropReason::kRule);
      return work.reason("Accepted by SNMP, then dropped by rule {}.", rule);
    case alarm::Disposition::kSuppress:
      work.result.verdict = snmp::label(snmp::SuppressReason::kRule);
      return work.reason("Accepted by SNMP, then suppressed by rule {}.", rule);
    case alarm::Disposition::kStore:
      break;
  }
  work.result.accepted = true;
  work.result.verdict = "stored";
  work.reason("Accepted. {}: severity {}, type {}, cause {}, alarm {}, resource {}.",
              rule.empty() ? "No rule matches" : "Rule " + rule + " matches",
              alarm::to_text(said->severity), alarm::to_text(said->type),
              alarm::cause_label(said->cause), octets_text(as_bytes(said->alarm_name)),
              octets_text(as_bytes(said->resource)));
  explain_destinations(work, *said);
}

void Explainer::explain_destinations(Work& work, const alarm::Classification& said) {
  const std::string source = work.packet.source ? work.packet.source->address_text() : "";
  const config::Device* device =
      find_device(context_.config.live, work.device_engine, work.packet.source);
  const std::string identity = work.device_engine.empty() ? source : to_hex(work.device_engine);
  alarm::RecordFields fields;
  fields.header.severity = said.severity;
  fields.header.type = said.type;
  fields.header.probable_cause = said.cause;
  fields.header.action = said.action;
  fields.header.received_wall_ns = SystemClock().wall_ns();  // as if it came now
  if (work.packet.source) fields.header.source = *work.packet.source;
  fields.set(alarm::Field::kDevice, identity);
  fields.set(alarm::Field::kDeviceName, device != nullptr ? device->name : source);
  if (device != nullptr) {
    fields.set(alarm::Field::kSite, device->site);
    fields.set(alarm::Field::kTenant, device->tenant);
  }
  fields.set(alarm::Field::kAlarmName, said.alarm_name);
  fields.set(alarm::Field::kResource, said.resource);
  std::vector<std::uint64_t> room(alarm::encoded_size(fields) / 8 + 1);  // aligned
  const MutableBytes bytes(reinterpret_cast<std::uint8_t*>(room.data()), room.size() * 8);
  const std::size_t size = alarm::encode(fields, bytes);
  const alarm::RecordView record(bytes.first(size));
  std::string where;
  for (const forwarders::Destination& destination : context_.config.live.destinations) {
    if (!forwarders::passes(destination.filter, record)) continue;
    where += (where.empty() ? "" : ", ") + destination.name;
    if (destination.send == forwarders::Destination::Send::kChanges) {
      where += " (if it changes an alarm)";
    }
  }
  work.reason("It would go to: {}.", where.empty() ? "no destination" : where);
}

}  // namespace trapd::admin
