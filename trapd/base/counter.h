// SPDX-License-Identifier: Apache-2.0
// Counters: one writer each, summed by whoever reads.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace trapd {

inline constexpr std::size_t kCacheLine = 64;

/// Written by one thread, read by any. Not a lock, not an atomic read-modify-write.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A counter per value of an enum whose last member is kCount.
template <typename E>
class Counters {
 public:
  void add(E which, std::uint64_t n = 1) { counters_[index(which)].add(n); }
  std::uint64_t get(E which) const { return counters_[index(which)].get(); }
  std::uint64_t sum() const {
    std::uint64_t total = 0;
    for (const Counter& counter : counters_) total += counter.get();
    return total;
  }

 private:
  static std::size_t index(E which) { return static_cast<std::size_t>(which); }
  std::array<Counter, static_cast<std::size_t>(E::kCount)> counters_{};
};

}  // namespace trapd
