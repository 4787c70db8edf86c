// SPDX-License-Identifier: Apache-2.0
#include "forwarders/syslog/stream_forwarder.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <random>

namespace trapd::forwarders::syslog {

namespace {

constexpr std::int64_t kResolveMaxNs = 10 * kNsPerSecond;
constexpr std::int64_t kLookFirstNs = kNsPerMs;
constexpr std::int64_t kLookLastNs = 50 * kNsPerMs;

net::TlsOptions tls_options(const TlsSettings& settings) {
  net::TlsOptions options{settings.ca_file, settings.certificate_file, settings.key_file,
                          net::PeerCheck::kName, settings.fingerprint};
  switch (settings.verify) {
    case TlsVerify::kName:
      options.check = net::PeerCheck::kName;
      break;
    case TlsVerify::kIp:
      options.check = net::PeerCheck::kIp;
      break;
    case TlsVerify::kFingerprint:
      options.check = net::PeerCheck::kFingerprint;
      break;
  }
  return options;
}

/// Who the certificate must be for; with kIp and nothing else said, the address connected to.
std::string tls_name(const SyslogSettings& settings) {
  if (!settings.tls.server_name.empty()) return settings.tls.server_name;
  return settings.tls.verify == TlsVerify::kIp ? std::string() : settings.peer.host;
}

}  // namespace

StreamForwarder::StreamForwarder(const SyslogSettings& settings, const RenderContext& context,
                                 const Options& options)
    : settings_(settings),
      context_(context),
      options_(options),
      renderer_(settings, context),
      frames_(settings.resend_octets),
      backoff_(options.backoff, context.clock, std::random_device{}()),
      resolver_(options.lookup),
      stream_(options.stream, context.clock),
      detail_(settings.peer.text() + ": not connected yet") {}

StreamForwarder::~StreamForwarder() = default;

std::size_t StreamForwarder::offer(std::span<const Item> items) {
  if (phase_ != Phase::kOpen) return 0;
  std::size_t taken = 0;
  for (const Item& item : items) {
    if (frames_.unacknowledged_octets() >= options_.window_octets) break;
    renderer_.render(item, &message_);
    if (settings_.framing == SyslogSettings::Framing::kOctetCounting) {
      frames_.append(std::to_string(message_.size()) + ' ', message_, "", item.sequence);
    } else {
      frames_.append("", message_, "\n", item.sequence);
    }
    ++taken;
  }
  return taken;
}

void StreamForwarder::run(const Wakeup& wakeup, std::int64_t until_ns) {
  step(0);
  const std::int64_t left = std::min(until_ns, next_ns()) - context_.clock.monotonic_ns();
  std::array<pollfd, 2> waiting{};
  waiting[0] = {wakeup.fd(), POLLIN, 0};
  waiting[1] = {fd(), POLLIN, 0};
  if (phase_ == Phase::kConnecting || phase_ == Phase::kOpen) {
    waiting[1].events = stream_.poll_events();
  }
  const int ready = ::poll(waiting.data(), waiting.size(), poll_timeout_ms(left));
  if (ready > 0 && waiting[1].revents != 0) step(waiting[1].revents);
}

int StreamForwarder::fd() const {
  switch (phase_) {
    case Phase::kWaiting:
      return -1;
    case Phase::kResolving:
      return resolver_.fd();
    case Phase::kConnecting:
    case Phase::kOpen:
      return stream_.fd();
  }
  return -1;
}

std::int64_t StreamForwarder::next_ns() const {
  switch (phase_) {
    case Phase::kWaiting:
      return backoff_.ready_ns();
    case Phase::kResolving:
      return resolver_.deadline_ns();
    case Phase::kConnecting:
      return stream_.deadline_ns();
    case Phase::kOpen:
      return frames_.under_way() > 0 ? std::min(stream_.deadline_ns(), look_again_ns_)
                                     : stream_.deadline_ns();
  }
  return 0;
}

void StreamForwarder::step(short revents) {
  switch (phase_) {
    case Phase::kWaiting:
      if (backoff_.ready()) begin();
      return;
    case Phase::kResolving:
      return connect();
    case Phase::kConnecting:
      stream_.on_ready(revents);
      if (stream_.state() == net::Stream::State::kOpen) return opened();
      if (stream_.state() == net::Stream::State::kFailed) return broken();
      return;
    case Phase::kOpen:
      stream_.on_ready(revents);
      return pump();
  }
}

void StreamForwarder::begin() {
  tls_.reset();
  if (settings_.transport == SyslogSettings::Transport::kTls) {
    // Read anew for each connection, so that a renewed certificate needs no reload.
    auto loaded = net::TlsContext::load(tls_options(settings_.tls));
    if (!loaded) {
      ++failed_;
      return wait_again(settings_.peer.text() + ": " + loaded.error().text);
    }
    tls_ = std::move(*loaded);
  }
  resolver_.start(settings_.peer.host, settings_.peer.port,
                  context_.clock.monotonic_ns() + kResolveMaxNs);
  phase_ = Phase::kResolving;
  connect();
}

void StreamForwarder::connect() {
  auto addresses = resolver_.take(context_.clock.monotonic_ns());
  if (!addresses) return;
  if (!*addresses) {
    ++failed_;
    return wait_again(addresses->error().text);
  }
  phase_ = Phase::kConnecting;
  stream_.open(std::move(**addresses), tls_, tls_name(settings_), settings_.peer.text());
  if (stream_.state() == net::Stream::State::kOpen) return opened();
  if (stream_.state() == net::Stream::State::kFailed) return broken();
}

void StreamForwarder::opened() {
  phase_ = Phase::kOpen;
  origin_ = frames_.written();
  detail_ = "connected to " + stream_.description();
  look_again_after_ns_ = kLookFirstNs;
  look_again_ns_ = 0;
  backoff_.succeeded();
  pump();
}

void StreamForwarder::broken() {
  if (phase_ == Phase::kOpen && stream_.closed_in_order()) {
    frames_.resume(context_.clock.monotonic_ns() - options_.recent_ns);
  } else {
    ++failed_;
    frames_.rewind();
  }
  wait_again(stream_.error());
}

void StreamForwarder::wait_again(const std::string& why) {
  backoff_.failed();
  phase_ = Phase::kWaiting;
  detail_ = why;
}

void StreamForwarder::pump() {
  while (stream_.state() == net::Stream::State::kOpen) {
    const ByteView octets = frames_.unwritten();
    if (octets.empty()) break;
    const std::size_t taken = stream_.write(octets);
    if (taken == 0) break;
    frames_.wrote(taken);
  }
  const std::size_t fresh =
      frames_.acknowledge(origin_ + stream_.acknowledged_octets(), context_.clock.monotonic_ns());
  delivered_ += fresh;
  look_again_after_ns_ = fresh > 0 ? kLookFirstNs : std::min(look_again_after_ns_ * 2, kLookLastNs);
  look_again_ns_ = context_.clock.monotonic_ns() + look_again_after_ns_;
  if (stream_.state() != net::Stream::State::kOpen) broken();
}

void StreamForwarder::close(std::int64_t until_ns) {
  if (phase_ == Phase::kOpen) pump();
  if (phase_ != Phase::kOpen) return;
  const std::uint64_t all = origin_ + stream_.taken_octets();
  phase_ = Phase::kWaiting;
  detail_ = settings_.peer.text() + ": closed";
  if (!stream_.close(until_ns)) return;
  delivered_ += frames_.acknowledge(all, context_.clock.monotonic_ns());
  frames_.settle();
}

Health StreamForwarder::health() const {
  if (phase_ != Phase::kOpen) return {false, detail_};
  const std::int64_t stalled = stream_.stalled_ns();
  if (stalled < options_.stall_shown_ns) return {true, detail_};
  return {false, detail_ + ", which has taken nothing for " +
                     std::to_string(stalled / kNsPerSecond) + " s"};
}

}  // namespace trapd::forwarders::syslog
