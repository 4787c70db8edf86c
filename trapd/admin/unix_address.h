// SPDX-License-Identifier: Apache-2.0
// The address of a Unix stream socket, from the path of its file.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <optional>
#include <string>

namespace trapd::admin {

/// nullopt: the path is too long for the kernel (107 octets).
inline std::optional<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

}  // namespace trapd::admin
