// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/peer_link.h"

#include "trapd/base/clock.h"

namespace trapd::forwarders {
namespace {

constexpr std::int64_t kResolveTimeoutNs = 10 * kNsPerSecond;

}  // namespace

PeerLink::PeerLink(const std::string& destination, const SnmpSettings& settings, const Clock& clock)
    : destination_(destination),
      settings_(settings),
      peer_text_(settings.peer.text()),
      backoff_(clock) {
  health_.detail = "connecting to " + peer_text_;
}

bool PeerLink::drive(std::int64_t now_ns) {
  if (state_ == State::kPause && now_ns >= backoff_.ready_ns()) resolve(now_ns);
  if (state_ == State::kResolving) take_addresses(now_ns);
  return state_ == State::kOpen;
}

void PeerLink::resolve(std::int64_t now_ns) {
  state_ = State::kResolving;
  resolver_.start(settings_.peer.host, settings_.peer.port, now_ns + kResolveTimeoutNs);
}

void PeerLink::take_addresses(std::int64_t now_ns) {
  const auto answer = resolver_.take(now_ns);
  if (!answer) return;
  if (!*answer) return fail(answer->error().text);
  const net::Addresses& addresses = answer->value();
  open_socket(addresses[failures_ % addresses.size()]);
}

void PeerLink::open_socket(const Endpoint& address) {
  if (!socket_.is_open() || connected_ != address) {
    socket_.close();
    connected_.reset();
    auto opened = SourcePorts::of_process().open(
        destination_, address, {settings_.source_port_first, settings_.source_port_last});
    if (!opened) return fail(peer_text_ + ": " + opened.error().text);
    socket_.open(std::move(*opened));
    connected_ = address;
  }
  state_ = State::kOpen;
  if (suspect_) return;
  health_ = {true,
             "ready to send to " + address.text() + " from port " + std::to_string(socket_.port())};
}

void PeerLink::succeeded(const char* how) {
  backoff_.succeeded();
  if (state_ == State::kPause && socket_.is_open()) state_ = State::kOpen;
  if (how == how_ && health_.up) return;
  how_ = how;
  suspect_ = false;
  health_ = {true, std::string(how) + " " + (connected_ ? connected_->text() : peer_text_) +
                       " from port " + std::to_string(socket_.port())};
}

void PeerLink::fail(const std::string& reason) {
  suspect_ = true;
  ++failures_;
  health_ = {false, reason};
  state_ = State::kPause;
  backoff_.failed();
}

std::optional<std::int64_t> PeerLink::next_event_ns() const {
  switch (state_) {
    case State::kPause:
      return backoff_.ready_ns();
    case State::kResolving:
      return resolver_.deadline_ns();
    case State::kOpen:
      return std::nullopt;
  }
  return std::nullopt;
}

void PeerLink::add_polled(bool writable, std::vector<pollfd>* polled) {
  if (state_ == State::kResolving) polled->push_back({resolver_.fd(), POLLIN, 0});
  if (!socket_.is_open()) return;
  const auto events = static_cast<short>(writable ? POLLIN | POLLOUT : POLLIN);
  polled->push_back({socket_.fd(), events, 0});
}

}  // namespace trapd::forwarders
