// SPDX-License-Identifier: Apache-2.0
// All sockets of the process: bound here, or passed in by systemd or a predecessor (LISTEN_FDS);
// and what the kernel dropped on them.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "trapd/config/config.h"
#include "trapd/ingest/worker.h"
#include "trapd/net/udp_group.h"

namespace trapd {

class Listeners {
 public:
  /// None yet; use open().
  Listeners() = default;
  /// Binds every listener or none. Passed sockets serve the listener whose address and port they
  /// are bound to; one that no listener names is an error.
  static Result<std::unique_ptr<Listeners>> open(const std::vector<config::Listener>& listeners);

  std::size_t size() const { return groups_.size(); }
  const net::UdpGroup& group(std::size_t listener) const { return groups_[listener]; }
  const std::string& text(std::size_t listener) const { return texts_[listener]; }
  /// The sockets of worker i of n: those whose number modulo n is i.
  std::vector<ingest::WorkerSocket> sockets_of(unsigned worker, unsigned workers) const;

  /// Datagrams the kernel dropped on a listener since its sockets were bound (or passed in); asks
  /// the kernel. Any thread.
  std::uint64_t kernel_drops(std::size_t listener);
  /// See UdpGroup::refuse_new().
  void refuse_new() const;

 private:
  struct Seen {
    std::uint32_t last = 0;   // the kernel's 32-bit count
    std::uint64_t total = 0;  // widened
  };
  std::vector<net::UdpGroup> groups_;
  std::vector<std::string> texts_;
  std::mutex mutex_;
  std::vector<std::vector<Seen>> seen_;  // guarded by mutex_
};

}  // namespace trapd
