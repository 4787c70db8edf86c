// SPDX-License-Identifier: Apache-2.0
// Northbound informs: a window of them across devices, each sent until its Response is there.
//
// One round of an inform is 1 + `retries` messages, `timeout` apart, each with a fresh msgID
// (NBS-02). When a round ends without an answer and the peer has answered nobody since it began,
// the peer is taken to be down: everything waits for the back-off, and then one inform at a time
// goes out until one is answered. When it has answered others meanwhile, only this inform goes
// back to the end of the queue; after kIgnoredRoundsMax such rounds it is set aside, since a
// receiver that cannot digest one notification must not hold up all others. A round in which
// nobody was answered counts too, once the peer answers again: who waits for a peer that is away
// is delivered then, long before there are kIgnoredRoundsMax of them. And when all that may go out
// has been sent in vain, and no more fits into the window or is to come (flush()), the peer is
// asked with a heartbeat: it may be well, and refuse without a word just what waits (64 devices of
// which it likes none, or the one dead letter that is sent again).
//
// With SNMPv3 the peer's engine is discovered and synchronised first; see peer_engine.h.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "forwarders/snmp/answer.h"
#include "forwarders/snmp/inform_window.h"
#include "forwarders/snmp/link_forwarder.h"

namespace trapd::forwarders {

class InformForwarder final : public LinkForwarder {
 public:
  InformForwarder(const std::string& destination, const SnmpSettings& settings,
                  const RenderContext& context);

  std::size_t offer(std::span<const Item> items) override;
  std::uint64_t delivered_through() const override { return window_.delivered_through(); }
  std::size_t under_way() const override { return window_.under_way(); }
  void flush() override { flushed_ = true; }

  static constexpr std::uint32_t kIgnoredRoundsMax = 3;
  /// How many are taken per inform that may be outstanding, so that a device that waits for its
  /// turn does not keep others waiting.
  static constexpr std::size_t kLookAhead = 4;

 private:
  struct Discovery {
    std::int32_t msg_id = 0;  // 0: none is under way
    std::uint32_t sends = 0;
    std::int64_t deadline_ns = 0;
  };

  bool drive(std::int64_t now_ns) override;
  std::optional<std::int64_t> next_event_ns() override;

  bool is_v3() const { return settings_.version == SnmpSettings::Version::kV3; }
  void add(const Item& item);
  InformId add_own(std::int32_t request_id, ByteView pdu);
  void add_heartbeat(std::int64_t now_ns);

  static constexpr std::size_t kMessageOctets = 4 * snmp::kMessageOctetsMax;

  void read_answers(std::int64_t now_ns);
  void take_v2c(ByteView datagram, std::int64_t now_ns);
  void take_v3(ByteView datagram, std::int64_t now_ns);
  void take_discovery(const Answer& answer);
  void take_verdict(InformId id, const Answer& answer, const Verdict& verdict, std::int64_t now_ns);
  void take_response(InformId id, std::int32_t error_status, std::int64_t now_ns);
  void finish(InformId id);

  void expire(std::int64_t now_ns);
  void end_round(InformId id);
  void ignored(InformId id);
  void blame_unanswered();
  void set_aside(InformId id, std::string reason);
  /// Everything waits, for this reason.
  void peer_failed(const std::string& reason);

  bool discover(std::int64_t now_ns);
  std::size_t outstanding_max();
  void send_ready(std::int64_t now_ns);
  bool build(std::int64_t now_ns);
  ByteView wrap(const Inform& inform, std::int32_t msg_id, std::int64_t now_ns, MutableBytes room);
  std::string size_fault(ByteView message) const;
  void take_back_from(std::size_t first);

  InformWindow window_;
  PeerEngine peer_;
  AnswerReader reader_;
  Discovery discovery_;
  InformId heartbeat_ = 0;  // the one that is not acknowledged yet
  bool flushed_ = false;    // little or nothing comes behind what is in the window
  std::unique_ptr<std::uint8_t[]> messages_;
  // One batch: messages in messages_, and whose they are.
  std::vector<ByteView> built_;
  std::vector<InformId> built_ids_;
  std::int64_t last_answer_ns_ = 0;
  std::uint64_t finished_ = 0;  // counts what the dispatcher should look at
};

}  // namespace trapd::forwarders
