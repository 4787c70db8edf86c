// SPDX-License-Identifier: Apache-2.0
// A receiver of notifications on 127.0.0.1 that does what a test tells it: answers as RFC 3414
// wants, keeps silent, reboots, reports what is not true. Pumped by the test; no thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/forwarders_snmp/loopback_socket.h"
#include "tests/unit/forwarders_snmp/made_record.h"
#include "trapd/base/clock.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/oids.h"
#include "trapd/snmp/pdu.h"
#include "trapd/usm/outbound.h"

namespace trapd::forwarders {

/// A notification that reached the peer's application.
struct Seen {
  std::uint8_t type = 0;
  std::int32_t msg_id = 0;
  std::int32_t request_id = 0;
  std::uint16_t from_port = 0;
  snmp::SecurityLevel level = snmp::SecurityLevel::kNoAuthNoPriv;
  std::string context_engine_id;  // hexadecimal
  std::string varbinds;           // hexadecimal
};

class FakePeer {
 public:
  enum class Reaction { kAnswer, kIgnore, kTooBig, kGenErr, kAnswerUnauthenticated };

  explicit FakePeer(std::shared_ptr<const usm::User> user = nullptr) : user_(std::move(user)) {
    become(hex("80000000017f000001"));
  }
  std::uint16_t port() const { return socket_->port(); }

  // What the test changes.
  std::function<Reaction(const Seen&)> react = [](const Seen&) { return Reaction::kAnswer; };
  std::string community = "public";
  std::uint32_t boots = 5;
  std::int32_t max_size = 65507;
  bool silent = false;                         // takes datagrams and does nothing
  std::optional<snmp::OidView> always_report;  // noAuth, whatever comes
  /// Sent before the honest answer to an inform: a Report nobody authenticated.
  std::optional<snmp::OidView> forge_report;

  void become(std::vector<std::uint8_t> engine_id) {
    engine_id_ = std::move(engine_id);
    if (user_) keys_ = usm::localise_user(*user_, engine_id_);
  }
  void expect_user(std::shared_ptr<const usm::User> user) {
    user_ = std::move(user);
    become(engine_id_);
  }
  /// A receiver of traps knows the sender's engine.
  void expect_traps_of(ByteView engine_id) {
    trap_engine_id_.assign(engine_id.begin(), engine_id.end());
    trap_keys_ = usm::localise_user(*user_, engine_id);
  }
  void restart(std::uint32_t new_boots) {
    boots = new_boots;
    started_ns_ = clock_.monotonic_ns();
  }
  /// Nobody listens any more: the kernel answers with ICMP.
  void vanish() {
    port_ = socket_->port();
    socket_.reset();
  }
  void come_back() { socket_ = std::make_unique<LoopbackSocket>(port_); }

  std::vector<Seen> seen;
  std::vector<std::int32_t> msg_ids;  // of every message, discovery too
  int discoveries = 0;
  int time_syncs = 0;

  void pump() {
    if (!socket_) return;
    Endpoint from;
    for (;;) {
      const std::string datagram = LoopbackSocket::receive(socket_->fd(), &from, 0);
      if (datagram.empty()) return;
      if (silent) continue;
      take(as_bytes(datagram), from);
    }
  }

 private:
  void take(ByteView datagram, const Endpoint& from) {
    snmp::Message message;
    if (snmp::decode_message(datagram, &message, nullptr) != snmp::DecodeStatus::kOk) return;
    if (message.version == snmp::Version::kV2c) return take_v2c(message.community, from);
    take_v3(message.v3, from);
  }

  void take_v2c(const snmp::CommunityMessage& message, const Endpoint& from) {
    snmp::Pdu pdu;
    if (as_text(message.community) != community) return;
    if (!snmp::decode_pdu(message.pdu, &pdu, nullptr)) return;
    const Seen noted = note(pdu, 0, snmp::SecurityLevel::kNoAuthNoPriv, {}, from);
    const Reaction reaction = react(noted);
    if (pdu.type != ber::kInformRequest || reaction == Reaction::kIgnore) return;
    std::vector<std::uint8_t> room(65507);
    ber::Writer writer(room);
    write_response(writer, pdu, reaction);
    snmp::wrap_community_message(writer, 0, snmp::Version::kV2c, as_bytes(community));
    socket_->send_to(from.port, writer.done());
  }

  void take_v3(const snmp::V3Message& message, const Endpoint& from) {
    msg_ids.push_back(message.msg_id);
    if (always_report) return report(message, *always_report, false, from);
    if (!equal(message.authoritative_engine_id, engine_id_)) {
      if (!trap_engine_id_.empty() && equal(message.authoritative_engine_id, trap_engine_id_)) {
        return take_scoped(message, trap_keys_, from);
      }
      if (message.authoritative_engine_id.empty()) ++discoveries;
      return report(message, snmp::kUsmStatsUnknownEngineIds0, false, from);
    }
    if (as_text(message.user_name) != user_->name) {
      return report(message, snmp::kUsmStatsUnknownUserNames0, false, from);
    }
    if (message.level() != user_->level()) {
      return report(message, snmp::kUsmStatsUnsupportedSecLevels0, false, from);
    }
    const bool auth = user_->auth != usm::AuthProtocol::kNone;
    if (auth && !keys_.auth.verify(message.whole, message.authentication_parameters)) {
      return report(message, snmp::kUsmStatsWrongDigests0, false, from);
    }
    if (auth && !in_window(message)) {
      ++time_syncs;
      return report(message, snmp::kUsmStatsNotInTimeWindows0, true, from);
    }
    take_scoped(message, keys_, from);
  }

