// SPDX-License-Identifier: Apache-2.0
// The trapd that runs and whose place this process is to take: gives its sockets away, and ends
// when it is asked to (PROTOCOL.md, "sockets" and "yield"). The sockets go on queueing in between.
//
//   meet -> take_sockets -> (load, check, compile everything) -> ask_to_yield -> await_release
//
// Blocking; one thread, before any loop runs.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "trapd/base/error.h"
#include "trapd/base/fd.h"

namespace trapd::admin {

class Predecessor {
 public:
  /// As many as one message of the kernel carries (SCM_MAX_FD).
  static constexpr std::size_t kSocketsMax = 253;
  static constexpr std::chrono::seconds kAnswerMax{10};

  /// Its control socket. nullopt: nobody answers there. Error: somebody does, but not to us.
  static Result<std::optional<Predecessor>> meet(const std::string& path);

  /// Process id, for messages.
  int pid() const { return pid_; }
  /// Every socket it listens on; it goes on reading them meanwhile.
  Result<std::vector<Fd>> take_sockets();
  /// It commits, answers, keeps its cursors and ends. There is no way back from here.
  Status ask_to_yield();
  /// Until it has closed its store and let go of the lock, at most so long.
  Status await_release(std::chrono::milliseconds at_most);

 private:
  explicit Predecessor(Fd fd, int pid) : fd_(std::move(fd)), pid_(pid) {}
  Status send(const char* command);
  Result<nlohmann::json> receive(std::chrono::milliseconds at_most, std::vector<Fd>* sockets);

  Fd fd_;
  int pid_ = 0;
  std::string buffer_;
};

}  // namespace trapd::admin
