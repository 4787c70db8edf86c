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
      explain_malformed(work, fault, "the message",
                        could ? lenient.deviations : snmp::Deviations());
    } else {
      work.reason("Refused: {}.", snmp::text(reason_of(status)));
    }
    return std::move(work.result);
  }
  work.layer(0, "{}, {} octets", snmp::to_text(work.message.version), packet.payload.size());
  explain_tolerated(work, work.message.deviations);
  if (work.message.version == snmp::Version::kV3) {
    explain_v3(work);
  } else {
    explain_community(work);
  }
  return std::move(work.result);
}

/// could_pass: what the same octets show to a reader that lets everything pass.
void Explainer::explain_malformed(Work& work, const snmp::DecodeFault& fault, const char* whole,
                                  snmp::Deviations could_pass) {
  std::string names;
  for (unsigned i = 0; i < static_cast<unsigned>(snmp::Deviation::kCount); ++i) {
    const auto deviation = static_cast<snmp::Deviation>(i);
    if (!could_pass.has(deviation) || work.tolerated.has(deviation)) continue;
    names += (names.empty() ? "" : ", ") + std::string(snmp::label(deviation));
  }
  work.reason("Malformed: {} at octet {}, in {}.", ber::to_text(fault.error), fault.offset,
              fault.field != nullptr ? fault.field : whole);
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
    work.reason(
        "Refused: {}. Name it under security.communities to let it in, or better, "
        "configure the device for SNMPv3.",
        snmp::text(v1 ? DropReason::kV1Refused : DropReason::kV2cRefused));
    refuse(work, v1 ? DropReason::kV1Refused : DropReason::kV2cRefused);
    if (!v1) explain_pdu(work, message.pdu, true);
    return;
  }
  bool known_elsewhere = false;
  const config::Community* found =
      find_community(live, message.community, &known_elsewhere, work.packet);
  if (found == nullptr) {
    refuse(work, DropReason::kBadCommunity);
    work.reason("Refused: the community is {}.", known_elsewhere
                                                     ? "configured, but not for this source address"
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
  const OwnEngineFacts own = context_.own.value_or(OwnEngineFacts{usm::make_engine_id(), 1, 0});
  const usm::OwnEngine own_engine(own.engine_id, own.boots, clock);
  const std::int64_t now_ns = own.time * kNsPerSecond;
  usm::EngineTable engines(2);
  const auto facts = context_.engine ? context_.engine(message.authoritative_engine_id)
                                     : std::optional<EngineFacts>();
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
    work.reason("Malformed: {} at octet {} of the scoped PDU.", ber::to_text(fault.error),
                fault.offset);
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
