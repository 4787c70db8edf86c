// SPDX-License-Identifier: Apache-2.0
#include "trapd/ingest/pipeline.h"

#include <openssl/crypto.h>

#include "trapd/ingest/answer.h"
#include "trapd/ingest/pipeline_context.h"
#include "trapd/journal/ring_item.h"
#include "trapd/snmp/oids.h"

namespace trapd::ingest {

using snmp::Deviation;
using snmp::DropReason;

namespace {

/// RFC 3826 3.1.3; of DES octets behind the ScopedPDU are ordinary (RFC 3414 8.1.1.2).
bool needs_no_padding(const usm::User& user) { return user.priv != usm::PrivProtocol::kDes; }

constexpr std::int32_t kTooBigStatus = 1;  // RFC 3416 3

/// What hand_over() may ask of the ring besides the datagram's varbinds and an answer as long as
/// it.
constexpr std::size_t kRoomBesides = 24 * 1024;
constexpr std::size_t kAnswerLonger = 1024;  // than its inform: headers
static_assert(kRoomBesides >= sizeof(journal::RingItemHeader) + alarm::kRecordFieldsOctetsMax +
                                  sizeof(AnswerHeader) + kAnswerLonger);
static_assert(alarm::kRecordFieldsOctetsMax + snmp::kMessageOctetsMax <= alarm::kRecordOctetsMax);

/// Of what stays the same when a sender tries again: Net-SNMP changes msgID, boots and time.
std::uint64_t retransmission_hash(const Endpoint& source, ByteView user, ByteView context_engine,
                                  const snmp::Pdu& pdu) {
  std::uint64_t hash = hash_bytes(source.address, static_cast<std::uint32_t>(pdu.request_id));
  hash = hash_bytes(user, hash);
  hash = hash_bytes(context_engine, hash);
  hash = hash_bytes(pdu.varbinds, hash);
  return hash == 0 ? 1 : hash;
}

/// Of the signed octets: two datagrams with one digest are the same message, whatever address each
/// came from. 0 = not authenticated.
std::uint64_t duplicate_hash(const usm::Inbound& inbound, const snmp::V3Message& message) {
  if (!inbound.authenticated) return 0;
  return hash_bytes(message.authentication_parameters,
                    hash_bytes(message.authoritative_engine_id, 0)) |
         1;
}

const CommunityRule* find_community(const std::vector<CommunityRule>& rules, ByteView community,
                                    const Endpoint& source) {
  for (const CommunityRule& rule : rules) {
    const ByteView wanted = rule.text->expose();
    if (wanted.size() != community.size() || community.empty()) continue;
    if (CRYPTO_memcmp(wanted.data(), community.data(), wanted.size()) != 0) continue;
    if (rule.from.admits(source)) return &rule;
  }
  return nullptr;
}

}  // namespace

Pipeline::Pipeline(Options options, const Published<usm::SecurityConfig>& security,
                   const Published<Snapshot>& snapshot, usm::EngineTable& engines,
                   const usm::OwnEngine& own, SpscRing& records, WorkerCounters& counters,
                   RefusalObserver* observer)
    : options_(std::move(options)),
      own_(own),
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
  const std::uint64_t generation = usm_.refresh();
  if (generation != security_generation_) replies_.forget_keys();
  security_generation_ = generation;
  if (!snapshot_.refresh()) return;
  admission_.set_rate(snapshot_->refused_per_source);
  storm_.set_rate(snapshot_->per_engine);
}

