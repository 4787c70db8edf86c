// SPDX-License-Identifier: Apache-2.0
// Which lines of a log may pass: at most one a second for each key, keys bounded. Pure logic; one
// thread, or behind a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace trapd::log {

class LineLimiter {
 public:
  static constexpr std::size_t kKeysMax = 1024;
  static constexpr std::int64_t kQuietSeconds = 60;

  struct Verdict {
    bool pass = false;
    std::uint64_t left_out = 0;  // lines of this key since the last one that passed
  };
  /// A new key that finds no room takes the place of keys that have been quiet for kQuietSeconds
  /// (the count of what they left out goes with them), and when there is none, shares one further
  /// key with all others like it.
  Verdict take(std::string_view key, std::int64_t monotonic_ns);
  std::size_t keys() const { return keys_.size(); }

 private:
  struct Muted {
    std::int64_t next_ns = 0;
    std::int64_t seen_ns = 0;
    std::uint64_t left_out = 0;
  };
  Muted& find_or_add(std::string_view key, std::int64_t now_ns);
  void erase_quiet(std::int64_t now_ns);

  std::map<std::string, Muted, std::less<>> keys_;
  Muted shared_;
  std::int64_t erased_ns_ = 0;
};

}  // namespace trapd::log
