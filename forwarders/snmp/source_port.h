// SPDX-License-Identifier: Apache-2.0
// Northbound source ports: one connected UDP socket per destination, bound exclusively to one port
// of a range, so that firewalls and receivers know a destination by its port.
//
// Which port: the one this destination had before in this process (a reload keeps it); else the
// first choice is a fixed hash of the destination's name, so that a restart finds the same port
// again, and from there on upwards, round the range: ports nobody has had first, then ports that
// other destinations remember but do not hold. A port that another program holds is passed over.
//
// A destination that is made anew gets its port back once its former socket is closed.
//
// Only when every port is taken is one shared, and never by two destinations with the same peer:
// connected sockets on one port each get the datagrams of their own peer, but two with one peer
// would take each other's answers. Both are then marked SO_REUSEPORT, for the length of the bind.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "trapd/base/error.h"
#include "trapd/base/fd.h"
#include "trapd/base/guarded.h"
#include "trapd/base/ip_address.h"

namespace trapd::forwarders {

struct PortRange {
  std::uint16_t first = 1180;
  std::uint16_t last = 1220;
};

/// All northbound sockets of the process; any thread. Must outlive every socket it opened.
class SourcePorts {
 public:
  SourcePorts() = default;
  SourcePorts(const SourcePorts&) = delete;
  SourcePorts& operator=(const SourcePorts&) = delete;

  /// The one of the process.
  static SourcePorts& of_process();

  /// An open, connected, non-blocking socket; gives the port back when it goes.
  class Socket {
   public:
    Socket() = default;
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&& other) noexcept;
    ~Socket() { close(); }
    int fd() const { return fd_; }
    std::uint16_t port() const { return port_; }
    explicit operator bool() const { return fd_ >= 0; }
    void close();

   private:
    friend class SourcePorts;
    SourcePorts* owner_ = nullptr;
    std::uint64_t id_ = 0;
    int fd_ = -1;  // owned by the registry, which may have to mark it
    std::uint16_t port_ = 0;
  };

  /// The error names the range and the last reason. Does not block.
  Result<Socket> open(const std::string& destination, const Endpoint& peer, PortRange range);

 private:
  struct Held {
    std::string destination;
    Endpoint peer;
    std::uint16_t port = 0;
    Fd fd;
  };
  struct State {
    std::map<std::uint64_t, Held> held;               // by id of the socket
    std::map<std::string, std::uint16_t> remembered;  // by destination; at most kRememberedMax
    std::uint64_t last_id = 0;
  };
  static constexpr std::size_t kRememberedMax = 4096;
  enum class Use : std::uint8_t { kFree, kOtherPeers, kSamePeer };

  static std::vector<std::uint16_t> candidates(const State& state, const std::string& destination,
                                               PortRange range);
  /// Who of us holds this port.
  static Use use_of(const State& state, const Endpoint& peer, std::uint16_t port);
  static Result<Fd> open_exclusive(const Endpoint& peer, std::uint16_t port);
  static Result<Fd> open_shared(State& state, const Endpoint& peer, std::uint16_t port);
  Socket keep(State& state, const std::string& destination, const Endpoint& peer,
              std::uint16_t port, Fd fd);

  Guarded<State> state_;
};

}  // namespace trapd::forwarders
