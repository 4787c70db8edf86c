// SPDX-License-Identifier: Apache-2.0
// Reading and writing datagrams in batches, with the address each one came to, so that an answer
// leaves from the address and port that was asked.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>

#include "trapd/base/bytes.h"
#include "trapd/base/ip_address.h"

namespace trapd::net {

struct Datagram {
  ByteView bytes;  // valid until the next receive()
  Endpoint source;
  Endpoint local;            // where the datagram came to; port as bound
  std::int64_t wall_ns = 0;  // the kernel's stamp; 0 when it gave none
};

/// One worker's receive slots; made once. Not shared.
class UdpBatch {
 public:
  static constexpr unsigned kDatagramsMax = 64;

  UdpBatch();
  /// Reads up to kDatagramsMax without waiting; returns how many, 0 when the queue is empty or on
  /// an error, which reading takes off the socket. ICMP errors of earlier answers are none: the
  /// kernel tells them to connected sockets only, and to those with IP_RECVERR, which UdpGroup has
  /// not. `local`: what the socket is bound to; the kernel tells the address itself of sockets that
  /// are bound to any (UdpGroup).
  unsigned receive(int fd, const Endpoint& local);
  const Datagram& operator[](unsigned index) const { return datagrams_[index]; }

 private:
  // A slot holds the largest datagram; only the pages that are used become resident. The stride
  // is no power of two, so that the beginnings of slots do not share cache sets.
  static constexpr std::size_t kSlotOctets = 65536 + 4096 + 192;
  static constexpr std::size_t kControlOctets = 128;

  std::unique_ptr<std::uint8_t[]> slots_;
  std::array<mmsghdr, kDatagramsMax> headers_{};
  std::array<iovec, kDatagramsMax> vectors_{};
  std::array<sockaddr_in6, kDatagramsMax> sources_{};
  struct alignas(8) Control {
    std::array<std::uint8_t, kControlOctets> octets;
  };
  std::array<Control, kDatagramsMax> controls_{};
  std::array<Datagram, kDatagramsMax> datagrams_{};
};

/// Sends one datagram from `local`'s address (port as bound). False when the kernel refused it.
bool send_datagram(int fd, const Endpoint& peer, const Endpoint& local, ByteView bytes);

}  // namespace trapd::net
