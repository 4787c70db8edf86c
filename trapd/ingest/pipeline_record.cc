// SPDX-License-Identifier: Apache-2.0
// The second half of the way: which device a notification is from, and its record in the ring.
#include "trapd/alarm/record_writer.h"
#include "trapd/base/check.h"
#include "trapd/ingest/answer.h"
#include "trapd/ingest/pipeline_context.h"
#include "trapd/journal/ring_item.h"
#include "trapd/snmp/oids.h"

namespace trapd::ingest {
namespace {

std::size_t hex_into(ByteView bytes, char* out) {
  static constexpr auto kPairs = [] {
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t octet = 0; octet < pairs.size(); ++octet) {
      pairs[octet] = {"0123456789abcdef"[octet >> 4], "0123456789abcdef"[octet & 15]};
    }
    return pairs;
  }();
  char* at = out;
  for (const std::uint8_t octet : bytes) {
    std::memcpy(at, kPairs[octet].data(), 2);
    at += 2;
  }
  return static_cast<std::size_t>(at - out);
}

void set_flag(alarm::RecordHeader* header, alarm::RecordFlag flag, bool on) {
  if (on)
    header->flags = static_cast<std::uint8_t>(header->flags | static_cast<std::uint8_t>(flag));
}

}  // namespace

bool Pipeline::relayed_address(const Context& context, Endpoint* address) const {
  for (const RelayRule& relay : snapshot_->relays) {
    if (!relay.from.contains(context.datagram.source)) continue;
    // The user of an SNMPv3 message; the label of a community must not pass for one.
    const bool user = context.v3_readable && relay.user == as_text(context.security_name);
    if (!relay.user.empty() && !user) continue;
    snmp::VarbindReader varbinds(context.notification.varbinds);
    snmp::Varbind varbind;
    while (varbinds.next(&varbind)) {
      if (!(varbind.name == snmp::kSnmpTrapAddress0.view())) continue;
      if (varbind.value.tag != ber::kIpAddress || varbind.value.content.size() != 4) continue;
      sockaddr_in in{};
      in.sin_family = AF_INET;
      std::memcpy(&in.sin_addr, varbind.value.content.data(), 4);
      *address = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&in));
      return true;
    }
  }
  return false;
}

/// An inform is signed with our engine's key, whoever it speaks for: one that is configured for
/// some engines only speaks for these.
bool Pipeline::may_speak_for(const Context& context, ByteView engine) const {
  if (engine.empty() || engine.size() > usm::kEngineIdOctetsMax) return false;
  if (equal(engine, context.message.v3.authoritative_engine_id)) return false;
  const usm::User* const user = context.inbound.user;
  return user != nullptr && usm_.config().users.find(engine, as_bytes(user->name)) == user;
}

/// An engine that the inventory does not name may still be the device that it names by address
/// alone; it keeps its engine ID as its identity, and gets name, site, tenant and aliases.
const DeviceEntry* Pipeline::find_device(ByteView engine, const Endpoint& address) const {
  if (const DeviceEntry* entry = snapshot_->devices.by_engine(engine)) return entry;
  const DeviceEntry* entry = snapshot_->devices.by_address(address);
  return entry != nullptr && entry->engine_id.empty() ? entry : nullptr;
}

/// design: engineID of a trap; contextEngineID of an inform, unless that is ours or none; else
/// the inventory; else the address.
void Pipeline::identify(Context& context) {
  context.device_address = context.datagram.source;
  context.relayed = !snapshot_->relays.empty() && relayed_address(context, &context.device_address);
  context.source = {source_text_.data(), context.device_address.write_address(source_text_)};
  ByteView engine;
  if (context.v3_readable && !context.relayed) {
    engine =
        context.inform ? context.context_engine_id : context.message.v3.authoritative_engine_id;
    if (context.inform && !may_speak_for(context, engine)) engine = {};
  }
  const DeviceEntry* entry = engine.empty() ? snapshot_->devices.by_address(context.device_address)
                                            : find_device(engine, context.device_address);
  if (engine.empty() && entry != nullptr) engine = entry->engine_id;
  context.device_name = entry != nullptr ? std::string_view(entry->name) : context.source;
  if (!engine.empty()) {
    context.device = {device_text_.data(), hex_into(engine, device_text_.data())};
  } else {
    context.device = context.device_name;
  }
  if (entry != nullptr) {
    context.site = entry->site;
    context.tenant = entry->tenant;
    context.aliases = entry->aliases;
  }
}

void Pipeline::classify(const Context& context) {
  alarm::ClassifyContext sender{context.device, context.device_name, context.source, context.site,
                                context.tenant};
  sender.address = context.device_address;
  if (context.arrival.listener < snapshot_->listeners.size()) {
    sender.listener = snapshot_->listeners[context.arrival.listener];
  }
  sender.level = context.level;
  sender.version = static_cast<snmp::Version>(context.snmp_version);
  sender.aliases = context.aliases;
  snapshot_->classifier->classify(context.notification, sender, classification_.get());
  snapshot_->classifier->count(*classification_, context.notification.trap_oid, options_.worker);
}

