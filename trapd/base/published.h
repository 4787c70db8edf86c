// SPDX-License-Identifier: Apache-2.0
// An immutable snapshot (users, rules, names, devices) that is replaced as a whole.
//
// A reader keeps its own shared_ptr and asks once per batch whether the generation moved: one
// relaxed load while nothing changes, one lock when it did. (std::atomic<std::shared_ptr> is
// reported as racing by ThreadSanitizer with GCC 12 and clang 14.)
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>

namespace trapd {

template <typename T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> first) : current_(std::move(first)) {}

  /// Any thread.
  void publish(std::shared_ptr<const T> next) {
    const std::lock_guard hold(mutex_);
    current_ = std::move(next);
    generation_.fetch_add(1, std::memory_order_release);
  }
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  /// The snapshot and its generation, which belong together. Takes the lock.
  std::pair<std::shared_ptr<const T>, std::uint64_t> get() const {
    const std::lock_guard hold(mutex_);
    return {current_, generation_.load(std::memory_order_relaxed)};
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> current_;
  std::atomic<std::uint64_t> generation_{1};
};

/// One reader's copy of a Published; belongs to one thread.
template <typename T>
class Subscription {
 public:
  explicit Subscription(const Published<T>& source) : source_(source) {
    std::tie(current_, generation_) = source_.get();
  }
  /// True when a newer snapshot was taken over.
  bool refresh() {
    if (source_.generation() == generation_) return false;
    std::tie(current_, generation_) = source_.get();
    return true;
  }
  const T& operator*() const { return *current_; }
  const T* operator->() const { return current_.get(); }
  std::uint64_t generation() const { return generation_; }

 private:
  const Published<T>& source_;
  std::shared_ptr<const T> current_;
  std::uint64_t generation_ = 0;
};

}  // namespace trapd
