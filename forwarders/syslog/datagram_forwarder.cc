// SPDX-License-Identifier: Apache-2.0
#include "forwarders/syslog/datagram_forwarder.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <random>
#include <system_error>

namespace trapd::forwarders::syslog {

namespace {

constexpr std::int64_t kResolveMaxNs = 10 * kNsPerSecond;
constexpr std::size_t kBatch = 64;

}  // namespace

DatagramForwarder::DatagramForwarder(const SyslogSettings& settings, const RenderContext& context,
                                     const Options& options)
    : settings_(settings),
      context_(context),
      options_(options),
      renderer_(settings, context),
      backoff_(options.backoff, context.clock, std::random_device{}()),
      resolver_(options.lookup),
      detail_(settings.peer.text() + ": nothing sent yet") {}

std::size_t DatagramForwarder::offer(std::span<const Item> items) {
  if (phase_ == Phase::kWaiting || phase_ == Phase::kResolving) return 0;
  std::size_t taken = 0;
  for (const Item& item : items) {
    if (waiting_.size() >= options_.window_records) break;
    waiting_.emplace_back();
    waiting_.back().sequence = item.sequence;
    renderer_.render(item, &waiting_.back().octets);
    ++taken;
  }
  return taken;
}

Health DatagramForwarder::health() const {
  const bool connected = phase_ != Phase::kWaiting && phase_ != Phase::kResolving;
  return {connected && !refused_, detail_};
}

void DatagramForwarder::run(const Wakeup& wakeup, std::int64_t until_ns) {
  step();
  const std::int64_t left = std::min(until_ns, next_ns()) - context_.clock.monotonic_ns();
  std::array<pollfd, 2> polled{};
  polled[0] = {wakeup.fd(), POLLIN, 0};
  polled[1] = {phase_ == Phase::kResolving ? resolver_.fd() : fd_.get(), 0, 0};  // and POLLERR
  if (phase_ == Phase::kResolving) polled[1].events = POLLIN;
  if (blocked_) polled[1].events = POLLOUT;
  const int ready = ::poll(polled.data(), polled.size(), poll_timeout_ms(left));
  if (ready > 0 && polled[1].revents != 0) {
    blocked_ = false;
    step();
  }
}

std::int64_t DatagramForwarder::next_ns() const {
  switch (phase_) {
    case Phase::kWaiting:
      return backoff_.ready_ns();
    case Phase::kResolving:
      return resolver_.deadline_ns();
    case Phase::kProbed:
      return probe_until_ns_;
    case Phase::kProbing:
    case Phase::kOpen:
      break;
  }
  return std::numeric_limits<std::int64_t>::max();
}

void DatagramForwarder::step() {
  switch (phase_) {
    case Phase::kWaiting:
      if (backoff_.ready()) begin();
      return;
    case Phase::kResolving:
      return connect();
    case Phase::kProbing:
      return probe();
    case Phase::kProbed:
      if (pending_error()) return;
      if (context_.clock.monotonic_ns() < probe_until_ns_) return;
      front_is_done();
      phase_ = Phase::kOpen;
      refused_ = false;
      detail_ = "sending to " + address_ + " (UDP, which acknowledges nothing)";
      backoff_.succeeded();
      return send_batch();
    case Phase::kOpen:
      if (!pending_error()) send_batch();
      return;
  }
}

void DatagramForwarder::begin() {
  resolver_.start(settings_.peer.host, settings_.peer.port,
                  context_.clock.monotonic_ns() + kResolveMaxNs);
  phase_ = Phase::kResolving;
  connect();
}

void DatagramForwarder::connect() {
  auto addresses = resolver_.take(context_.clock.monotonic_ns());
  if (!addresses) return;
  if (!*addresses) {
    ++failed_;
    return wait_again(addresses->error().text);
  }
  const Endpoint to = (*addresses)->front();
  address_ = to.text();
  sockaddr_storage storage;
  const socklen_t length = to.to_sockaddr(&storage);
  fd_ = Fd(::socket(storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_ || ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0) {
    return failed(errno);
  }
  phase_ = Phase::kProbing;
  if (!refused_) detail_ = "ready to send to " + address_ + " (UDP)";
  probe();
}

void DatagramForwarder::probe() {
  do {
    if (waiting_.empty()) return;
    const Message& message = waiting_.front();
    if (::send(fd_.get(), message.octets.data(), message.octets.size(), MSG_NOSIGNAL) >= 0) break;
    failed(errno);
    if (phase_ != Phase::kProbing || blocked_) return;
  } while (true);
  phase_ = Phase::kProbed;
  probe_until_ns_ = context_.clock.monotonic_ns() + options_.probe_ns;
}

void DatagramForwarder::send_batch() {
  blocked_ = false;
  while (!waiting_.empty()) {
    std::array<mmsghdr, kBatch> headers{};
    std::array<iovec, kBatch> parts{};
    const std::size_t count = std::min(kBatch, waiting_.size());
    for (std::size_t i = 0; i < count; ++i) {
      parts[i] = {waiting_[i].octets.data(), waiting_[i].octets.size()};
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent =
        ::sendmmsg(fd_.get(), headers.data(), static_cast<unsigned>(count), MSG_NOSIGNAL);
    if (sent < 0) {
      failed(errno);
      if (phase_ != Phase::kOpen || blocked_) return;
    }
    for (int i = 0; i < sent; ++i) front_is_done();
  }
}

void DatagramForwarder::front_is_done() {
  delivered_through_ = waiting_.front().sequence;
  ++delivered_;
  waiting_.pop_front();
}

bool DatagramForwarder::pending_error() {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error == 0) return false;
  failed(error);
  return phase_ == Phase::kWaiting;
}

void DatagramForwarder::failed(int error) {
  if (error == EINTR) return;
  if (error == EAGAIN || error == ENOBUFS) {
    blocked_ = true;
    return;
  }
  if (error == EMSGSIZE && !waiting_.empty()) {
    dead_.push_back({waiting_.front().sequence, std::to_string(waiting_.front().octets.size()) +
                                                    " octets are more than a datagram to " +
                                                    address_ + " may hold"});
    delivered_through_ = waiting_.front().sequence;
    waiting_.pop_front();
    return;
  }
  ++failed_;
  wait_again(settings_.peer.text() + ": cannot send to " + address_ + ": " +
             std::generic_category().message(error));
}

void DatagramForwarder::wait_again(const std::string& why) {
  backoff_.failed();
  fd_.reset();
  phase_ = Phase::kWaiting;
  blocked_ = false;
  refused_ = true;
  detail_ = why;
}

}  // namespace trapd::forwarders::syslog
