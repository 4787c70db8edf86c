// SPDX-License-Identifier: Apache-2.0
// The agent's socket and thread. Nothing of it is on the way of a trap: it has one socket of its
// own, and asks the ledger for a few rows at a time.
#pragma once

#include <memory>
#include <optional>

#include "trapd/agent/responder.h"
#include "trapd/net/udp_group.h"

namespace trapd::agent {

class Server {
 public:
  struct Sockets {
    net::UdpGroup requests;
    std::optional<net::UdpGroup> answers;  // they leave from here; nullopt: from `requests`
  };
  /// The sockets are bound already (before rights were dropped). Everything else outlives it.
  Server(Sockets sockets, std::unique_ptr<Responder> responder, const Clock& clock);
  ~Server();

  /// Once.
  void start();
  /// Ends the thread; requests that wait in the socket are not answered. Twice does nothing.
  void stop();
  /// A reload has published both: taken over when await_reload() returns true.
  bool await_reload(std::uint64_t security_generation, std::uint64_t settings_generation,
                    std::int64_t until_ns) const;

  // --- any thread ---
  const AgentCounters& counters() const;
  const Endpoint& local() const { return sockets().requests.local(); }
  const Sockets& sockets() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trapd::agent
