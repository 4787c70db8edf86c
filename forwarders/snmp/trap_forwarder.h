// SPDX-License-Identifier: Apache-2.0
// Northbound traps: PDUs are made when they are offered, messages in batches when the kernel takes
// them. See snmp_forwarder.h for what is promised.
//
// Bounds: at most kBatchRecords records and kPduOctets of PDUs wait; messages are built into
// kMessageOctets at a time.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "forwarders/snmp/link_forwarder.h"

namespace trapd::forwarders {

class TrapForwarder final : public LinkForwarder {
 public:
  TrapForwarder(const std::string& destination, const SnmpSettings& settings,
                const RenderContext& context);

  std::size_t offer(std::span<const Item> items) override;
  std::uint64_t delivered_through() const override { return delivered_through_; }
  std::size_t under_way() const override;

  /// How long a probe waits for a refusal.
  static constexpr std::int64_t kProbeNs = 200 * kNsPerMs;

 private:
  static constexpr std::size_t kBatchRecords = 256;
  static constexpr std::size_t kPduOctets = 8 * snmp::kMessageOctetsMax;
  static constexpr std::size_t kMessageOctets = 4 * snmp::kMessageOctetsMax;

  struct Trap {
    bool counts = true;  // a record; a heartbeat is none
    std::uint64_t sequence = 0;
    std::uint64_t destination_sequence = 0;
    ByteView pdu;  // in pdus_; empty: nothing to send
  };

  bool drive(std::int64_t now_ns) override;
  std::optional<std::int64_t> next_event_ns() override;

  void add(const Item& item);
  MutableBytes begin_own();
  void add_own(ByteView pdu);
  void add_heartbeat(std::int64_t now_ns);
  void read_refusals();
  bool send_batch(std::int64_t now_ns);
  std::size_t build(std::size_t traps_max);
  bool end_probe(std::int64_t now_ns);
  void set_aside(const Trap& trap, std::string reason);
  void finish_first(std::size_t count, bool delivered);
  void stop_sending(int error);
  MutableBytes free_pdus() { return {pdus_.get(), pdus_free_}; }

  std::unique_ptr<std::uint8_t[]> pdus_;
  std::size_t pdus_free_ = kPduOctets;  // filled from the end
  std::unique_ptr<std::uint8_t[]> messages_;
  std::vector<ByteView> built_;  // messages of the first traps that are not sent
  std::vector<Trap> batch_;
  std::size_t first_ = 0;            // what is before it has been finished
  std::int64_t probe_until_ns_ = 0;  // the first trap is out as a probe; 0 = none is
  std::uint64_t delivered_through_ = 0;
  std::uint64_t last_destination_sequence_ = 0;
};

}  // namespace trapd::forwarders
