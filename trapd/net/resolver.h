// SPDX-License-Identifier: Apache-2.0
// Host names of one peer, looked up on a helper thread so that its owner never blocks: getaddrinfo
// may take many seconds, and libuv's pool would be shared with everybody else.
//
// One owner thread calls everything. A literal address is answered at once, without a thread; the
// thread starts with the first name and is joined by the destructor, which therefore may wait for
// a lookup that is under way (a few seconds per name server: the helper's own resolver options
// are tightened).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "trapd/base/error.h"
#include "trapd/base/ip_address.h"
#include "trapd/base/wakeup.h"

namespace trapd::net {

using Addresses = std::vector<Endpoint>;

/// Asks the system (hosts file, DNS …); blocks. At most 16 addresses, in the system's order.
Result<Addresses> system_lookup(const std::string& host, std::uint16_t port);

class Resolver {
 public:
  using Lookup = std::function<Result<Addresses>(const std::string& host, std::uint16_t port)>;

  explicit Resolver(Lookup lookup = system_lookup);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Forgets an earlier request and asks for this one. A lookup that still runs for the same host
  /// and port is joined, not repeated; one for another name is waited for, in the helper.
  void start(const std::string& host, std::uint16_t port, std::int64_t deadline_ns);
  /// The answer, once: nullopt while there is none and the deadline has not passed.
  std::optional<Result<Addresses>> take(std::int64_t now_ns);
  /// Something was started and not taken yet.
  bool pending() const { return pending_; }
  std::int64_t deadline_ns() const { return deadline_ns_; }
  /// Becomes readable when an answer is there.
  int fd() const { return answered_.fd(); }

 private:
  struct Shared;
  void work();

  Lookup lookup_;
  Wakeup answered_;
  std::unique_ptr<Shared> shared_;
  std::optional<Addresses> literal_;
  std::string host_;
  std::uint16_t port_ = 0;
  std::int64_t deadline_ns_ = 0;
  bool pending_ = false;
  std::jthread thread_;
};

}  // namespace trapd::net
