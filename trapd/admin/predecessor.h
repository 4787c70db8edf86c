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
  /// It has closed its end of the connection, most likely by dying.
  bool gone() const { return gone_; }
  struct Socket {
    Fd fd;
    bool outlives = false;  // somebody else (systemd) holds it too
  };
  /// Every socket it listens on; it goes on reading them meanwhile.
  Result<std::vector<Socket>> take_sockets();
  /// It commits, answers, keeps its cursors and ends. False: it has gone already. Error: it goes
  /// on as if nobody had asked.
  Result<bool> ask_to_yield();
  /// Until it says that it has let go of the store. False: it has gone, or takes longer than that;
  /// then the store's lock tells.
  bool await_release(std::chrono::milliseconds at_most);

 private:
  explicit Predecessor(Fd fd, int pid) : fd_(std::move(fd)), pid_(pid) {}
  Status send(const char* command);
  std::string refusal(const nlohmann::json& answer) const;
  Result<nlohmann::json> receive(std::chrono::milliseconds at_most, std::vector<Fd>* sockets);

  Fd fd_;
  int pid_ = 0;
  std::string buffer_;
  bool gone_ = false;  // its end of the connection is closed
};

}  // namespace trapd::admin
