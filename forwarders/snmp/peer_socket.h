// SPDX-License-Identifier: Apache-2.0
// Batches of datagrams to and from one peer, on a connected socket. Never blocks.
//
// Datagrams of one length that follow one another go to the kernel as one (UDP_SEGMENT), which
// sends them as they are: the way through its layers is then paid once and not for each. Lengths
// that it refuses to divide (larger than the link takes, or a device that cannot) it gets one by
// one from then on.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "forwarders/snmp/source_port.h"
#include "trapd/base/bytes.h"

namespace trapd::forwarders {

/// One destination's; not shared.
class PeerSocket {
 public:
  static constexpr std::size_t kBatchMax = 64;

  PeerSocket();
  /// Enlarges the receive buffer, as far as the system lets us.
  void open(SourcePorts::Socket socket);
  void close() { socket_.close(); }
  bool is_open() const { return static_cast<bool>(socket_); }
  int fd() const { return socket_.fd(); }
  std::uint16_t port() const { return socket_.port(); }
  /// So many answers of usual size (up to 1,400 octets) find room while nobody reads; at least 1.
  /// Who asks more at once may lose answers to its own burst.
  std::size_t answers_max() const { return answers_max_; }

  struct Sent {
    std::size_t count = 0;
    int error = 0;  // why not all: EAGAIN (queue full), ECONNREFUSED (ICMP), EMSGSIZE …
  };
  /// Hands datagrams to the kernel, in order, up to the first that it does not take.
  Sent send(std::span<const ByteView> datagrams);
  /// Longer ones are not sent as parts of one; learnt anew with each open().
  std::size_t segment_octets_max() const { return segment_octets_max_; }

  /// Calls `take` for every datagram that is there; the view dies with the call. Returns 0, or
  /// the error that the peer's host or a router has reported (ECONNREFUSED, EHOSTUNREACH …).
  int receive(const std::function<void(ByteView)>& take);

 private:
  static constexpr std::size_t kSlots = 32;

  class Batch;
  std::size_t run_length(std::span<const ByteView> datagrams) const;
  bool refuses_segments(int error, std::size_t octets);

  static constexpr std::size_t kSlotOctets = 65536;

  SourcePorts::Socket socket_;
  std::size_t answers_max_ = 1;
  std::size_t segment_octets_max_ = 0;
  std::unique_ptr<std::uint8_t[]> slots_;  // only the pages that are used become resident
  std::array<mmsghdr, kSlots> headers_{};
  std::array<iovec, kSlots> vectors_{};
};

}  // namespace trapd::forwarders
