// SPDX-License-Identifier: Apache-2.0
// The other end of the control socket: asks a running trapd (trapd/admin/PROTOCOL.md). Blocking;
// one thread.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "trapd/base/error.h"
#include "trapd/base/fd.h"

namespace trapd::ctl {

using Json = nlohmann::json;

/// The store directory that the configuration names, and trapd.sock in it. Reads no more of the
/// file than that, so that a file with errors does not hide a trapd that runs.
std::string store_directory(const std::string& config_file);
std::string socket_path(const std::string& config_file);

class Client {
 public:
  static constexpr int kAnswerSeconds = 60;
  static constexpr std::size_t kAnswerOctetsMax = std::size_t{256} << 20;

  /// The error says where was asked and what to do.
  static Result<Client> connect(const std::string& path);

  /// One command; `arguments` is an object. An error of trapd's comes back as it is.
  Result<Json> call(const std::string& command, Json arguments = Json::object());
  /// One command whose answer does not end: `sink` gets the `member` of each line, until it says
  /// false or trapd ends the connection (an error). Nothing else can be asked on this one.
  Status follow(const std::string& command, Json arguments, const char* member,
                const std::function<bool(const Json&)>& sink);

 private:
  explicit Client(Fd fd) : fd_(std::move(fd)) {}
  Status send(const Json& request);
  Result<Json> receive(int timeout_s);

  Fd fd_;
  std::string buffer_;
};

}  // namespace trapd::ctl
