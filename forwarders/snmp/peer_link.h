// SPDX-License-Identifier: Apache-2.0
// The way to one receiver: its name resolved, a socket on a source port of the range, and what
// happens when that fails: a pause with back-off and jitter, then the name again, since it may
// have moved, and its next address when it has several.
//
//               answer, socket opened
//   kResolving -----------------------> kOpen
//      ^    |                             |
//      |    | no address, no port         | fail()
//      |    v                             |
//      +-- kPause <-----------------------+      (the socket stays open for late answers)
#pragma once

#include <poll.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "forwarders/backoff.h"
#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "forwarders/snmp/peer_socket.h"
#include "trapd/net/resolver.h"

namespace trapd::forwarders {

/// One destination's; not shared.
class PeerLink {
 public:
  PeerLink(const std::string& destination, const SnmpSettings& settings, const Clock& clock);

  /// Goes on as far as it can without waiting. True when the way is open.
  bool drive(std::int64_t now_ns);
  bool is_open() const { return state_ == State::kOpen; }
  PeerSocket& socket() { return socket_; }
  /// "nms.example.net:162".
  const std::string& peer() const { return peer_text_; }

  /// The peer was reached, which ends a pause too (a late answer). how: a literal, as in "informs
  /// acknowledged by".
  void succeeded(const char* how);
  /// Nothing goes through, for this reason: pause.
  void fail(const std::string& reason);
  /// The last word was a failure: what goes out next is a probe.
  bool suspect() const { return suspect_; }

  const Health& health() const { return health_; }
  /// When drive() has something to do at the latest; nullopt: nothing by time alone.
  std::optional<std::int64_t> next_event_ns() const;
  /// Adds what to wait for.
  void add_polled(bool writable, std::vector<pollfd>* polled);

 private:
  enum class State : std::uint8_t { kResolving, kOpen, kPause };
  void resolve(std::int64_t now_ns);
  void take_addresses(std::int64_t now_ns);
  void open_socket(const Endpoint& address);

  const std::string destination_;
  const SnmpSettings& settings_;
  const std::string peer_text_;
  net::Resolver resolver_;
  PeerSocket socket_;
  Backoff backoff_;
  State state_ = State::kPause;  // and the pause is over
  std::optional<Endpoint> connected_;
  std::size_t failures_ = 0;  // counts through the addresses
  bool suspect_ = false;
  const char* how_ = nullptr;
  Health health_;
};

}  // namespace trapd::forwarders
