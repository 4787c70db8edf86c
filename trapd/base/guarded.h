// SPDX-License-Identifier: Apache-2.0
// Data that can be reached only through its lock. Never on the packet path.
#pragma once

#include <mutex>
#include <utility>

namespace trapd {

template <typename T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  /// Runs f(T&) with the lock held and returns what f returns; f must not block or call back.
  template <typename F>
  decltype(auto) with(F&& f) {
    const std::lock_guard hold(mutex_);
    return std::forward<F>(f)(value_);
  }
  template <typename F>
  decltype(auto) with(F&& f) const {
    const std::lock_guard hold(mutex_);
    return std::forward<F>(f)(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_;
};

}  // namespace trapd
