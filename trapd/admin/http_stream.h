// SPDX-License-Identifier: Apache-2.0
// One HTTP connection with a bound on what it may send and on how long it may take. The library's
// own stream bounds each line and each wait only, so a slow or endless header would hold a thread.
#pragma once

#include <httplib.h>

#include <array>
#include <cstdint>

#include "trapd/base/clock.h"

namespace trapd::admin {

class BoundedStream final : public httplib::Stream {
 public:
  static constexpr std::size_t kRequestOctetsMax = 16 * 1024;
  static constexpr std::int64_t kConnectionNs = 10 * kNsPerSecond;

  /// Borrows the socket.
  explicit BoundedStream(socket_t socket);

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* to, std::size_t size) override;
  ssize_t write(const char* from, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  bool wait(short events) const;

  const socket_t socket_;
  SystemClock clock_;
  const std::int64_t deadline_ns_;
  std::array<char, 4096> buffer_{};
  std::size_t buffered_ = 0;
  std::size_t taken_ = 0;
  std::size_t received_ = 0;
};

}  // namespace trapd::admin
