// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/explain.h"

#include <algorithm>

#include "trapd/admin/explain_work.h"
#include "trapd/config/security.h"
#include "trapd/snmp/pdu.h"

namespace trapd::admin {
namespace {

using snmp::DropReason;

DropReason reason_of(snmp::DecodeStatus status) {
  switch (status) {
    case snmp::DecodeStatus::kBadVersion:
      return DropReason::kBadVersion;
    case snmp::DecodeStatus::kUnknownSecurityModel:
      return DropReason::kUnknownSecurityModel;
    case snmp::DecodeStatus::kInvalidFlags:
      return DropReason::kInvalidFlags;
    case snmp::DecodeStatus::kMalformed:
    case snmp::DecodeStatus::kOk:
      break;
  }
  return DropReason::kMalformed;
}

/// Where it stands that such a message is not taken, in parentheses; empty when it is told
/// elsewhere.
std::string with_clause(DropReason reason) {
  struct Clause {
    DropReason reason;
    const char* text;
  };
  static constexpr Clause kClauses[] = {
      {DropReason::kBadVersion, "RFC 3412 4.2.1 (2)"},
      {DropReason::kUnknownSecurityModel, "RFC 3412 7.2 (4)"},
      {DropReason::kInvalidFlags, "RFC 3412 7.2 (5)(d)"},
      {DropReason::kV1Refused, "RFC 3412 4.2.1 (2)"},
      {DropReason::kV2cRefused, "RFC 3412 4.2.1 (2)"},
      {DropReason::kBadCommunity, "RFC 1157 4.1.6, RFC 3584 5.2.1"},
  };
  for (const Clause& clause : kClauses) {
    if (clause.reason == reason) return fmt::format(" ({})", clause.text);
  }
  return {};
}

const config::Community* find_community(const config::LiveConfig& live, ByteView text,
                                        bool* known_elsewhere, const Packet& packet) {
  for (const config::Community& community : live.communities) {
    if (community.text == nullptr || !equal(community.text->expose(), text)) continue;
    const bool from_here =
        community.from.empty() || !packet.source ||
        std::any_of(community.from.begin(), community.from.end(),
                    [&](const Network& network) { return network.contains(*packet.source); });
    if (from_here) return &community;
    *known_elsewhere = true;
  }
  return nullptr;
}

}  // namespace

std::string octets_text(ByteView octets) {
  const bool plain = !octets.empty() && std::all_of(octets.begin(), octets.end(), [](auto octet) {
    return octet >= 0x20 && octet < 0x7f;
  });
  if (plain) return fmt::format("\"{}\"", as_text(octets));
  return octets.empty() ? "\"\"" : "0x" + to_hex(octets);
}

std::string engine_text(ByteView engine_id) {
  if (engine_id.empty()) return "none";
  std::string text = "0x" + to_hex(engine_id);
  // RFC 3411 5: first bit 1, enterprise number, then a format octet.
  if (engine_id.size() < 5 || (engine_id[0] & 0x80) == 0) return text;
  std::uint32_t enterprise = engine_id[0] & 0x7fU;
  for (std::size_t i = 1; i < 4; ++i) enterprise = enterprise << 8 | engine_id[i];
  text += fmt::format(" (enterprise {}", enterprise);
  const ByteView rest = engine_id.subspan(5);
  if (engine_id[4] == 1 && rest.size() == 4) {
    text += fmt::format(", address {}.{}.{}.{}", rest[0], rest[1], rest[2], rest[3]);
  } else if (engine_id[4] == 3 && rest.size() == 6) {
    text += ", MAC " + to_hex(rest);
  } else if (engine_id[4] == 4) {
    text += ", text " + octets_text(rest);
  }
  return text + ")";
}

Explainer::Explainer(ExplainContext context)
    : context_(std::move(context)), security_(config::security_of(context_.config.live)) {}

void Explainer::refuse(Work& work, DropReason reason) {
  work.result.accepted = false;
  work.result.verdict = snmp::label(reason);
}

Explanation Explainer::explain(const Packet& packet) {
  Work work{.packet = packet, .message = {}, .result = {}, .device_engine = {}};
  explain_version(work);
  explain_refused_before(work);
  return std::move(work.result);
}

/// The configuration, or what trapd knows of the sender's clock, may have changed since.
void Explainer::explain_refused_before(Work& work) {
  const auto& then = work.packet.refused_as;
  if (!then || work.result.verdict == snmp::label(*then)) return;
  auto& reasons = work.result.reasons;
  reasons.insert(
      reasons.begin(),
      {fmt::format("When it came it was refused as {}: {}.", snmp::label(*then), snmp::text(*then)),
       "What follows is what would become of it now, alone and by the configuration and "
       "the clocks of now."});
}

void Explainer::explain_version(Work& work) {
  const Packet& packet = work.packet;
  snmp::DecodeFault fault;
  const snmp::Tolerances& tolerances = context_.config.live.tolerances;
  work.tolerated = packet.source ? tolerances.of(*packet.source) : tolerances.usual;
  const snmp::DecodeStatus status =
      snmp::decode_message(packet.payload, &work.message, &fault, work.tolerated);
  if (status != snmp::DecodeStatus::kOk) {
    refuse(work, reason_of(status));
    work.layer(0, "{} octets, which cannot be read as an SNMP message", packet.payload.size());
    if (status == snmp::DecodeStatus::kMalformed) {
      snmp::Message lenient;
      const bool could = snmp::decode_message(packet.payload, &lenient, nullptr, kEveryDeviation) ==
                         snmp::DecodeStatus::kOk;
      explain_malformed(work, fault, {"the message", "RFC 3412 4.2.1 (2), 7.2 (2)"},
                        could ? lenient.deviations : snmp::Deviations());
    } else {
      work.reason("Refused{}: {}.", with_clause(reason_of(status)), snmp::text(reason_of(status)));
    }
    return;
  }
  work.layer(0, "{}, {} octets", snmp::to_text(work.message.version), packet.payload.size());
  explain_tolerated(work, work.message.deviations);
  if (work.message.version == snmp::Version::kV3) {
    explain_v3(work);
  } else {
    explain_community(work);
  }
}

/// could_pass: what the same octets show to a reader that lets everything pass.
void Explainer::explain_malformed(Work& work, const snmp::DecodeFault& fault,
                                  const MalformedPart& part, snmp::Deviations could_pass) {
  std::string names;
  for (unsigned i = 0; i < static_cast<unsigned>(snmp::Deviation::kCount); ++i) {
    const auto deviation = static_cast<snmp::Deviation>(i);
    if (!could_pass.has(deviation) || work.tolerated.has(deviation)) continue;
    names += (names.empty() ? "" : ", ") + std::string(snmp::label(deviation));
  }
  work.reason("Malformed ({}): {} at octet {}, in {}.", part.clause, ber::to_text(fault.error),
              fault.offset, fault.field != nullptr ? fault.field : part.name);
  if (names.empty()) return;
  work.reason("If the device cannot be mended: security.tolerances can let {} pass for it.", names);
}

void Explainer::explain_tolerated(Work& work, snmp::Deviations deviations) {
  for (unsigned i = 0; i < static_cast<unsigned>(snmp::Deviation::kCount); ++i) {
    const auto deviation = static_cast<snmp::Deviation>(i);
    if (!deviations.has(deviation)) continue;
    work.layer(1, "let pass as {}: {}", snmp::label(deviation), snmp::text(deviation));
  }
}

void Explainer::explain_community(Work& work) {
  const snmp::CommunityMessage& message = work.message.community;
  const bool v1 = work.message.version == snmp::Version::kV1;
  // The community is a secret: its length only.
  work.layer(1, "community of {} octets", message.community.size());
  const config::LiveConfig& live = context_.config.live;
  if (live.communities.empty()) {
    const DropReason reason = v1 ? DropReason::kV1Refused : DropReason::kV2cRefused;
    work.reason(
        "Refused{}: {}. Name it under security.communities to let it in, or better, "
        "configure the device for SNMPv3.",
        with_clause(reason), snmp::text(reason));
    refuse(work, reason);
    if (!v1) explain_pdu(work, message.pdu, true);
    return;
  }
  bool known_elsewhere = false;
  const config::Community* found =
      find_community(live, message.community, &known_elsewhere, work.packet);
  if (found == nullptr) {
    refuse(work, DropReason::kBadCommunity);
    work.reason("Refused{}: the community is {}.", with_clause(DropReason::kBadCommunity),
                known_elsewhere ? "configured, but not for this source address: see its from:"
                                : "none of security.communities");
    return;
  }
  work.layer(1, "community is the configured {}", found->name);
  if (v1) return explain_v1_trap(work, message.pdu);
  explain_pdu(work, message.pdu, true);
}

void Explainer::explain_v3(Work& work) {
  const snmp::V3Message& message = work.message.v3;
  work.layer(1, "message {}, level {}{}, longest answer {} octets", message.msg_id,
             snmp::to_text(message.level()), message.reportable() ? ", reportable" : "",
             message.max_size);
  work.layer(1, "authoritative engine {}, boots {}, time {} s",
             engine_text(message.authoritative_engine_id), message.authoritative_engine_boots,
             message.authoritative_engine_time);
  work.layer(1, "user {}, digest of {} octets, salt of {} octets", octets_text(message.user_name),
             message.authentication_parameters.size(), message.privacy_parameters.size());
  if (!message.encrypted_pdu.empty()) {
    work.layer(1, "encrypted PDU of {} octets", message.encrypted_pdu.size());
  }
  // An engine table of its own: explaining must not move a clock that counts.
  VirtualClock clock(0, 0);
  const OwnEngineFacts own = own_facts(work);
  const usm::OwnEngine own_engine(own.engine_id, own.boots, clock);
  const std::int64_t now_ns = own.time * kNsPerSecond;
  usm::EngineTable engines(2);
  const auto facts = facts_of(work);
  if (facts) {
    usm::EngineClock* known = engines.find_or_add(message.authoritative_engine_id);
    known->restore({facts->boots, facts->latest_time, own.time - facts->received_ago_s});
  }
  usm::InboundProcessor processor({.cached_keys_max = 2}, security_, engines, own_engine);
  std::vector<std::uint8_t> scratch(work.packet.payload.size());
  const usm::Inbound inbound = processor.process(message, now_ns, scratch);
  if (inbound.step != usm::Step::kAccepted) return explain_usm_refusal(work, inbound);
  const usm::User& user = *inbound.user;
  work.layer(1, "digest and level are right for user {} ({}, {})", user.name,
             usm::row(user.auth).name, usm::row(user.priv).name);
  if (inbound.window_waived) {
    work.layer(1, "outside the time window, which the device's time_window waives");
  }
  explain_scoped(work, inbound);
}

/// As they were when the packet came.
OwnEngineFacts Explainer::own_facts(const Work& work) const {
  const auto known = context_.own ? context_.own() : std::optional<OwnEngineFacts>();
  OwnEngineFacts own = known.value_or(OwnEngineFacts{usm::make_engine_id(), 1, 0});
  const std::int64_t ago_s = std::clamp<std::int64_t>(work.packet.received_ago_s, 0, own.time);
  own.time -= static_cast<std::uint32_t>(ago_s);
  return own;
}

/// The sender's clock, as it was when the packet came. A message that came later has moved it on:
/// then by what the clock, which runs as ours does, must have shown.
std::optional<EngineFacts> Explainer::facts_of(const Work& work) const {
  if (!context_.engine) return std::nullopt;
  auto facts = context_.engine(work.message.v3.authoritative_engine_id);
  if (!facts) return facts;
  facts->received_ago_s -= work.packet.received_ago_s;
  if (facts->received_ago_s < 0) {
    const std::int64_t then = facts->latest_time + facts->received_ago_s;
    facts->latest_time = static_cast<std::uint32_t>(std::max<std::int64_t>(then, 0));
    facts->received_ago_s = 0;
    facts->moved_on = true;
  }
  return facts;
}

void Explainer::explain_scoped(Work& work, const usm::Inbound& inbound) {
  snmp::ScopedPdu scoped;
  snmp::DecodeFault fault;
  const bool needless = inbound.padded && inbound.user->priv != usm::PrivProtocol::kDes;
  const bool padded =
      inbound.padded && (!needless || work.tolerated.has(snmp::Deviation::kPrivacyPadding));
  if (!snmp::decode_scoped_pdu(inbound.scoped_pdu, padded, &scoped, &fault)) {
    refuse(work, DropReason::kMalformed);
    if (inbound.padded && fault.error != ber::Error::kTrailingOctets)
      return explain_undecipherable(work, *inbound.user);
    explain_malformed(
        work, fault, {"the scoped PDU", "RFC 3412 7.2 (7)"},
        needless ? snmp::Deviations(snmp::Deviation::kPrivacyPadding) : snmp::Deviations());
    return;
  }
  if (needless && scoped.padding) {
    explain_tolerated(work, snmp::Deviations(snmp::Deviation::kPrivacyPadding));
  }
  work.layer(1, "context engine {}, context name {}", engine_text(scoped.context_engine_id),
             octets_text(scoped.context_name));
  const ByteView device =
      inbound.for_own_engine ? scoped.context_engine_id : work.message.v3.authoritative_engine_id;
  const bool ours =
      inbound.for_own_engine && equal(device, work.message.v3.authoritative_engine_id);
  if (!ours) work.device_engine.assign(device.begin(), device.end());
  explain_pdu(work, scoped.pdu, inbound.for_own_engine);
}

}  // namespace trapd::admin
