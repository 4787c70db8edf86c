// SPDX-License-Identifier: Apache-2.0
#include "trapd/agent/responder.h"

#include <algorithm>

#include "trapd/base/clock.h"
#include "trapd/base/log.h"
#include "trapd/snmp/oids.h"

namespace trapd::agent {
namespace {

using snmp::DropReason;

constexpr std::size_t kCachedKeysMax = 1024;  // users of the agent
// Everything around a list but engine IDs and the user's name, at its longest: headers, numbers,
// MAC of SHA-512, salt, padding of DES.
constexpr std::size_t kFrameOctets = 180;
constexpr std::size_t kScratchOctets = snmp::kMessageOctetsMax + 64;
// snmpUnknownContexts.0 (RFC 3413 3.2)
constexpr snmp::OidLiteral<9> kSnmpUnknownContexts0{{0x2b, 6, 1, 6, 3, 12, 1, 5, 0}};

bool admits(const Settings& settings, const Endpoint& source) {
  return std::any_of(settings.allow.begin(), settings.allow.end(),
                     [&](const Network& network) { return network.contains(source); });
}

}  // namespace

Responder::Responder(const Options& options, const Published<usm::SecurityConfig>& security,
                     const Published<Settings>& settings, const usm::OwnEngine& own,
                     Readings readings, ResyncControl& resync)
    : readings_(std::move(readings)),
      refused_(options.refused),
      own_(own),
      settings_(settings),
      usm_({kCachedKeysMax}, security, no_engines_, own),
      replies_(own),
      objects_(make_objects(
          {options.mib_arc, options.description, own, settings, readings_, resync, counters_})),
      writable_(writable_objects(options.mib_arc)),
      work_(objects_, readings_, writable_, resync),
      scratch_(std::make_unique<std::uint8_t[]>(kScratchOctets)) {
  admission_.set_rate(settings_->refused_per_source);
  refresh();
}

void Responder::refresh() {
  const std::uint64_t generation = usm_.refresh();
  if (generation != security_generation_) replies_.forget_keys();
  security_generation_ = generation;
  if (settings_.refresh()) admission_.set_rate(settings_->refused_per_source);
}

ByteView Responder::drop(const Context& context, DropReason reason) {
  counters_.dropped.add(reason);
  admission_.refused(context.datagram.source, context.monotonic_ns);
  tell(context, reason);
  return {};
}

void Responder::tell(const Context& context, DropReason reason) const {
  if (!refused_) return;
  refused_({reason, &context.datagram, context.is_v3 ? &context.message : nullptr,
            context.inbound.authenticated});
}

ByteView Responder::answer(const net::Datagram& datagram, std::int64_t monotonic_ns) {
  counters_.received.add();
  Context context{.datagram = datagram, .monotonic_ns = monotonic_ns};
  if (!admits(*settings_, datagram.source)) return drop(context, DropReason::kSourceAcl);
  snmp::Message message;
  switch (snmp::decode_message(datagram.bytes, &message, nullptr, snmp::kToleranceOfPeers)) {
    case snmp::DecodeStatus::kOk:
      break;
    case snmp::DecodeStatus::kMalformed:
      return drop(context, DropReason::kMalformed);
    case snmp::DecodeStatus::kBadVersion:
      return drop(context, DropReason::kBadVersion);
    case snmp::DecodeStatus::kUnknownSecurityModel:
      return drop(context, DropReason::kUnknownSecurityModel);
    case snmp::DecodeStatus::kInvalidFlags:
      return drop(context, DropReason::kInvalidFlags);
  }
  switch (message.version) {
    case snmp::Version::kV1:
      return drop(context, DropReason::kV1Refused);
    case snmp::Version::kV2c:
      return drop(context, DropReason::kV2cRefused);
    case snmp::Version::kV3:
      break;
  }
  context.message = message.v3;
  context.is_v3 = true;
  return take_v3(context);
}

ByteView Responder::take_v3(Context& context) {
  const snmp::V3Message& message = context.message;
  if (admission_.starved(context.datagram.source, context.monotonic_ns) &&
      !(usm_.knows(message) && admission_.take_known_budget(context.monotonic_ns))) {
    return drop(context, DropReason::kRefusedRate);
  }
  // Another engine's clock is no business of ours: nobody notifies the agent.
  if (equal(message.authoritative_engine_id, own_.engine_id())) {
    context.inbound = usm_.process(message, context.monotonic_ns, {scratch_.get(), kScratchOctets});
  }
  if (context.inbound.step != usm::Step::kAccepted) return refuse(context);
  if (!snmp::decode_scoped_pdu(context.inbound.scoped_pdu, context.inbound.padded, &context.scoped,
                               nullptr) ||
      !snmp::decode_pdu(context.scoped.pdu, &context.pdu, nullptr)) {
    return drop(context, DropReason::kMalformed);
  }
  return dispatch(context);
}

ByteView Responder::refuse(const Context& context) {
  const usm::ReportGate gate = usm::report_gate(context.message, context.inbound);
  const usm::UsmCounter counter = usm::counter_of(context.inbound);
  const bool own_window = counter == usm::UsmCounter::kNotInTimeWindows;
  if (own_window) counters_.own_window_misses.add();
  drop(context, usm::refusal_reason(context.message, context.inbound, gate, own_));
  if (counter == usm::UsmCounter::kNone) return {};
  return report(context, gate, usm::object(counter), readings_.usm_total(counter), own_window);
}

ByteView Responder::dispatch(Context& context) {
  const usm::ReportGate gate{context.pdu.confirmed(), context.pdu.request_id};
  switch (context.pdu.type) {
    case ber::kGetRequest:
    case ber::kGetNextRequest:
    case ber::kGetBulkRequest:
    case ber::kSetRequest:
      break;
    case ber::kResponse:
    case ber::kReport:
      return drop(context, DropReason::kResponse);
    default:
      counters_.unknown_pdus.add();
      return report(context, gate, snmp::kSnmpUnknownPduHandlers0, counters_.unknown_pdus.get(),
                    false);
  }
  if (!equal(context.scoped.context_engine_id, own_.engine_id())) {
    counters_.unknown_pdus.add();  // RFC 3412 7.2 (13 b): nobody here for that engine
    return report(context, gate, snmp::kSnmpUnknownPduHandlers0, counters_.unknown_pdus.get(),
                  false);
  }
  if (!context.scoped.context_name.empty()) {
    counters_.unknown_contexts.add();
    return report(context, gate, kSnmpUnknownContexts0, counters_.unknown_contexts.get(), true);
  }
  return perform(context);
}

ByteView Responder::perform(Context& context) {
  const bool authorised = context.inbound.user->may_use_agent &&
                          context.message.level() == snmp::SecurityLevel::kAuthPriv;
  if (!authorised) {  // RFC 3413 3.2 (3): noGroupName
    counters_.not_authorised.add();
    tell(context,
         context.inbound.authenticated ? DropReason::kUnknownUser : DropReason::kNoAuthNoPriv);
    if (!context.inbound.authenticated) return {};
    return respond(context, {ErrorStatus::kAuthorizationError, 0, {}});
  }
  try {
    return respond(context, work(context));
  } catch (const std::exception& e) {
    log::limited(log::Level::kError, "agent", std::string("agent: a request failed: ") + e.what());
    return respond(context, {ErrorStatus::kGenErr, context.pdu.varbind_count > 0 ? 1 : 0, {}});
  }
}

Answer Responder::work(const Context& context) {
  const snmp::Pdu& pdu = context.pdu;
  const std::size_t list_octets = list_octets_max(context);
  switch (pdu.type) {
    case ber::kGetRequest:
      counters_.gets.add();
      return work_.get(pdu, list_octets);
    case ber::kGetNextRequest:
      counters_.next_gets.add();
      return work_.get_next(pdu, list_octets);
    case ber::kGetBulkRequest:
      counters_.bulk_gets.add();
      return work_.get_bulk(pdu, list_octets);
    default:
      counters_.sets.add();
      return work_.set(pdu, list_octets, {context.inbound.user->name, context.datagram.source});
  }
}

/// Of the content of the list, so that the message around it surely fits its receiver.
std::size_t Responder::list_octets_max(const Context& context) const {
  const auto message = std::min<std::size_t>(
      static_cast<std::size_t>(std::max(context.message.max_size, 0)), snmp::kMessageOctetsMax);
  const std::size_t frame =
      kFrameOctets + 2 * own_.engine_id().size() + context.message.user_name.size();
  return message > frame ? message - frame : 0;
}

ByteView Responder::respond(const Context& context, const Answer& answer) {
  const bool failed = answer.status != ErrorStatus::kNoError;
  if (failed) counters_.errors.add();
  usm::ReplyBuilder::Response response;
  response.request_id = context.pdu.request_id;
  response.error_status = static_cast<std::int32_t>(answer.status);
  response.error_index = answer.index;
  response.varbinds = failed && answer.status != ErrorStatus::kTooBig ? context.pdu.varbinds
                                                                      : ByteView(answer.varbinds);
  const auto build = [&] {
    return replies_.response_v3(context.message, context.inbound, context.scoped, response,
                                context.monotonic_ns);
  };
  ByteView message = build();
  if (message.empty() && answer.status != ErrorStatus::kTooBig) {
    response.error_status = static_cast<std::int32_t>(ErrorStatus::kTooBig);
    response.error_index = 0;
    response.varbinds = {};
    message = build();
  }
  if (message.empty()) counters_.silent_drops.add();
  return message;
}

/// Apart, so that a flood of strangers keeps no user from synchronising its time.
bool Responder::take_report_token(bool authenticated, std::int64_t monotonic_ns) {
  ReportTokens& tokens = report_tokens_[authenticated ? 1 : 0];
  const double passed_s = static_cast<double>(monotonic_ns - tokens.updated_ns) / 1e9;
  tokens.left =
      std::min(kReportsPerSecond, tokens.left + std::max(passed_s, 0.0) * kReportsPerSecond);
  tokens.updated_ns = monotonic_ns;
  if (tokens.left < 1) return false;
  tokens.left -= 1;
  return true;
}

ByteView Responder::report(const Context& context, const usm::ReportGate& gate,
                           snmp::OidView counter, std::uint64_t value, bool sign) {
  if (!gate.open) return {};
  if (!take_report_token(context.inbound.authenticated, context.monotonic_ns)) {
    counters_.reports_withheld.add();
    return {};
  }
  const ByteView message =
      replies_.report(context.message, gate.request_id, counter, static_cast<std::uint32_t>(value),
                      sign ? context.inbound.keys : nullptr, context.monotonic_ns);
  if (!message.empty()) counters_.reports.add();
  return message;
}

}  // namespace trapd::agent
