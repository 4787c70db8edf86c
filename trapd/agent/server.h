// SPDX-License-Identifier: Apache-2.0
// The agent's socket and thread. Nothing of it is on the way of a trap: it has one socket of its
// own, and asks the ledger for a few rows at a time.
#pragma once

#include <memory>

#include "trapd/agent/responder.h"
#include "trapd/net/udp_group.h"

namespace trapd::agent {

class Server {
 public:
  /// The socket is bound already (before rights were dropped). Everything else outlives it.
  Server(net::UdpGroup socket, std::unique_ptr<Responder> responder, const Clock& clock);
  ~Server();

  /// Once.
  void start();
  /// Ends the thread; requests that wait in the socket are not answered. Twice does nothing.
  void stop();
  /// A reload has published something: taken over when await_reload() returns true.
  bool await_reload(std::uint64_t security_generation, std::int64_t until_ns) const;

  // --- any thread ---
  const AgentCounters& counters() const;
  const Endpoint& local() const { return socket().local(); }
  const net::UdpGroup& socket() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trapd::agent