  bool in_window(const snmp::V3Message& message) const {
    const std::int64_t off = std::int64_t{message.authoritative_engine_time} - time();
    return static_cast<std::uint32_t>(message.authoritative_engine_boots) == boots && off <= 150 &&
           off >= -150;
  }

  void take_scoped(const snmp::V3Message& message, const usm::CachedKeys& keys,
                   const Endpoint& from) {
    std::vector<std::uint8_t> plain(message.encrypted_pdu.size());
    ByteView scoped_bytes = message.plaintext_scoped_pdu;
    if (message.level() == snmp::SecurityLevel::kAuthPriv) {
      if (!cipher_.decrypt(user_->priv, keys.priv,
                           static_cast<std::uint32_t>(message.authoritative_engine_boots),
                           static_cast<std::uint32_t>(message.authoritative_engine_time),
                           message.privacy_parameters, message.encrypted_pdu, plain)) {
        return;
      }
      scoped_bytes = plain;
    }
    snmp::ScopedPdu scoped;
    snmp::Pdu pdu;
    if (!snmp::decode_scoped_pdu(scoped_bytes, true, &scoped, nullptr) ||
        !snmp::decode_pdu(scoped.pdu, &pdu, nullptr)) {
      return;
    }
    if (forge_report) report(message, *forge_report, false, from);
    const Seen noted = note(pdu, message.msg_id, message.level(), scoped.context_engine_id, from);
    const Reaction reaction = react(noted);
    if (pdu.type != ber::kInformRequest || reaction == Reaction::kIgnore) return;
    std::vector<std::uint8_t> room(65507);
    ber::Writer writer(room);
    write_response(writer, pdu, reaction);
    snmp::wrap_scoped_pdu(writer, 0, scoped.context_engine_id, scoped.context_name);
    const bool weak = reaction == Reaction::kAnswerUnauthenticated;
    send(message, writer.done(), weak ? snmp::SecurityLevel::kNoAuthNoPriv : message.level(), from);
  }

  static void write_response(ber::Writer& writer, const snmp::Pdu& pdu, Reaction reaction) {
    const bool too_big = reaction == Reaction::kTooBig;
    const std::int32_t status = too_big ? 1 : reaction == Reaction::kGenErr ? 5 : 0;
    snmp::write_pdu(writer, ber::kResponse, pdu.request_id, status, 0,
                    too_big ? ByteView() : pdu.varbinds);
  }

  void report(const snmp::V3Message& message, snmp::OidView object, bool authentic,
              const Endpoint& from) {
    std::vector<std::uint8_t> room(2048);
    ber::Writer writer(room);
    snmp::write_varbind_unsigned(writer, object, ber::kCounter32, 1);
    snmp::wrap_pdu(writer, 0, ber::kReport, 0, 0, 0);
    snmp::wrap_scoped_pdu(writer, 0, engine_id_, {});
    send(message, writer.done(),
         authentic ? snmp::SecurityLevel::kAuthNoPriv : snmp::SecurityLevel::kNoAuthNoPriv, from);
  }

  void send(const snmp::V3Message& message, ByteView scoped, snmp::SecurityLevel level,
            const Endpoint& from) {
    std::vector<std::uint8_t> room(65507);
    usm::OutboundParameters parameters;
    parameters.msg_id = message.msg_id;
    parameters.max_size = max_size;
    parameters.level = level;
    parameters.authoritative_engine_id = engine_id_;
    parameters.authoritative_engine_boots = boots;
    parameters.authoritative_engine_time = static_cast<std::uint32_t>(time());
    parameters.user_name = message.user_name;
    parameters.auth = &keys_.auth;
    parameters.priv_protocol = user_ ? user_->priv : usm::PrivProtocol::kNone;
    parameters.priv = &keys_.priv;
    socket_->send_to(from.port, builder_.build(parameters, scoped, room));
  }

  Seen note(const snmp::Pdu& pdu, std::int32_t msg_id, snmp::SecurityLevel level,
            ByteView context_engine_id, const Endpoint& from) {
    seen.push_back({pdu.type, msg_id, pdu.request_id, from.port, level, to_hex(context_engine_id),
                    to_hex(pdu.varbinds)});
    return seen.back();
  }
  std::int64_t time() const { return 1000 + (clock_.monotonic_ns() - started_ns_) / kNsPerSecond; }

  SystemClock clock_;
  std::int64_t started_ns_ = clock_.monotonic_ns();
  std::unique_ptr<LoopbackSocket> socket_ = std::make_unique<LoopbackSocket>();
  std::uint16_t port_ = 0;
  std::shared_ptr<const usm::User> user_;
  std::vector<std::uint8_t> engine_id_;
  usm::CachedKeys keys_;
  std::vector<std::uint8_t> trap_engine_id_;
  usm::CachedKeys trap_keys_;
  usm::Cipher cipher_;
  usm::MessageBuilder builder_;
};

}  // namespace trapd::forwarders