bool Pipeline::process(const net::Datagram& datagram, const Arrival& arrival,
                       std::int64_t monotonic_ns) {
  reply_ = {};
  // Room for the largest record and answer this datagram can make, before anything is changed.
  if (records_.reserve(2 * datagram.bytes.size() + kRoomBesides).empty()) return false;
  counters_.received[arrival.listener].add();
  Context context{.datagram = datagram, .arrival = arrival, .monotonic_ns = monotonic_ns};
  if (!snapshot_->sources[arrival.listener].admits(datagram.source)) {
    drop(context, DropReason::kSourceAcl);
    return true;
  }
  context.tolerated = snapshot_->tolerances.of(datagram.source);
  const snmp::DecodeStatus status =
      snmp::decode_message(datagram.bytes, &context.message, nullptr, context.tolerated);
  switch (status) {
    case snmp::DecodeStatus::kOk:
      let_pass(context.message.deviations);
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

void Pipeline::let_pass(snmp::Deviations deviations) {
  if (deviations.none()) [[likely]]
    return;
  for (unsigned i = 0; i < static_cast<unsigned>(snmp::Deviation::kCount); ++i) {
    const auto deviation = static_cast<snmp::Deviation>(i);
    if (deviations.has(deviation)) counters_.tolerated.add(deviation);
  }
}

void Pipeline::drop(Context& context, DropReason reason) {
  counters_.dropped.add(reason);
  leaves_no_record(context);
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

/// The clock of its sender has moved all the same (TRP-10, TRP-12).
void Pipeline::leaves_no_record(const Context& context) {
  using Verdict = usm::EngineClock::Verdict;
  usm::EngineClock* const clock = context.inbound.clock;
  if (clock == nullptr) return;
  const Verdict window = context.inbound.window;
  if (window == Verdict::kFresh || window == Verdict::kBootsMaximum) clock->mark_unrecorded();
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
  const bool needless = context.inbound.padded && needs_no_padding(*context.inbound.user);
  const bool padded =
      context.inbound.padded && (!needless || context.tolerated.has(Deviation::kPrivacyPadding));
  if (!snmp::decode_scoped_pdu(context.inbound.scoped_pdu, padded, &scoped, nullptr)) {
    return drop(context, DropReason::kMalformed);  // MP-13, INF-11
  }
  if (needless && scoped.padding) let_pass(snmp::Deviations(Deviation::kPrivacyPadding));
  dispatch_pdu(context, scoped);
}

void Pipeline::refuse_usm(Context& context) {
  const usm::Inbound& inbound = context.inbound;
  const usm::ReportGate gate = usm::report_gate(context.message.v3, inbound);
  const usm::UsmCounter counter = usm::counter_of(inbound);
  const bool own_window = counter == usm::UsmCounter::kNotInTimeWindows;
  if (own_window) counters_.own_window_misses.add();
  drop(context, usm::refusal_reason(context.message.v3, inbound, gate, own_));
  if (counter == usm::UsmCounter::kNone) return;
  report(context, gate, usm::object(counter), usm_total(counter), own_window);
}

std::uint64_t Pipeline::usm_total(usm::UsmCounter counter) const {
  switch (counter) {
    case usm::UsmCounter::kUnsupportedSecLevels:
      return options_.dropped_total(DropReason::kUnsupportedSecLevel);
    case usm::UsmCounter::kNotInTimeWindows:
      return options_.own_window_misses_total();
    case usm::UsmCounter::kUnknownUserNames:
      return options_.dropped_total(DropReason::kUnknownUser);
    case usm::UsmCounter::kUnknownEngineIds:
      return options_.dropped_total(DropReason::kUnknownEngine) +
             options_.dropped_total(DropReason::kDiscovery);
    case usm::UsmCounter::kWrongDigests:
      return options_.dropped_total(DropReason::kWrongDigest);
    case usm::UsmCounter::kDecryptionErrors:
      return options_.dropped_total(DropReason::kDecryptionError);
    case usm::UsmCounter::kNone:
      return 0;
  }
  return 0;
}

void Pipeline::report(Context& context, const usm::ReportGate& gate, snmp::OidView counter,
                      std::uint64_t value, bool sign) {
  if (!gate.open) return;
  const snmp::V3Message& message = context.message.v3;
  reply_ = replies_.report(message, gate.request_id, counter, static_cast<std::uint32_t>(value),
                           sign ? context.inbound.keys : nullptr, context.monotonic_ns);
  if (!reply_.empty()) counters_.reports.add();
}

void Pipeline::dispatch_pdu(Context& context, const snmp::ScopedPdu& scoped) {
  snmp::Pdu pdu;
  if (!snmp::decode_pdu(scoped.pdu, &pdu, nullptr, context.tolerated)) {
    return drop(context, DropReason::kMalformed);  // MP-14
  }
  let_pass(pdu.deviations);
  context.context_engine_id = scoped.context_engine_id;
  context.context_name = scoped.context_name;
  context.request_id = pdu.request_id;
  const usm::ReportGate gate{pdu.confirmed(), pdu.request_id};
  const bool for_us = context.inbound.for_own_engine;
  if (pdu.confirmed() && !for_us) {  // USM-07: the friendlier reading of MP-16
    drop(context, DropReason::kUnknownEngine);
    if (!context.tolerated.has(Deviation::kForeignRequests)) return;
    let_pass(snmp::Deviations(Deviation::kForeignRequests));
    return report(context, gate, snmp::kUsmStatsUnknownEngineIds0,
                  usm_total(usm::UsmCounter::kUnknownEngineIds), false);
  }
  if (pdu.type == ber::kInformRequest && !context.inbound.user->may_receive) {
    return drop(context, DropReason::kUnknownUser);  // a user of the agent does not notify
  }
  switch (pdu.type) {
    case ber::kTrapV2:
      if (for_us) return drop(context, DropReason::kLoop);
      context.notification = snmp::from_pdu(pdu);
      context.duplicate_hash = duplicate_hash(context.inbound, context.message.v3);
      return take(context);
    case ber::kInformRequest:
      return take_inform(context, scoped, pdu);
    case ber::kResponse:
    case ber::kReport:
      return drop(context, DropReason::kResponse);
    default:
      drop(context, DropReason::kGet);
      return report(context, gate, snmp::kSnmpUnknownPduHandlers0,
                    options_.dropped_total(DropReason::kGet), false);
  }
}

void Pipeline::answer_too_big(Context& context, ByteView answer) {
  drop(context, DropReason::kTooBig);
  if (answer.empty()) counters_.silent_drops.add();
  reply_ = answer;
}

void Pipeline::take_inform(Context& context, const snmp::ScopedPdu& scoped, const snmp::Pdu& pdu) {
  context.inform = true;
  context.notification = snmp::from_pdu(pdu);
  context.answer = replies_.response_v3(context.message.v3, context.inbound, scoped, pdu, 0,
                                        context.monotonic_ns);
  if (context.answer.empty()) {  // INF-13: not delivered
    return answer_too_big(context, replies_.response_v3(context.message.v3, context.inbound, scoped,
                                                        pdu, kTooBigStatus, context.monotonic_ns));
  }
  context.retransmission_hash = retransmission_hash(context.datagram.source, context.security_name,
                                                    context.context_engine_id, pdu);
  context.duplicate_hash = duplicate_hash(context.inbound, context.message.v3);
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
  if (!snmp::decode_pdu(context.message.community.pdu, &pdu, nullptr, context.tolerated)) {
    return drop(context, DropReason::kMalformed);
  }
  let_pass(pdu.deviations);
  context.request_id = pdu.request_id;
  if (pdu.type == ber::kResponse || pdu.type == ber::kReport) {
    return drop(context, DropReason::kResponse);
  }
  if (pdu.type != ber::kTrapV2 && pdu.type != ber::kInformRequest) {
    return drop(context, DropReason::kGet);
  }
  context.notification = snmp::from_pdu(pdu);
  if (pdu.type == ber::kInformRequest) return take_inform_v2c(context, pdu);
  take(context);
}

void Pipeline::take_inform_v2c(Context& context, const snmp::Pdu& pdu) {
  context.inform = true;
  context.answer = replies_.response_v2c(context.message.community, pdu, 0);
  if (context.answer.empty()) {  // RFC 3416 4.2.7: not delivered
    return answer_too_big(context,
                          replies_.response_v2c(context.message.community, pdu, kTooBigStatus));
  }
  context.retransmission_hash =
      retransmission_hash(context.datagram.source, context.security_name, {}, pdu);
  take(context);
}

void Pipeline::take_trap_v1(Context& context) {
  const ByteView bytes = context.message.community.pdu;
  if (!bytes.empty() && bytes.front() != ber::kTrapV1) {
    snmp::Pdu pdu;
    const bool readable = snmp::decode_pdu(bytes, &pdu, nullptr, context.tolerated);
    return drop(context, readable ? DropReason::kGet : DropReason::kMalformed);
  }
  snmp::TrapV1Pdu trap;
  if (!snmp::decode_trap_v1(bytes, &trap, nullptr, context.tolerated)) {
    return drop(context, DropReason::kMalformed);
  }
  let_pass(trap.deviations);
  if (!snmp::from_trap_v1(trap, &trap_oid_buffer_, &context.notification)) {
    return drop(context, DropReason::kUntranslatable);  // PDU-11
  }
  take(context);
}

// --- every notification ---

void Pipeline::take(Context& context) {
  identify(context);
  const StormGuard::Verdict storm = storm_.take(context.device, context.monotonic_ns);
  if (storm == StormGuard::Verdict::kFirstBeyond && observer_ != nullptr) {
    observer_->stormed(context.device, context.datagram);
  }
  if (storm != StormGuard::Verdict::kWithin) {
    // Not answered either: an inform's sender tries again when the storm is over.
    counters_.suppressed.add(snmp::SuppressReason::kStorm);
    leaves_no_record(context);
    return;
  }
  classify(context);
  switch (classification_->disposition) {
    case alarm::Disposition::kStore:
      return hand_over(context);
    case alarm::Disposition::kSuppress:
      counters_.suppressed.add(snmp::SuppressReason::kRule);
      leaves_no_record(context);
      hand_over(context, true);
      reply_ = context.answer;  // the owner wants no record: this is where the inform ends
      return;
    case alarm::Disposition::kDrop:
      counters_.dropped.add(DropReason::kRule);
      leaves_no_record(context);
      hand_over(context, true);
      reply_ = context.answer;
      return;
  }
}

}  // namespace trapd::ingest
