// SPDX-License-Identifier: Apache-2.0
// A passphrase or a key: cannot be copied or printed, lies in locked memory, and is wiped when it
// goes.
#pragma once

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "trapd/base/bytes.h"
#include "trapd/base/locked_memory.h"

namespace trapd {

/// Overwrites the bytes in a way that the compiler keeps.
inline void wipe(MutableBytes bytes) {
  if (!bytes.empty()) ::explicit_bzero(bytes.data(), bytes.size());
}
inline void wipe(std::string& text) {
  if (!text.empty()) ::explicit_bzero(text.data(), text.size());
  text.clear();
}

class Secret {
 public:
  Secret() = default;
  explicit Secret(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe(bytes_);
      bytes_ = std::move(other.bytes_);
      other.bytes_.clear();
    }
    return *this;
  }
  ~Secret() { wipe(bytes_); }

  bool empty() const { return bytes_.empty(); }
  /// The bytes themselves; the view dies with the Secret. Name it where you use it, never log it.
  ByteView expose() const& { return bytes_; }
  ByteView expose() && = delete;
  /// A copy, said aloud.
  Secret duplicate() const { return Secret(ByteView(bytes_)); }

 private:
  std::vector<std::uint8_t, LockedAllocator<std::uint8_t>> bytes_;
};

}  // namespace trapd
