// SPDX-License-Identifier: Apache-2.0
// What a file was when trapd took it into use, and what of it has changed since.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

namespace trapd::health {

/// A snapshot of one path. The times of reading (atime) are left out: looking changes them.
struct FileState {
  bool present = false;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::uint32_t mode = 0;  // kind and permissions
  std::uint32_t owner = 0;
  std::uint32_t group = 0;
  std::uint64_t octets = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;  // of the inode
  bool hashed = false;          // of a regular file that could be read
  std::array<std::uint8_t, 32> sha256{};

  bool same_attributes(const FileState& other) const;
};

/// Follows symbolic links. Reads the whole file when `with_hash`; 256 MiB at the most, and what is
/// larger is not hashed. Gives up reading once `*stop`; null = never.
FileState look_at_file(const std::string& path, bool with_hash,
                       const std::atomic<bool>* stop = nullptr);

/// "content, mode 100640 -> 100666, owner 0 -> 1000"; empty = nothing that matters. No hash is
/// shown: that of a short secret would give the secret away.
std::string difference(const FileState& before, const FileState& now);

}  // namespace trapd::health
