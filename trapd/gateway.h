// SPDX-License-Identifier: Apache-2.0
// The one place where the parts meet: starts them in order, publishes what a reload brings, and
// stops them along the data path.
//
//   start   launcher -> parse -> bind -> drop rights, files -> secrets -> store, boots -> names,
//           rules -> control socket, metrics -> drop system calls -> ledger -> workers
//           -> destinations -> ready
//           (a successor: parse -> sockets of the predecessor -> drop rights -> secrets -> names,
//           rules -> the predecessor ends -> store …)
//   reload  parse, check, compile everything; only then publish, and wait for every worker
//   stop    workers (queues read to their end) -> wait for the commit -> answers -> destinations
//           (flushed for a bounded time) -> ledger (cursors, last commit, its answers) -> store
//
// Threads: everything here runs on the main thread with its libuv loop, but the functions given
// to the HTTP server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "trapd/base/error.h"

namespace trapd {

class Gateway {
 public:
  enum class Start : std::uint8_t {
    kAlone,
    /// Takes the place of the trapd that runs on the same store, if one does: its sockets go over,
    /// and it is asked to end only when everything here is loaded and compiled. No datagram is
    /// lost: they wait in the sockets' queues.
    kTakeOver,
  };
  /// Nothing half started: on an error everything that was opened is closed again. The error may
  /// have several lines.
  static Result<std::unique_ptr<Gateway>> start(const std::string& config_file, Start how);
  ~Gateway();

  /// Until SIGTERM or SIGINT, or until a successor takes over; then stops in order.
  void run();

  /// `trapd --check`: reads and compiles everything without touching sockets or the store.
  /// Lines for the user; empty = good.
  static std::vector<std::string> check(const std::string& config_file,
                                        std::vector<std::string>* warnings);

  struct Parts;

 private:
  explicit Gateway(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace trapd
