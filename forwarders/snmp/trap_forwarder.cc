// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/trap_forwarder.h"

#include <algorithm>
#include <cerrno>

#include "forwarders/snmp/send_error.h"

namespace trapd::forwarders {
TrapForwarder::TrapForwarder(const std::string& destination, const SnmpSettings& settings,
                             const RenderContext& context)
    : LinkForwarder(destination, settings, context),
      pdus_(std::make_unique_for_overwrite<std::uint8_t[]>(kPduOctets)),
      messages_(std::make_unique_for_overwrite<std::uint8_t[]>(kMessageOctets)) {
  batch_.reserve(kBatchRecords);
  built_.reserve(PeerSocket::kBatchMax);
}

std::size_t TrapForwarder::under_way() const {
  const auto records = std::count_if(batch_.begin() + static_cast<std::ptrdiff_t>(first_),
                                     batch_.end(), [](const Trap& trap) { return trap.counts; });
  return static_cast<std::size_t>(records);
}

std::size_t TrapForwarder::offer(std::span<const Item> items) {
  if (!link_.is_open() || first_ != batch_.size()) return 0;
  batch_.clear();
  first_ = 0;
  pdus_free_ = kPduOctets;
  // Room for one more PDU of any size.
  while (batch_.size() < std::min(items.size(), kBatchRecords) &&
         pdus_free_ >= snmp::kMessageOctetsMax) {
    add(items[batch_.size()]);
  }
  return batch_.size();
}

void TrapForwarder::add(const Item& item) {
  Trap trap{true, item.sequence, item.destination_sequence, {}};
  if (writer_.takes(item.record)) {
    trap.pdu = writer_.write_record(item, ids_.next(), free_pdus().last(snmp::kMessageOctetsMax));
    if (trap.pdu.empty()) set_aside(trap, too_big_for_udp());
    pdus_free_ -= trap.pdu.size();
  }
  batch_.push_back(trap);
}

/// Room for the PDU of one that is no record; nothing else waits.
MutableBytes TrapForwarder::begin_own() {
  batch_.clear();
  first_ = 0;
  pdus_free_ = kPduOctets;
  return free_pdus();
}

void TrapForwarder::add_own(ByteView pdu) { batch_.push_back({false, 0, 0, pdu}); }

void TrapForwarder::add_heartbeat(std::int64_t now_ns) {
  add_own(writer_.write_heartbeat(last_destination_sequence_, ids_.next(), begin_own()));
  heartbeat_sent(now_ns);
}

void TrapForwarder::set_aside(const Trap& trap, std::string reason) {
  if (trap.counts) dead_letters_.push_back({trap.sequence, std::move(reason)});
}

bool TrapForwarder::drive(std::int64_t now_ns) {
  read_refusals();
  const bool was_open = link_.is_open();
  if (!link_.drive(now_ns)) return false;
  bool changed = !was_open;
  if (probe_until_ns_ != 0) return end_probe(now_ns);
  if (now_ns < not_before_ns()) return changed;
  if (first_ == batch_.size() && take_list_rebuilt()) {
    add_own(writer_.write_list_rebuilt(ids_.next(), begin_own()));
  }
  if (first_ == batch_.size() && heartbeat_due(now_ns)) add_heartbeat(now_ns);
  if (first_ < batch_.size()) changed = send_batch(now_ns) || changed;
  return changed;
}

void TrapForwarder::read_refusals() {
  if (!link_.socket().is_open()) return;
  // Nobody answers a trap; what is there is thrown away, but an ICMP error is heard here.
  const int error = link_.socket().receive([](ByteView) {});
  if (error != 0 && link_.is_open()) stop_sending(error);
}

void TrapForwarder::stop_sending(int error) {
  ++failed_count_;
  probe_until_ns_ = 0;
  link_.fail(send_error(link_.peer(), error));
}

bool TrapForwarder::end_probe(std::int64_t now_ns) {
  if (now_ns < probe_until_ns_) return false;
  probe_until_ns_ = 0;
  finish_first(1, true);
  link_.succeeded("sending to");
  return true;
}

/// Messages for the first traps that wait; 0 when the very first cannot be built.
std::size_t TrapForwarder::build(std::size_t traps_max) {
  built_.clear();
  std::size_t free = kMessageOctets;
  const std::size_t count = std::min({traps_max, batch_.size() - first_, PeerSocket::kBatchMax});
  while (built_.size() < count && free >= snmp::kMessageOctetsMax) {
    const Trap& trap = batch_[first_ + built_.size()];
    if (trap.pdu.empty()) break;
    const MutableBytes all(messages_.get(), free);
    const MutableBytes room = all.last(snmp::kMessageOctetsMax);
    const ByteView message = settings_.version == SnmpSettings::Version::kV2c
                                 ? writer_.wrap_v2c(trap.pdu, room)
                                 : writer_.wrap_v3_trap(trap.pdu, ids_.next(), room);
    if (message.empty()) break;
    built_.push_back(message);
    free -= message.size();
  }
  return built_.size();
}

bool TrapForwarder::send_batch(std::int64_t now_ns) {
  bool changed = false;
  while (first_ < batch_.size()) {
    const Trap& first = batch_[first_];
    const bool nothing_to_send = first.pdu.empty();
    if (nothing_to_send || build(link_.suspect() ? 1 : PeerSocket::kBatchMax) == 0) {
      if (!nothing_to_send) set_aside(first, too_big_for_udp());
      finish_first(1, false);
      changed = true;
      continue;
    }
    const PeerSocket::Sent sent = link_.socket().send(built_);
    if (sent.count > 0 && link_.suspect()) {
      probe_until_ns_ = now_ns + kProbeNs;
      return changed;
    }
    finish_first(sent.count, true);
    changed = changed || sent.count > 0;
    if (sent.error == 0) continue;
    if (sent.error == EMSGSIZE) {
      set_aside(batch_[first_], too_big_for_udp());
      finish_first(1, false);
      continue;
    }
    if (!holds_back(sent.error, now_ns)) stop_sending(sent.error);
    return changed;
  }
  return changed;
}

void TrapForwarder::finish_first(std::size_t count, bool delivered) {
  for (; count > 0; --count, ++first_) {
    const Trap& trap = batch_[first_];
    if (!trap.counts) continue;
    delivered_through_ = trap.sequence;
    last_destination_sequence_ = trap.destination_sequence;
    if (delivered) ++delivered_count_;
  }
}

std::optional<std::int64_t> TrapForwarder::next_event_ns() {
  if (probe_until_ns_ != 0) return probe_until_ns_;
  return std::nullopt;
}

}  // namespace trapd::forwarders
