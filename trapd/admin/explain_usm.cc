// SPDX-License-Identifier: Apache-2.0
// Refusals by USM in words: the step, its clause, and what to look at.
#include <algorithm>

#include "trapd/admin/explain_work.h"

namespace trapd::admin {
namespace {

using snmp::DropReason;

/// Hashes whose MAC has this length.
std::string hashes_of(std::size_t mac_octets) {
  std::string names;
  for (const usm::AuthRow& row : usm::kAuthRows) {
    if (row.mac_octets != mac_octets || mac_octets == 0) continue;
    names += (names.empty() ? "" : " or ") + std::string(row.name);
  }
  return names;
}

bool knows_engine(const usm::User& user, ByteView engine_id) {
  return user.for_any_engine() ||
         std::any_of(user.engines.begin(), user.engines.end(),
                     [&](const auto& engine) { return equal(engine, engine_id); });
}

bool verifies(const usm::User& user, const snmp::V3Message& message) {
  if (user.auth == usm::AuthProtocol::kNone) return false;
  const usm::HmacKey key(user.auth, usm::localised_auth_key(user, message.authoritative_engine_id));
  return key.verify(message.whole, message.authentication_parameters);
}

/// The privacy passphrase used for authentication: both Ku are made with the same hash.
bool verifies_swapped(const usm::User& user, const snmp::V3Message& message) {
  if (user.auth == usm::AuthProtocol::kNone || user.priv_ku.empty()) return false;
  const usm::HmacKey key(user.auth,
                         usm::localise(user.auth, user.priv_ku, message.authoritative_engine_id));
  return key.verify(message.whole, message.authentication_parameters);
}

/// Does the message become readable with this cipher and the user's privacy passphrase?
bool decrypts(const usm::User& user, usm::PrivProtocol priv, const usm::Key& ku,
              const snmp::V3Message& message) {
  if (ku.empty() || priv == usm::PrivProtocol::kNone) return false;
  if (priv == usm::PrivProtocol::kDes && !usm::Cipher::des_available()) return false;
  const ByteView engine = message.authoritative_engine_id;
  const usm::Key key =
      usm::privacy_key(user.auth, priv, usm::localise(user.auth, ku, engine), engine);
  std::vector<std::uint8_t> plain(message.encrypted_pdu.size() + 16);
  usm::Cipher cipher;
  snmp::ScopedPdu scoped;
  return cipher.decrypt(priv, key, static_cast<std::uint32_t>(message.authoritative_engine_boots),
                        static_cast<std::uint32_t>(message.authoritative_engine_time),
                        message.privacy_parameters, message.encrypted_pdu, plain) &&
         snmp::decode_scoped_pdu(ByteView(plain).first(message.encrypted_pdu.size()), true, &scoped,
                                 nullptr);
}

}  // namespace

void Explainer::explain_usm_refusal(Work& work, const usm::Inbound& inbound) {
  const snmp::V3Message& message = work.message.v3;
  refuse(work, inbound.reason);
  switch (inbound.step) {
    case usm::Step::kAccepted:
      return;
    case usm::Step::kEngine:
      if (message.authoritative_engine_id.empty() && message.reportable()) {
        refuse(work, DropReason::kDiscovery);
        work.reason(
            "An engine discovery (RFC 3414 4): trapd answers with a Report that names its "
            "engine ID, and the sender goes on from there.");
      } else {
        work.reason(
            "Refused (RFC 3414 3.2 (3)): the engine ID is missing or not a legal one of 5 "
            "to 32 octets.");
      }
      return;
    case usm::Step::kUser:
      return explain_unknown_user(work);
    case usm::Step::kLevel:
      work.reason(
          "Refused (RFC 3414 3.2 (5)): the message is {}, and user {} has keys for {} "
          "only. Add priv: or auth: to the user, or lower the device's level.",
          snmp::to_text(message.level()), inbound.user->name, snmp::to_text(inbound.user->level()));
      return;
    case usm::Step::kPolicy:
      work.reason(
          "Refused by policy: {}. The message is {}, its user {} ({}, {}); security: asks "
          "for {} or better.",
          snmp::text(inbound.reason), snmp::to_text(message.level()), inbound.user->name,
          usm::row(inbound.user->auth).name, usm::row(inbound.user->priv).name,
          snmp::to_text(context_.config.live.policy.level));
      return;
    case usm::Step::kDigest:
      return explain_wrong_digest(work, *inbound.user);
    case usm::Step::kEngineTable:
      work.reason("Refused: {}.", snmp::text(inbound.reason));
      return;
    case usm::Step::kWindow:
      return explain_window(work, inbound);
    case usm::Step::kDecrypt:
      return explain_undecipherable(work, *inbound.user);
  }
}

void Explainer::explain_unknown_user(Work& work) {
  const snmp::V3Message& message = work.message.v3;
  const auto& users = context_.config.live.users;
  const std::string_view name = as_text(message.user_name);
  std::string known;
  bool elsewhere = false;
  bool only_sends = false;
  for (const usm::User& user : users) {
    const bool here = knows_engine(user, message.authoritative_engine_id);
    if (user.name == name) (here ? only_sends : elsewhere) = true;
    if (!here || !user.may_receive) continue;
    known += (known.empty() ? "" : ", ") + octets_text(as_bytes(user.name));
    if (user.for_any_engine()) known += " (any engine)";
  }
  work.reason("Refused (RFC 3414 3.2 (4)): there is no user {} for engine {}.",
              octets_text(message.user_name), engine_text(message.authoritative_engine_id));
  if (only_sends) work.reason("A user of this name is there, but its use: lacks receive.");
  if (elsewhere) work.reason("A user of this name is there, but its engines: lack this one.");
  work.reason("Users known for this engine: {}.", known.empty() ? "none" : known);
  if (message.reportable() && !(context_.own && context_.own())) {
    work.reason(
        "The message may be an inform for trapd's own engine; trapd was not running to "
        "say which that is.");
  }
}

void Explainer::explain_wrong_digest(Work& work, const usm::User& user) {
  const snmp::V3Message& message = work.message.v3;
  const std::size_t seen = message.authentication_parameters.size();
  const usm::AuthRow& configured = usm::row(user.auth);
  work.reason("Refused (RFC 3414 3.2 (6)): the digest does not match for user {} at engine {}.",
              user.name, engine_text(message.authoritative_engine_id));
  if (seen != configured.mac_octets) {
    const std::string hashes = hashes_of(seen);
    if (hashes.empty()) {
      work.reason("Its digest has {} octets, which no hash of USM makes.", seen);
    } else {
      work.reason(
          "The device uses {} ({}-octet digest seen), while the user is configured {} "
          "({} octets): set auth: {{protocol: …}} to the device's.",
          hashes, seen, configured.name, configured.mac_octets);
    }
    return;
  }
  if (verifies_swapped(user, message)) {
    work.reason(
        "It matches the user's privacy passphrase: auth and priv are exchanged, here or on "
        "the device.");
    return;
  }
  for (const usm::User& other : context_.config.live.users) {
    if (&other == &user || other.name == user.name || !verifies(other, message)) continue;
    work.reason("It matches the passphrase of user {}: the device uses that one.", other.name);
    return;
  }
  const std::string hashes = hashes_of(seen);
  work.reason("The digest's length fits {}: the passphrase differs{}.", hashes,
              hashes == configured.name ? "" : ", or the device uses the other of these hashes");
}

void Explainer::explain_window(Work& work, const usm::Inbound& inbound) {
  const snmp::V3Message& message = work.message.v3;
  const auto boots = message.authoritative_engine_boots;
  const auto time = message.authoritative_engine_time;
  if (inbound.for_own_engine) {
    // As the pipeline has it: who asks for our time, or still has that of our last boots.
    const OwnEngineFacts own = own_facts(work);
    const bool from_before = inbound.reason == DropReason::kNotInTimeWindow &&
                             static_cast<std::uint32_t>(boots) < own.boots;
    const bool first = message.reportable() && ((boots == 0 && time == 0) || from_before);
    if (first) refuse(work, DropReason::kTimeSync);
    work.reason(
        "{} (RFC 3414 3.2 (7)(a)): the message has boots {} and time {} s of our engine, "
        "which is at boots {}, time {} s. trapd answers with a Report that carries them.",
        first ? "A time synchronisation" : "Refused", boots, time, own.boots, own.time);
    return;
  }
  const auto facts = facts_of(work);
  if (!facts || inbound.window == usm::EngineClock::Verdict::kBootsMaximum) {
    work.reason(
        "Refused (RFC 3414 2.2.2): boots are {}; at 2147483647 an engine is latched until "
        "it gets a new engine ID.",
        boots);
    return;
  }
  const std::int64_t now = facts->latest_time + facts->received_ago_s;
  if (inbound.window == usm::EngineClock::Verdict::kBootsLower) {
    work.reason(
        "Refused (RFC 3414 3.2 (7)(b)): boots {} are below the {} that this engine has "
        "shown before: a replay, or a device that forgot its boots. For such a device: "
        "trapctl store forget-engine {}, or time_window: report for it.",
        boots, facts->boots, to_hex(message.authoritative_engine_id));
    if (facts->moved_on) {
      work.reason(
          "The engine has been heard since this message came, perhaps with other boots than "
          "those that it was judged by.");
    }
    return;
  }
  work.reason(
      "Refused (RFC 3414 3.2 (7)(b)): time {} s lies {} s behind this engine's clock ({} s "
      "{}, boots {}); 150 s are allowed. A packet from a capture is old by its nature; "
      "from a device it means that its clock stands or restarted without new boots.",
      time, now - time, now, work.packet.received_ago_s > 0 ? "then" : "now", facts->boots);
}

void Explainer::explain_undecipherable(Work& work, const usm::User& user) {
  const snmp::V3Message& message = work.message.v3;
  work.reason(
      "Refused (RFC 3414 3.2 (8)): the digest is right, but nothing readable comes out of "
      "decrypting with {} for user {}.",
      usm::row(user.priv).name, user.name);
  for (const usm::PrivRow& row : usm::kPrivRows) {
    if (row.protocol != user.priv && decrypts(user, row.protocol, user.priv_ku, message)) {
      work.reason("With {} it is readable: the device uses that; set priv: {{protocol: {}}}.",
                  row.name, row.name);
      return;
    }
    if (decrypts(user, row.protocol, user.auth_ku, message)) {
      work.reason(
          "With the authentication passphrase and {} it is readable: the device uses one "
          "passphrase for both.",
          row.name);
      return;
    }
  }
  work.reason("The privacy passphrase differs, or the device's cipher is one that trapd has not.");
}

}  // namespace trapd::admin
