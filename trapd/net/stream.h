// SPDX-License-Identifier: Apache-2.0
// Outgoing TCP or TLS connection, non-blocking over poll(2), that only sends: what a peer says is
// thrown away, but that it has closed is noticed.
//
//   kIdle --open--> kConnecting --TCP--> kOpen
//                      |   |                ^
//                      |   +---> kHandshake +   (with TLS)
//                      v             v      |
//                    kFailed <-------+------+   every error, silence, the peer's close
//
// Tells which octets the peer's kernel has acknowledged (SIOCOUTQ): the handed-over count alone
// says nothing about them. An open connection is in trouble in three ways, and each is noticed:
//   no acknowledgement at all (a black hole)        failed after silence_max
//   acknowledged, but no octet taken (a stall)      stalled_ns() tells; failed after stall_max
//   nothing to send, and the peer is gone           TCP keepalive
// TCP_USER_TIMEOUT is not used: it would also kill the second kind, and each new connection sends
// the unread end of the last one again.
//
// One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "trapd/base/bytes.h"
#include "trapd/base/clock.h"
#include "trapd/base/error.h"
#include "trapd/base/fd.h"
#include "trapd/net/resolver.h"
#include "trapd/net/tls.h"

namespace trapd::net {

class Stream {
 public:
  struct Options {
    std::chrono::milliseconds connect_max{10'000};  // per address, TCP
    std::chrono::milliseconds handshake_max{10'000};
    std::chrono::milliseconds silence_max{30'000};
    std::chrono::milliseconds stall_max{300'000};
    std::chrono::milliseconds close_max{300};  // how long close() waits for the peer's end
  };
  enum class State : std::uint8_t { kIdle, kConnecting, kHandshake, kOpen, kFailed };

  Stream(const Options& options, const Clock& clock);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Starts to connect to the first address that answers. tls may be null; tls_name is what the
  /// peer's certificate must be for, empty = the address in its numbers. `peer` is for messages.
  void open(Addresses addresses, std::shared_ptr<const TlsContext> tls, std::string tls_name,
            std::string peer);
  State state() const { return state_; }
  /// Why it is kFailed: one sentence with the peer.
  const std::string& error() const { return error_; }
  /// After kFailed: the peer has closed in good order and had acknowledged everything, so its
  /// program has read everything (a kernel that must drop unread octets resets; also right behind
  /// the FIN of a program that first ended its side, hence a moment's wait).
  bool closed_in_order() const { return closed_in_order_; }
  /// "192.0.2.7:6514 (TLSv1.3)"; when kOpen.
  std::string description() const;

  /// For poll(2); -1 when there is nothing to poll.
  int fd() const { return fd_.get(); }
  short poll_events() const;
  /// Call on_ready() at this time at the latest (monotonic); INT64_MAX = none.
  std::int64_t deadline_ns() const;
  /// Goes on with whatever is possible now; revents as poll(2) gave them, 0 for a timer.
  void on_ready(short revents);

  /// kOpen only: hands octets over, returns how many were taken (0 = try when writable). Check
  /// state() afterwards.
  std::size_t write(ByteView octets);
  /// Octets that write() has taken since open().
  std::uint64_t taken_octets() const { return taken_; }
  /// How many of them the peer's kernel has acknowledged. Asks the kernel.
  std::uint64_t acknowledged_octets();
  /// For how long octets have been waiting with none acknowledged; as of the last
  /// acknowledged_octets().
  std::int64_t stalled_ns() const;

  /// close_notify, FIN, a wait for the peer's until until_ns (monotonic) at the latest, and gone.
  /// What the kernel holds it goes on sending. True when the peer has closed in good order behind
  /// ours, so that its program has read everything: over TLS with a close_notify of its own (RFC
  /// 5425 4.4), since anybody in between can make a FIN. Blocks.
  bool close(std::int64_t until_ns);
  /// The same with close_max.
  void close();

 private:
  void fail(const std::string& why);
  void next_address();
  void connected();
  void read_peer();
  void peer_closed();
  void judge_end();
  bool flush_tls();
  std::size_t send_octets(ByteView octets);
  std::uint64_t unacknowledged_on_socket() const;
  void lost(int error);
  void check_silence();
  bool wait_to_write(std::int64_t until_ns);
  bool wait_for_end(std::int64_t until_ns);
  bool ended_by_peer();

  struct TlsMark {  // so many plain octets are through when so many socket octets are
    std::uint64_t socket_octets = 0;
    std::uint64_t plain_octets = 0;
  };

  const Options options_;
  const Clock& clock_;
  State state_ = State::kIdle;
  std::string error_;
  std::string peer_;
  Addresses addresses_;
  std::size_t next_address_ = 0;
  Endpoint address_;
  Fd fd_;
  std::shared_ptr<const TlsContext> tls_context_;
  std::string tls_name_;
  std::unique_ptr<TlsSession> tls_;
  std::deque<TlsMark> tls_marks_;  // bounded by what the socket's send buffer holds
  std::int64_t phase_deadline_ns_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t socket_octets_ = 0;
  std::uint64_t socket_acknowledged_ = 0;
  std::int64_t progress_ns_ = 0;
  std::int64_t next_check_ns_ = 0;
  bool want_write_ = false;
  bool peer_ended_ = false;  // its FIN is here; a reset may follow
  bool closed_in_order_ = false;
  bool lost_ = false;
};

}  // namespace trapd::net
