// SPDX-License-Identifier: Apache-2.0
#include "trapd/ingest/pipeline.h"

#include <openssl/crypto.h>

#include "trapd/base/check.h"
#include "trapd/ingest/answer.h"
#include "trapd/journal/ring_item.h"
#include "trapd/snmp/oids.h"

namespace trapd::ingest {

using snmp::DropReason;

struct Pipeline::Context {
  const net::Datagram& datagram;
  const Arrival& arrival;
  std::int64_t monotonic_ns;

  snmp::Message message{};
  usm::Inbound inbound{};
  bool v3_readable = false;
  snmp::Notification notification{};
  std::uint8_t snmp_version = 0;
  snmp::SecurityLevel level = snmp::SecurityLevel::kNoAuthNoPriv;
  ByteView security_name{};
  ByteView context_engine_id{};
  ByteView context_name{};
  std::int32_t request_id = 0;
  std::uint64_t retransmission_hash = 0;
  std::uint64_t duplicate_hash = 0;
  ByteView answer{};  // of an inform; to be sent after the commit
  bool inform = false;
  bool relayed = false;
  Endpoint device_address{};
  std::string_view device{};
  std::string_view device_name{};
  std::string_view site{};
  std::string_view tenant{};
  std::string_view source{};
};

namespace {

std::size_t hex_into(ByteView bytes, char* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  char* at = out;
  for (const std::uint8_t octet : bytes) {
    *at++ = kDigits[octet >> 4];
    *at++ = kDigits[octet & 15];
  }
  return static_cast<std::size_t>(at - out);
}

/// May a Report go out (MP-08), and which request-id would it carry? The class of a PDU that can
/// be read decides; else the reportable flag.
struct ReportGate {
  bool open = false;
  std::int32_t request_id = 0;
};

ReportGate report_gate(const snmp::V3Message& message, ByteView decrypted) {
  const ByteView plain = decrypted.empty() ? message.plaintext_scoped_pdu : decrypted;
  snmp::ScopedPdu scoped;
  snmp::Pdu pdu;
  if (plain.empty() || !snmp::decode_scoped_pdu(plain, !decrypted.empty(), &scoped, nullptr) ||
      !snmp::decode_pdu(scoped.pdu, &pdu, nullptr)) {
    return {message.reportable(), 0};
  }
  return {pdu.confirmed(), pdu.request_id};
}

/// Of what stays the same when a sender tries again: Net-SNMP changes msgID, boots and time.
std::uint64_t retransmission_hash(const Endpoint& source, ByteView user, ByteView context_engine,
                                  const snmp::Pdu& pdu) {
  std::uint64_t hash = hash_bytes(source.address, static_cast<std::uint32_t>(pdu.request_id));
  hash = hash_bytes(user, hash);
  hash = hash_bytes(context_engine, hash);
  hash = hash_bytes(pdu.varbinds, hash);
  return hash == 0 ? 1 : hash;
}

void set_flag(alarm::RecordHeader* header, alarm::RecordFlag flag, bool on) {
  if (on)
    header->flags = static_cast<std::uint8_t>(header->flags | static_cast<std::uint8_t>(flag));
}

const CommunityRule* find_community(const std::vector<CommunityRule>& rules, ByteView community,
                                    const Endpoint& source) {
  for (const CommunityRule& rule : rules) {
    const ByteView wanted = rule.text->expose();
    if (wanted.size() != community.size() || community.empty()) continue;
    if (CRYPTO_memcmp(wanted.data(), community.data(), wanted.size()) != 0) continue;
    const SourceList from{rule.from, {}};
    if (from.admits(source)) return &rule;
  }
  return nullptr;
}

}  // namespace

Pipeline::Pipeline(Options options, const Published<usm::SecurityConfig>& security,
                   const Published<Snapshot>& snapshot, usm::EngineTable& engines,
                   const usm::OwnEngine& own, SpscRing& records, WorkerCounters& counters,
                   RefusalObserver* observer)
    : options_(std::move(options)),
      usm_({options_.cached_keys_max}, security, engines, own),
      snapshot_(snapshot),
      records_(records),
      counters_(counters),
      observer_(observer),
      replies_(own),
      scratch_(std::make_unique<std::uint8_t[]>(snmp::kMessageOctetsMax + 64)),
      classification_(std::make_unique<alarm::Classification>()) {
  refresh();
  admission_.set_rate(snapshot_->refused_per_source);
  storm_.set_rate(snapshot_->per_engine);
}

void Pipeline::refresh() {
  security_generation_ = usm_.refresh();
  if (!snapshot_.refresh()) return;
  admission_.set_rate(snapshot_->refused_per_source);
  storm_.set_rate(snapshot_->per_engine);
}

bool Pipeline::process(const net::Datagram& datagram, const Arrival& arrival,
                       std::int64_t monotonic_ns) {
  reply_ = {};
  // Room for the largest record and answer this datagram can make, before anything is changed.
  if (records_.reserve(2 * datagram.bytes.size() + 24 * 1024).empty()) return false;
  counters_.received[arrival.listener].add();
  Context context{.datagram = datagram, .arrival = arrival, .monotonic_ns = monotonic_ns};
  if (!snapshot_->sources[arrival.listener].admits(datagram.source)) {
    drop(context, DropReason::kSourceAcl);
    return true;
  }
  const snmp::DecodeStatus status = snmp::decode_message(datagram.bytes, &context.message, nullptr);
  if (context.message.trailing_octets) counters_.trailing_octets.add();
  switch (status) {
    case snmp::DecodeStatus::kOk:
      if (context.message.version == snmp::Version::kV3) {
        process_v3(context);
      } else {
        process_community(context);
      }
      break;
    case snmp::DecodeStatus::kMalformed:
      drop(context, DropReason::kMalformed);
      break;
    case snmp::DecodeStatus::kBadVersion:
      drop(context, DropReason::kBadVersion);
      break;
    case snmp::DecodeStatus::kUnknownSecurityModel:
      drop(context, DropReason::kUnknownSecurityModel);
      break;
    case snmp::DecodeStatus::kInvalidFlags:
      drop(context, DropReason::kInvalidFlags);
      break;
  }
  return true;
}

void Pipeline::drop(Context& context, DropReason reason) {
  counters_.dropped.add(reason);
  admission_.refused(context.datagram.source, context.monotonic_ns);
  if (observer_ == nullptr) return;
  Refusal refusal;
  refusal.reason = reason;
  refusal.datagram = &context.datagram;
  refusal.v3 = context.v3_readable ? &context.message.v3 : nullptr;
  refusal.authenticated = context.inbound.authenticated;
  refusal.window = context.inbound.window;
  observer_->refused(refusal, context.monotonic_ns);
}

// --- SNMPv3 ---

void Pipeline::process_v3(Context& context) {
  const snmp::V3Message& message = context.message.v3;
  context.v3_readable = true;
  if (admission_.starved(context.datagram.source, context.monotonic_ns) &&
      !(usm_.knows(message) && admission_.take_known_budget(context.monotonic_ns))) {
    return drop(context, DropReason::kRefusedRate);
  }
  context.inbound =
      usm_.process(message, context.monotonic_ns, {scratch_.get(), snmp::kMessageOctetsMax + 64});
  if (context.inbound.step != usm::Step::kAccepted) return refuse_usm(context);
  context.snmp_version = static_cast<std::uint8_t>(snmp::Version::kV3);
  context.level = message.level();
  context.security_name = message.user_name;
  snmp::ScopedPdu scoped;
  if (!snmp::decode_scoped_pdu(context.inbound.scoped_pdu, context.inbound.padded, &scoped,
                               nullptr)) {
    return drop(context, DropReason::kMalformed);  // MP-13, INF-11
  }
  dispatch_pdu(context, scoped);
}

/// Table 2.1 of RFC 3414's errors: which counter, and whether a Report answers.
void Pipeline::refuse_usm(Context& context) {
  const snmp::V3Message& message = context.message.v3;
  DropReason reason = context.inbound.reason;
  const ReportGate gate = report_gate(message, {});
  switch (context.inbound.step) {
    case usm::Step::kEngine: {
      const bool discovery = gate.open && message.authoritative_engine_id.empty();
      drop(context, discovery ? DropReason::kDiscovery : reason);
      return report(context, snmp::kUsmStatsUnknownEngineIds0,
                    options_.dropped_total(DropReason::kUnknownEngine) +
                        options_.dropped_total(DropReason::kDiscovery),
                    false);
    }
    case usm::Step::kUser:
      drop(context, reason);
      return report(context, snmp::kUsmStatsUnknownUserNames0,
                    options_.dropped_total(DropReason::kUnknownUser), false);
    case usm::Step::kLevel:
      drop(context, reason);
      return report(context, snmp::kUsmStatsUnsupportedSecLevels0,
                    options_.dropped_total(DropReason::kUnsupportedSecLevel), false);
    case usm::Step::kDigest:
      drop(context, reason);
      return report(context, snmp::kUsmStatsWrongDigests0,
                    options_.dropped_total(DropReason::kWrongDigest), false);
    case usm::Step::kWindow: {
      if (!context.inbound.for_own_engine) return drop(context, reason);  // TRP-11
      const bool first = message.authoritative_engine_boots == 0 &&
                         message.authoritative_engine_time == 0 && gate.open;
      counters_.own_window_misses.add();
      drop(context, first ? DropReason::kTimeSync : reason);
      return report(context, snmp::kUsmStatsNotInTimeWindows0, options_.own_window_misses_total(),
                    true);
    }
    case usm::Step::kDecrypt:
      drop(context, reason);
      return report(context, snmp::kUsmStatsDecryptionErrors0,
                    options_.dropped_total(DropReason::kDecryptionError), false);
    case usm::Step::kPolicy:
    case usm::Step::kEngineTable:
    case usm::Step::kAccepted:
      return drop(context, reason);
  }
}

void Pipeline::report(Context& context, snmp::OidView counter, std::uint64_t value, bool sign) {
  const snmp::V3Message& message = context.message.v3;
  const ReportGate gate = report_gate(message, context.inbound.scoped_pdu);
  if (!gate.open) return;
  reply_ = replies_.report(message, gate.request_id, counter, static_cast<std::uint32_t>(value),
                           sign ? context.inbound.keys : nullptr, context.monotonic_ns);
  if (!reply_.empty()) counters_.reports.add();
}

void Pipeline::dispatch_pdu(Context& context, const snmp::ScopedPdu& scoped) {
  snmp::Pdu pdu;
  if (!snmp::decode_pdu(scoped.pdu, &pdu, nullptr)) {
    return drop(context, DropReason::kMalformed);  // MP-14
  }
  context.context_engine_id = scoped.context_engine_id;
  context.context_name = scoped.context_name;
  context.request_id = pdu.request_id;
  const bool for_us = context.inbound.for_own_engine;
  if (pdu.confirmed() && !for_us) {  // USM-07: the friendlier reading of MP-16
    drop(context, DropReason::kUnknownEngine);
    return report(context, snmp::kUsmStatsUnknownEngineIds0,
                  options_.dropped_total(DropReason::kUnknownEngine) +
                      options_.dropped_total(DropReason::kDiscovery),
                  false);
  }
  if (pdu.type == ber::kInformRequest && !context.inbound.user->may_receive) {
    return drop(context, DropReason::kUnknownUser);  // a user of the agent does not notify
  }
  switch (pdu.type) {
    case ber::kTrapV2:
      if (for_us) return drop(context, DropReason::kLoop);
      context.notification = snmp::from_pdu(pdu);
      if (context.inbound.authenticated) {
        const ByteView mac = context.message.v3.authentication_parameters;
        context.duplicate_hash =
            hash_bytes(mac, hash_bytes(context.message.v3.authoritative_engine_id, 0)) | 1;
      }
      return take(context);
    case ber::kInformRequest:
      return take_inform(context, scoped, pdu);
    case ber::kResponse:
    case ber::kReport:
      return drop(context, DropReason::kResponse);
    default:
      drop(context, DropReason::kGet);
      return report(context, snmp::kSnmpUnknownPduHandlers0,
                    options_.dropped_total(DropReason::kGet), false);
  }
}

void Pipeline::take_inform(Context& context, const snmp::ScopedPdu& scoped, const snmp::Pdu& pdu) {
  constexpr std::int32_t kTooBigStatus = 1;  // RFC 3416 3
  context.inform = true;
  context.notification = snmp::from_pdu(pdu);
  context.answer = replies_.response_v3(context.message.v3, context.inbound, scoped, pdu, 0,
                                        context.monotonic_ns);
  if (context.answer.empty()) {  // INF-13: not delivered
    drop(context, DropReason::kTooBig);
    reply_ = replies_.response_v3(context.message.v3, context.inbound, scoped, pdu, kTooBigStatus,
                                  context.monotonic_ns);
    return;
  }
  context.retransmission_hash = retransmission_hash(context.datagram.source, context.security_name,
                                                    context.context_engine_id, pdu);
  take(context);
}

// --- SNMPv1 and SNMPv2c ---

void Pipeline::process_community(Context& context) {
  const bool v1 = context.message.version == snmp::Version::kV1;
  context.snmp_version = static_cast<std::uint8_t>(context.message.version);
  if (snapshot_->communities.empty()) {
    return drop(context, v1 ? DropReason::kV1Refused : DropReason::kV2cRefused);
  }
  const CommunityRule* rule = find_community(
      snapshot_->communities, context.message.community.community, context.datagram.source);
  if (rule == nullptr) return drop(context, DropReason::kBadCommunity);  // PDU-16
  context.security_name = as_bytes(rule->name);
  if (v1) return take_trap_v1(context);
  snmp::Pdu pdu;
  if (!snmp::decode_pdu(context.message.community.pdu, &pdu, nullptr)) {
    return drop(context, DropReason::kMalformed);
  }
  context.request_id = pdu.request_id;
  if (pdu.type == ber::kResponse || pdu.type == ber::kReport) {
    return drop(context, DropReason::kResponse);
  }
  if (pdu.type != ber::kTrapV2 && pdu.type != ber::kInformRequest) {
    return drop(context, DropReason::kGet);
  }
  context.notification = snmp::from_pdu(pdu);
  if (pdu.type == ber::kInformRequest) {
    context.inform = true;
    context.answer = replies_.response_v2c(context.message.community, pdu);
    if (context.answer.empty()) return drop(context, DropReason::kTooBig);
    context.retransmission_hash =
        retransmission_hash(context.datagram.source, context.security_name, {}, pdu);
  }
  take(context);
}

void Pipeline::take_trap_v1(Context& context) {
  const ByteView bytes = context.message.community.pdu;
  if (!bytes.empty() && bytes.front() != ber::kTrapV1) {
    snmp::Pdu pdu;
    return drop(context,
                snmp::decode_pdu(bytes, &pdu, nullptr) ? DropReason::kGet : DropReason::kMalformed);
  }
  snmp::TrapV1Pdu trap;
  if (!snmp::decode_trap_v1(bytes, &trap, nullptr)) return drop(context, DropReason::kMalformed);
  if (!snmp::from_trap_v1(trap, &trap_oid_buffer_, &context.notification)) {
    return drop(context, DropReason::kUntranslatable);  // PDU-11
  }
  take(context);
}

// --- every notification ---

void Pipeline::take(Context& context) {
  identify(context);
  if (!storm_.take(context.device, context.monotonic_ns)) {
    // Not answered either: an inform's sender tries again when the storm is over.
    counters_.suppressed.add(snmp::SuppressReason::kStorm);
    return;
  }
  const alarm::ClassifyContext names{context.device, context.device_name, context.source};
  snapshot_->classifier->classify(context.notification, names, classification_.get());
  snapshot_->classifier->count(*classification_, options_.worker);
  switch (classification_->disposition) {
    case alarm::Disposition::kStore:
      return hand_over(context);
    case alarm::Disposition::kSuppress:
      counters_.suppressed.add(snmp::SuppressReason::kRule);
      reply_ = context.answer;  // the owner wants no record: this is where the inform ends
      return;
    case alarm::Disposition::kDrop:
      counters_.dropped.add(DropReason::kRule);
      reply_ = context.answer;
      return;
  }
}

bool Pipeline::relayed_address(const Context& context, Endpoint* address) const {
  for (const RelayRule& relay : snapshot_->relays) {
    if (!relay.from.contains(context.datagram.source)) continue;
    if (!relay.user.empty() && relay.user != as_text(context.security_name)) continue;
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
    if (context.inform && (engine.size() > usm::kEngineIdOctetsMax ||
                           equal(engine, context.message.v3.authoritative_engine_id))) {
      engine = {};
    }
  }
  const DeviceEntry* entry = engine.empty() ? snapshot_->devices.by_address(context.device_address)
                                            : snapshot_->devices.by_engine(engine);
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
  }
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

void Pipeline::hand_over(Context& context) {
  using alarm::Field;
  alarm::RecordFields fields;
  fill_header(context, &fields.header);
  const alarm::Classification& said = *classification_;
  if (context.v3_readable) {
    fields[Field::kAuthoritativeEngineId] = context.message.v3.authoritative_engine_id;
  }
  fields[Field::kContextEngineId] = context.context_engine_id;
  fields[Field::kContextName] = context.context_name;
  fields[Field::kSecurityName] = context.security_name;
  fields.set(Field::kDevice, context.device);
  fields.set(Field::kDeviceName, context.device_name);
  fields.set(Field::kSite, context.site);
  fields.set(Field::kTenant, context.tenant);
  fields[Field::kTrapOid] = context.notification.trap_oid.content();
  fields[Field::kEnterprise] = context.notification.enterprise.content();
  fields[Field::kAgentAddress] = context.notification.agent_address;
  fields.set(Field::kRule, said.rule);
  fields.set(Field::kAlarmName, said.alarm_name);
  fields.set(Field::kResource, said.resource);
  fields.set(Field::kText, said.text);
  fields[Field::kVarbinds] = context.notification.varbinds;

  const std::size_t answer_octets =
      context.answer.empty() ? 0 : sizeof(AnswerHeader) + context.answer.size();
  const std::size_t record_octets = alarm::encoded_size(fields);
  const MutableBytes room =
      records_.reserve(sizeof(journal::RingItemHeader) + record_octets + answer_octets);
  CHECK(!room.empty());  // process() has seen more room than this
  const journal::RingItemHeader item{static_cast<std::uint32_t>(record_octets),
                                     static_cast<std::uint32_t>(answer_octets)};
  std::memcpy(room.data(), &item, sizeof item);
  CHECK(alarm::encode(fields, room.subspan(sizeof item, record_octets)) == record_octets);
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
  records_.commit(room.size());
  counters_.handed_over.add();
}

}  // namespace trapd::ingest
