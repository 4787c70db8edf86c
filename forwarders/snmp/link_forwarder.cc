// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/link_forwarder.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace trapd::forwarders {
namespace {

/// No event tells when the kernel has memory for datagrams again.
constexpr std::int64_t kNoBufferPauseNs = 10 * kNsPerMs;

}  // namespace

LinkForwarder::LinkForwarder(const std::string& destination, const SnmpSettings& settings,
                             const RenderContext& context)
    : settings_(settings),
      context_(context),
      link_(destination, settings_, context.clock),
      writer_(settings_, context_),
      room_(std::make_unique_for_overwrite<std::uint8_t[]>(kRoomOctets)) {}

std::vector<DeadLetter> LinkForwarder::take_dead_letters() {
  return std::exchange(dead_letters_, {});
}

bool LinkForwarder::heartbeat_due(std::int64_t now_ns) const {
  return settings_.heartbeat.count() > 0 && now_ns >= next_heartbeat_ns_;
}

void LinkForwarder::heartbeat_sent(std::int64_t now_ns) {
  next_heartbeat_ns_ = now_ns + settings_.heartbeat.count() * kNsPerSecond;
}

bool LinkForwarder::take_list_rebuilt() {
  const bool due = !rebuilt_told_ && context_.rebuild_reason != 0 &&
                   settings_.format == SnmpSettings::Format::kAlarm;
  rebuilt_told_ = true;
  return due;
}

bool LinkForwarder::holds_back(int error, std::int64_t now_ns) {
  if (error == EAGAIN) blocked_ = true;
  if (error == ENOBUFS) not_before_ns_ = now_ns + kNoBufferPauseNs;
  return error == EAGAIN || error == ENOBUFS;
}

void LinkForwarder::run(const Wakeup& wakeup, std::int64_t until_ns) {
  for (;;) {
    const std::int64_t driven_ns = context_.clock.monotonic_ns();
    if (drive(driven_ns) || driven_ns >= until_ns) return;
    if (wait(wakeup, driven_ns, until_ns)) return;
  }
}

bool LinkForwarder::wait(const Wakeup& wakeup, std::int64_t driven_ns, std::int64_t until_ns) {
  polled_.assign(1, pollfd{wakeup.fd(), POLLIN, 0});
  link_.add_polled(blocked_, &polled_);
  blocked_ = false;
  std::int64_t wake_ns = until_ns;
  // What was due when drive() ran and is still there waits for something else (room in the socket,
  // an answer): to wake up for it would be to spin.
  const auto also = [&](std::int64_t event_ns) {
    if (event_ns > driven_ns) wake_ns = std::min(wake_ns, event_ns);
  };
  if (const auto event_ns = link_.next_event_ns()) also(*event_ns);
  if (const auto event_ns = next_event_ns()) also(*event_ns);
  if (link_.is_open()) {
    also(not_before_ns_);
    if (settings_.heartbeat.count() > 0) also(next_heartbeat_ns_);
  }
  ::poll(polled_.data(), polled_.size(), poll_timeout_ms(wake_ns - context_.clock.monotonic_ns()));
  return (polled_[0].revents & POLLIN) != 0;
}

}  // namespace trapd::forwarders
