// SPDX-License-Identifier: Apache-2.0
#include "trapd/net/stream.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>

namespace trapd::net {

namespace {

// Cipher text waiting for the socket; beyond it write() takes nothing.
constexpr std::size_t kTlsOutputMax = 128 * 1024;
constexpr std::size_t kTlsRecordOctets = 16 * 1024;
constexpr int kReadsPerTurn = 16;  // a peer that talks without end must not keep us here
constexpr std::int64_t kCheckEveryNs = kNsPerSecond;
constexpr std::int64_t kEndMaxNs = 2 * kNsPerSecond;  // from close_notify to the end
constexpr std::int64_t kResetMaxNs = 100 * kNsPerMs;  // from its FIN to the reset, if there is one
constexpr int kKeepAliveIdleSeconds = 30;
constexpr int kKeepAliveIntervalSeconds = 10;
constexpr int kKeepAliveProbes = 3;

std::int64_t in_ns(std::chrono::milliseconds duration) { return duration.count() * kNsPerMs; }

void set_option(int fd, int level, int option, int value) {
  // Best effort: without keepalive a dead idle peer is noticed at the next send only.
  if (::setsockopt(fd, level, option, &value, sizeof value) != 0) return;
}

int pending_error(int fd) {
  int value = 0;
  socklen_t length = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &length) != 0) return errno;
  return value;
}

std::string errno_text(int value) { return ": " + std::generic_category().message(value); }

}  // namespace

Stream::Stream(const Options& options, const Clock& clock) : options_(options), clock_(clock) {}
Stream::~Stream() { close(); }

void Stream::open(Addresses addresses, std::shared_ptr<const TlsContext> tls, std::string tls_name,
                  std::string peer) {
  fd_.reset();
  tls_.reset();
  tls_marks_.clear();
  tls_context_ = std::move(tls);
  tls_name_ = std::move(tls_name);
  peer_ = std::move(peer);
  addresses_ = std::move(addresses);
  next_address_ = 0;
  taken_ = acknowledged_ = socket_octets_ = socket_acknowledged_ = 0;
  want_write_ = peer_ended_ = closed_in_order_ = lost_ = false;
  error_.clear();
  if (addresses_.empty()) {
    fail("it has no address");
  } else {
    next_address();
  }
}

void Stream::fail(const std::string& why) {
  fd_.reset();
  tls_.reset();
  state_ = State::kFailed;
  error_ = peer_ + ": " + why;
}

void Stream::next_address() {
  while (next_address_ < addresses_.size()) {
    address_ = addresses_[next_address_++];
    sockaddr_storage storage;
    const socklen_t length = address_.to_sockaddr(&storage);
    fd_ = Fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd_) {
      set_option(fd_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
      state_ = State::kConnecting;
      phase_deadline_ns_ = clock_.monotonic_ns() + in_ns(options_.connect_max);
      if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&storage), length) == 0) {
        connected();
        return;
      }
      if (errno == EINPROGRESS) return;
    }
    error_ = "cannot connect to " + address_.text() + errno_text(errno);
  }
  fail(error_);
}

void Stream::connected() {
  const int fd = fd_.get();
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
  progress_ns_ = clock_.monotonic_ns();
  next_check_ns_ = progress_ns_ + kCheckEveryNs;
  if (tls_context_ == nullptr) {
    phase_deadline_ns_ = std::numeric_limits<std::int64_t>::max();
    state_ = State::kOpen;
    return;
  }
  state_ = State::kHandshake;
  phase_deadline_ns_ = progress_ns_ + in_ns(options_.handshake_max);
  auto session =
      TlsSession::start(tls_context_, tls_name_.empty() ? address_.address_text() : tls_name_);
  if (!session) return fail(session.error().text);
  tls_ = std::move(*session);
  flush_tls();
}

std::string Stream::description() const {
  return address_.text() + (tls_ != nullptr ? " (" + tls_->version() + ")" : " (TCP)");
}

short Stream::poll_events() const {
  if (state_ == State::kConnecting) return POLLOUT;
  if (peer_ended_) return 0;  // an error is told all the same
  return static_cast<short>(want_write_ ? POLLIN | POLLOUT : POLLIN);
}

std::int64_t Stream::deadline_ns() const {
  switch (state_) {
    case State::kConnecting:
    case State::kHandshake:
      return phase_deadline_ns_;
    case State::kOpen:
      return std::min(next_check_ns_, phase_deadline_ns_);
    case State::kIdle:
    case State::kFailed:
      break;
  }
  return std::numeric_limits<std::int64_t>::max();
}

