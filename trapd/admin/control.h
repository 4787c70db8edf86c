// SPDX-License-Identifier: Apache-2.0
// The control socket: newline-delimited JSON over a Unix stream socket, answered on the main loop
// (PROTOCOL.md). Only the owner of the process and root can connect (mode 0600).
//
// Bounds: kClientsMax connections (further ones are closed with an error line), kLineOctetsMax a
// request, kUnsentOctetsMax waiting for a slow reader, who is then dropped. A client that sends
// no request within kIdleSeconds is closed, unless it tails or follows.
#pragma once

#include <uv.h>

#include <memory>
#include <string>

#include "trapd/admin/handlers.h"
#include "trapd/base/error.h"

namespace trapd::admin {

inline constexpr char kSocketName[] = "trapd.sock";

class ControlServer {
 public:
  static constexpr std::size_t kClientsMax = 32;
  static constexpr std::size_t kLineOctetsMax = 1 << 20;
  static constexpr std::size_t kUnsentOctetsMax = 8 << 20;
  static constexpr unsigned kIdleSeconds = 60;

  /// Listens at `path` on `loop`. A socket file that nobody serves any more is replaced; one that
  /// answers is another trapd: an error. `handlers` are copied; what they refer to must outlive
  /// this object.
  static Result<std::unique_ptr<ControlServer>> listen(uv_loop_t* loop, const std::string& path,
                                                       Handlers handlers);
  /// Closes every connection, ends the subscriptions and removes the socket file. On the loop's
  /// thread; runs the loop until its own handles are closed.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  std::size_t clients() const;

  struct State;

 private:
  explicit ControlServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace trapd::admin
