// SPDX-License-Identifier: Apache-2.0
// What trap and inform forwarders share: the way to the peer, the heartbeat's rhythm, the books,
// and the wait of run().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "forwarders/forwarder.h"
#include "forwarders/snmp/message_ids.h"
#include "forwarders/snmp/notification_writer.h"
#include "forwarders/snmp/peer_link.h"

namespace trapd::forwarders {

class LinkForwarder : public Forwarder {
 public:
  LinkForwarder(const std::string& destination, const SnmpSettings& settings,
                const RenderContext& context);

  void run(const Wakeup& wakeup, std::int64_t until_ns) final;
  std::uint64_t delivered_count() const final { return delivered_count_; }
  std::uint64_t failed_count() const final { return failed_count_; }
  Health health() const final { return link_.health(); }
  std::vector<DeadLetter> take_dead_letters() final;
  void flush() override {}

 protected:
  /// Does everything that can be done now. True when the dispatcher should look: something was
  /// delivered or set aside, or there is room again.
  virtual bool drive(std::int64_t now_ns) = 0;
  /// When drive() has something to do, whatever arrives; nullopt: nothing by time alone.
  virtual std::optional<std::int64_t> next_event_ns() = 0;
  /// Did the kernel refuse a datagram for want of room? Then sending goes on when poll() or a
  /// short pause says so. False: the peer or the way to it is the reason.
  bool holds_back(int error, std::int64_t now_ns);
  std::int64_t not_before_ns() const { return not_before_ns_; }

  bool heartbeat_due(std::int64_t now_ns) const;
  void heartbeat_sent(std::int64_t now_ns);
  /// True once, where the owner wants TRAPD-MIB: the list is to be told as rebuilt, before all
  /// else.
  bool take_list_rebuilt();
  /// Room for building one message or PDU.
  MutableBytes room() { return {room_.get(), kRoomOctets}; }

  const SnmpSettings settings_;
  const RenderContext context_;
  PeerLink link_;
  NotificationWriter writer_;
  MessageIds ids_;
  std::uint64_t delivered_count_ = 0;
  std::uint64_t failed_count_ = 0;
  std::vector<DeadLetter> dead_letters_;

 private:
  static constexpr std::size_t kRoomOctets = snmp::kMessageOctetsMax;
  /// Waits for the peer, the resolver, the wakeup or the time. True when woken up.
  bool wait(const Wakeup& wakeup, std::int64_t driven_ns, std::int64_t until_ns);

  bool rebuilt_told_ = false;
  bool blocked_ = false;  // until the socket can be written
  std::int64_t not_before_ns_ = 0;
  std::int64_t next_heartbeat_ns_ = 0;  // the first one goes out as soon as there is a way
  std::unique_ptr<std::uint8_t[]> room_;
  std::vector<pollfd> polled_;
};

}  // namespace trapd::forwarders