void Stream::on_ready(short revents) {
  const std::int64_t now = clock_.monotonic_ns();
  if (state_ == State::kConnecting) {
    if (revents != 0) {
      if (const int error = pending_error(fd_.get()); error != 0) {
        error_ = "cannot connect to " + address_.text() + errno_text(error);
        return next_address();
      }
      return connected();
    }
    if (now >= phase_deadline_ns_) {
      error_ = "cannot connect to " + address_.text() + ": no answer in time";
      return next_address();
    }
    return;
  }
  if (state_ != State::kHandshake && state_ != State::kOpen) return;
  if (peer_ended_) {
    if (now >= phase_deadline_ns_ || (revents & (POLLHUP | POLLERR)) != 0) judge_end();
    return;
  }
  if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0) read_peer();
  if (state_ == State::kHandshake && now >= phase_deadline_ns_) {
    return fail("no TLS handshake with " + address_.text() + " in time");
  }
  if (state_ == State::kHandshake || state_ == State::kOpen) {
    if (tls_ != nullptr) {
      flush_tls();
    } else if ((revents & POLLOUT) != 0) {
      want_write_ = false;
    }
  }
  if (state_ == State::kOpen && now >= phase_deadline_ns_) return fail("closed by the peer");
  if (state_ == State::kOpen && now >= next_check_ns_) check_silence();
}

void Stream::read_peer() {
  std::array<std::uint8_t, 16384> octets;
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    const ssize_t got = ::recv(fd_.get(), octets.data(), octets.size(), 0);
    if (got == 0) return peer_closed();
    if (got < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      return fail("connection lost" + errno_text(errno));
    }
    if (tls_ == nullptr) continue;
    Status status = tls_->receive(ByteView(octets).first(static_cast<std::size_t>(got)));
    if (!status) {
      flush_tls();  // the alert, so that the peer's log says why too
      return fail(status.error().text);
    }
    if (tls_->closed_by_peer()) {
      // What its program has not read shows only when it closes the socket: a reset or not.
      phase_deadline_ns_ = std::min(phase_deadline_ns_, clock_.monotonic_ns() + kEndMaxNs);
    }
    if (state_ == State::kHandshake && tls_->established()) {
      state_ = State::kOpen;
      phase_deadline_ns_ = std::numeric_limits<std::int64_t>::max();
      progress_ns_ = clock_.monotonic_ns();
    }
  }
}

void Stream::peer_closed() {
  if (state_ == State::kHandshake) return fail("closed during the TLS handshake");
  peer_ended_ = true;
  want_write_ = false;
  phase_deadline_ns_ = clock_.monotonic_ns() + kResetMaxNs;
}

void Stream::judge_end() {
  // Over TLS an end without close_notify is a crash, or somebody in between (RFC 5425 4.4).
  const bool all = tls_ == nullptr || (tls_->closed_by_peer() && tls_->output().empty());
  closed_in_order_ = all && unacknowledged_on_socket() == 0 && pending_error(fd_.get()) == 0;
  if (closed_in_order_) acknowledged_ = taken_;
  fail("closed by the peer");
}

bool Stream::flush_tls() {
  while (!tls_->output().empty()) {
    const std::size_t sent = send_octets(tls_->output());
    if (sent == 0 || tls_ == nullptr) return false;
    tls_->consume(sent);
  }
  want_write_ = false;
  return true;
}

void Stream::lost(int error) {
  if (lost_) return;
  lost_ = true;
  // A peer that refuses us over TLS says why before it closes; that tells more than the reset.
  if (tls_ != nullptr) read_peer();
  if (state_ != State::kFailed) {
    closed_in_order_ = false;
    fail("connection lost" + errno_text(error));
  }
}

std::size_t Stream::send_octets(ByteView octets) {
  for (;;) {
    const ssize_t sent = ::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      socket_octets_ += static_cast<std::uint64_t>(sent);
      if (static_cast<std::size_t>(sent) < octets.size()) want_write_ = true;
      return static_cast<std::size_t>(sent);
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == ENOBUFS) {
      want_write_ = true;
    } else {
      lost(errno);
    }
    return 0;
  }
}

std::size_t Stream::write(ByteView octets) {
  if (state_ != State::kOpen || peer_ended_ || octets.empty()) return 0;
  if (tls_ != nullptr && tls_->closed_by_peer()) return 0;
  if (acknowledged_ == taken_) progress_ns_ = clock_.monotonic_ns();  // a stall begins with data
  if (tls_ == nullptr) {
    const std::size_t sent = send_octets(octets);
    taken_ += sent;
    return sent;
  }
  std::size_t taken = 0;
  while (taken < octets.size() && tls_->output().size() < kTlsOutputMax) {
    const ByteView part = octets.subspan(taken, std::min(kTlsRecordOctets, octets.size() - taken));
    if (Status status = tls_->send(part); !status) {
      fail(status.error().text);
      return taken;
    }
    taken += part.size();
    taken_ += part.size();
    tls_marks_.push_back({socket_octets_ + tls_->output().size(), taken_});
    if (!flush_tls() && state_ != State::kOpen) return taken;
  }
  return taken;
}

