// SPDX-License-Identifier: Apache-2.0
// All sockets of the process: bound here, or passed in by systemd or a predecessor (LISTEN_FDS);
// and what the kernel dropped on them.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "trapd/admin/handlers.h"
#include "trapd/admin/predecessor.h"
#include "trapd/config/config.h"
#include "trapd/ingest/worker.h"
#include "trapd/kernel_drops_file.h"
#include "trapd/net/udp_group.h"

namespace trapd {

/// Sockets that somebody else has bound for this process.
struct PassedSockets {
  std::vector<admin::Predecessor::Socket> sockets;
  /// One that no listener names: systemd's is an error of the configuration; a predecessor's is a
  /// listener that the owner has taken away, and is closed.
  bool from_predecessor = false;
};
/// LISTEN_FDS.
Result<PassedSockets> sockets_passed_by_systemd();

class Listeners {
 public:
  /// None yet; use open().
  Listeners() = default;
  /// Binds every listener or none. Passed sockets serve the listener whose address and port they
  /// are bound to.
  static Result<std::unique_ptr<Listeners>> open(const std::vector<config::Listener>& listeners,
                                                 PassedSockets passed);

  std::size_t size() const { return groups_.size(); }
  const net::UdpGroup& group(std::size_t listener) const { return groups_[listener]; }
  const std::string& text(std::size_t listener) const { return texts_[listener]; }
  /// The sockets of worker i of n: those whose number modulo n is i.
  std::vector<ingest::WorkerSocket> sockets_of(unsigned worker, unsigned workers) const;

  /// All sockets, for a successor; they stay this object's.
  std::vector<admin::ListeningSocket> descriptors() const;

  /// Datagrams the kernel dropped on a listener since its sockets were bound, or, when they were
  /// passed in, since the last process counted; asks the kernel. Any thread.
  std::uint64_t kernel_drops(std::size_t listener);
  /// The same for those of its sockets that worker i of n reads.
  std::uint64_t kernel_drops(std::size_t listener, unsigned worker, unsigned workers);
  /// What the last process had counted of passed sockets: what came since is counted here. A socket
  /// that is not in it was never counted. Before any other thread runs.
  void resume_kernel_drops(const KernelDropCounts& counted);
  /// What is counted so far, for the next process. Any thread.
  KernelDropCounts counted_kernel_drops();
  /// From now on kernel_drops() says what it said last: the next process counts what comes.
  void stop_counting();
  /// Some socket outlives this process, because systemd holds it.
  bool any_outlives() const;
  /// See UdpGroup::refuse_new().
  void refuse_new() const;

 private:
  struct Seen {
    std::uint64_t cookie = 0;
    std::uint32_t last = 0;   // the kernel's 32-bit count
    std::uint64_t total = 0;  // widened
  };
  std::vector<net::UdpGroup> groups_;
  std::vector<std::string> texts_;
  std::mutex mutex_;
  std::vector<std::vector<Seen>> seen_;  // guarded by mutex_, by listener
  bool counting_ = true;                 // guarded by mutex_
};

}  // namespace trapd