void Pipeline::fill_header(const Context& context, alarm::RecordHeader* header) const {
  const alarm::Classification& said = *classification_;
  header->snmp_version = context.snmp_version;
  header->security_level = static_cast<std::uint8_t>(context.level);
  header->severity = said.severity;
  header->type = said.type;
  header->probable_cause = said.cause;
  header->action = said.action;
  set_flag(header, alarm::RecordFlag::kInform, context.inform);
  set_flag(header, alarm::RecordFlag::kMalformed, context.notification.malformed);
  set_flag(header, alarm::RecordFlag::kTimeWindowWaived, context.inbound.window_waived);
  set_flag(header, alarm::RecordFlag::kFromV1, context.snmp_version == 0);
  set_flag(header, alarm::RecordFlag::kRelayed, context.relayed);
  set_flag(header, alarm::RecordFlag::kClearsDevice, said.clears_device);
  set_flag(header, alarm::RecordFlag::kMarksDevice, said.marks_device);
  header->received_wall_ns = context.datagram.wall_ns;
  header->sys_up_time = context.notification.sys_up_time;
  header->request_id = context.request_id;
  header->retransmission_hash = context.retransmission_hash;
  header->duplicate_hash = context.duplicate_hash;
  header->source = context.device_address;
  header->listener = context.arrival.listener;
  if (context.v3_readable) {
    header->engine_boots =
        static_cast<std::uint32_t>(context.message.v3.authoritative_engine_boots);
    header->engine_time = static_cast<std::uint32_t>(context.message.v3.authoritative_engine_time);
  }
}

/// To room as RecordWriter wants it; returns the record's size.
std::size_t Pipeline::write_record(const Context& context, std::uint8_t* room) const {
  using alarm::Field;
  const alarm::Classification& said = *classification_;
  alarm::RecordWriter record(room);
  if (context.v3_readable) {
    record.add(Field::kAuthoritativeEngineId, context.message.v3.authoritative_engine_id);
  }
  record.add(Field::kContextEngineId, context.context_engine_id);
  record.add(Field::kContextName, context.context_name);
  record.add(Field::kSecurityName, context.security_name);
  record.add(Field::kDevice, context.device);
  record.add(Field::kDeviceName, context.device_name);
  record.add(Field::kSite, context.site);
  record.add(Field::kTenant, context.tenant);
  record.add(Field::kTrapOid, context.notification.trap_oid.content());
  record.add(Field::kEnterprise, context.notification.enterprise.content());
  record.add(Field::kAgentAddress, context.notification.agent_address);
  record.add(Field::kRule, said.rule);
  record.add(Field::kAlarmName, said.alarm_name);
  record.add(Field::kResource, said.resource);
  record.add(Field::kText, said.text);
  record.add(Field::kLabels, said.labels);
  alarm::RecordHeader header;
  fill_header(context, &header);
  return record.finish({.timeout_s = said.timeout_s}, context.notification.varbinds, &header);
}

/// `heard_only`: what a rule keeps out of the journal.
void Pipeline::hand_over(Context& context, bool heard_only) {
  const bool answers = !context.answer.empty() && !heard_only;
  const std::size_t answer_octets = answers ? sizeof(AnswerHeader) + context.answer.size() : 0;
  CHECK(context.notification.varbinds.size() <= snmp::kMessageOctetsMax);
  const MutableBytes room =
      records_.reserve(sizeof(journal::RingItemHeader) + alarm::kRecordFieldsOctetsMax +
                       context.notification.varbinds.size() + answer_octets);
  CHECK(!room.empty());  // process() has seen more room than this
  const std::size_t record_octets =
      write_record(context, room.data() + sizeof(journal::RingItemHeader));
  const journal::RingItemHeader item{static_cast<std::uint32_t>(record_octets),
                                     static_cast<std::uint32_t>(answer_octets),
                                     heard_only ? 1u : 0u};
  std::memcpy(room.data(), &item, sizeof item);
  if (answer_octets > 0) {
    AnswerHeader answer;
    answer.peer = context.datagram.source;
    answer.local = context.datagram.local;
    answer.socket = context.arrival.socket;
    answer.message_octets = static_cast<std::uint32_t>(context.answer.size());
    std::uint8_t* at = room.data() + sizeof item + record_octets;
    std::memcpy(at, &answer, sizeof answer);
    std::memcpy(at + sizeof answer, context.answer.data(), context.answer.size());
  }
  records_.commit(sizeof item + record_octets + answer_octets);
  (heard_only ? counters_.heard_only : counters_.handed_over).add();
}

}  // namespace trapd::ingest