std::uint64_t Stream::unacknowledged_on_socket() const {
  int octets = 0;
  if (::ioctl(fd_.get(), SIOCOUTQ, &octets) != 0 || octets < 0) return socket_octets_;
  return std::min(static_cast<std::uint64_t>(octets), socket_octets_);
}

std::uint64_t Stream::acknowledged_octets() {
  if (state_ != State::kOpen || acknowledged_ == taken_) return acknowledged_;
  const std::uint64_t through = socket_octets_ - unacknowledged_on_socket();
  if (through > socket_acknowledged_) {
    socket_acknowledged_ = through;
    progress_ns_ = clock_.monotonic_ns();
  }
  if (tls_ == nullptr) {
    acknowledged_ = std::max(acknowledged_, through);
  } else {
    while (!tls_marks_.empty() && tls_marks_.front().socket_octets <= through) {
      acknowledged_ = tls_marks_.front().plain_octets;
      tls_marks_.pop_front();
    }
  }
  return acknowledged_;
}

std::int64_t Stream::stalled_ns() const {
  if (state_ != State::kOpen || acknowledged_ == taken_) return 0;
  return clock_.monotonic_ns() - progress_ns_;
}

void Stream::check_silence() {
  next_check_ns_ = clock_.monotonic_ns() + kCheckEveryNs;
  if (acknowledged_octets() == taken_) return;
  if (stalled_ns() >= in_ns(options_.stall_max)) {
    return fail("has taken nothing for " + std::to_string(stalled_ns() / kNsPerSecond) + " s");
  }
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(fd_.get(), IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return;
  // A peer whose window is closed still acknowledges our probes; a black hole does not.
  const std::int64_t silent_ms = info.tcpi_last_ack_recv;
  if (silent_ms >= options_.silence_max.count() && stalled_ns() >= in_ns(options_.silence_max)) {
    fail("no acknowledgement for " + std::to_string(silent_ms / 1000) + " s");
  }
}

bool Stream::wait_to_write(std::int64_t until_ns) {
  while (state_ == State::kOpen && !flush_tls()) {
    pollfd waiting{fd_.get(), POLLOUT, 0};
    const std::int64_t left = until_ns - clock_.monotonic_ns();
    if (state_ != State::kOpen || left <= 0) return false;
    if (::poll(&waiting, 1, poll_timeout_ms(left)) == 0) return false;
  }
  return state_ == State::kOpen;
}

bool Stream::wait_for_end(std::int64_t until_ns) {
  std::array<std::uint8_t, 4096> octets;
  for (;;) {
    const ssize_t got = ::recv(fd_.get(), octets.data(), octets.size(), 0);
    if (got == 0) return tls_ == nullptr || tls_->closed_by_peer();
    if (got < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (got > 0 && tls_ != nullptr &&
        !tls_->receive(ByteView(octets).first(static_cast<std::size_t>(got)))) {
      return false;
    }
    // Looked at each time: a peer that talks without end must not keep us here.
    const std::int64_t left = until_ns - clock_.monotonic_ns();
    if (left <= 0) return false;
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (got < 0 && ::poll(&waiting, 1, poll_timeout_ms(left)) == 0) return false;
  }
}

bool Stream::ended_by_peer() {
  if (state_ == State::kOpen && !peer_ended_) read_peer();
  return state_ != State::kOpen || peer_ended_ || (tls_ != nullptr && tls_->closed_by_peer());
}

bool Stream::close(std::int64_t until_ns) {
  // A peer that ended before us has not waited for all we sent, and once both have ended the kernel
  // shows no reset any more that would tell what its program left unread.
  bool in_order = !ended_by_peer();
  if (fd_ && state_ == State::kOpen && tls_ != nullptr) {
    tls_->close();
    wait_to_write(until_ns);
  }
  if (fd_ && state_ == State::kOpen) {
    // FIN behind what is queued; the kernel goes on sending after close(). The peer's own end is
    // waited for: closing with its octets unread would reset the connection, and some systems then
    // throw away what the peer has not read.
    const bool all = tls_ == nullptr || tls_->output().empty();
    ::shutdown(fd_.get(), SHUT_WR);
    // Its FIN acknowledges ours, unless the two have crossed.
    in_order = !peer_ended_ && wait_for_end(until_ns) && in_order && all &&
               unacknowledged_on_socket() == 0 && pending_error(fd_.get()) == 0;
  } else {
    in_order = false;
  }
  fd_.reset();
  tls_.reset();
  state_ = State::kIdle;
  return in_order;
}

void Stream::close() { close(clock_.monotonic_ns() + in_ns(options_.close_max)); }

}  // namespace trapd::net
