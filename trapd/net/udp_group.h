// SPDX-License-Identifier: Apache-2.0
// The sockets of one listener: a fixed SO_REUSEPORT group in which the kernel picks the socket by
// source address (classic BPF), so that one device always meets the same worker, in order.
//
// The group is bound as a whole, the program attached, and then never changed: closing a member
// or an index out of range would split sources over sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trapd/base/error.h"
#include "trapd/base/fd.h"
#include "trapd/base/ip_address.h"

namespace trapd::net {

inline constexpr unsigned kSocketsPerListener = 8;

class UdpGroup {
 public:
  struct Options {
    Endpoint local;
    std::uint64_t receive_buffer_bytes = 0;  // per socket; 0 = the kernel's default
    unsigned sockets = kSocketsPerListener;
  };
  /// Binds all sockets or none. Error: address, reason. IPv6 sockets are IPv6 only.
  static Result<UdpGroup> open(const Options& options);
  /// Sockets that were bound by somebody else (systemd, a predecessor): used as they are, one or
  /// many; buffers and the program are set when permitted. Error: none, or several that take IPv4
  /// as well as IPv6, whose sources no one program finds; a single one may.
  /// `outlives`: somebody else holds them too, and their queues go on without this process.
  static Result<UdpGroup> adopt(std::vector<Fd> sockets, std::uint64_t receive_buffer_bytes,
                                bool outlives = true);

  const Endpoint& local() const { return local_; }
  std::size_t size() const { return sockets_.size(); }
  int fd(std::size_t index) const { return sockets_[index].get(); }
  bool adopted() const { return adopted_; }
  bool outlives() const { return outlives_; }
  /// Things the owner should know and do, e.g. the sysctl that allows the receive buffer.
  const std::vector<std::string>& warnings() const { return warnings_; }

  /// Datagrams the kernel dropped on socket `index` since it was bound, modulo 2^32 (SO_MEMINFO,
  /// SK_MEMINFO_DROPS); any thread. nullopt: the kernel did not say; what it said last stays true.
  std::optional<std::uint32_t> kernel_drops(std::size_t index) const;
  /// From now on the kernel refuses (and counts as dropped) what arrives, so that the queues can
  /// be read to their end. Not for sockets that outlive this process.
  void refuse_new() const;

 private:
  UdpGroup() = default;
  void configure(std::uint64_t receive_buffer_bytes);
  void set_receive_buffer(int fd, std::uint64_t bytes);

  Endpoint local_;
  std::vector<Fd> sockets_;
  std::vector<std::string> warnings_;
  bool adopted_ = false;
  bool outlives_ = false;
};

}  // namespace trapd::net
