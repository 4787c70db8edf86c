// SPDX-License-Identifier: Apache-2.0
// Wakes a thread that sleeps in poll(2) or in a libuv loop (an eventfd).
#pragma once

#include <atomic>

#include "trapd/base/fd.h"

namespace trapd {

class Wakeup {
 public:
  Wakeup();
  /// Poll this for reading.
  int fd() const { return fd_.get(); }
  /// Any thread, also a signal handler. Many calls before the sleeper looks count as one, and only
  /// the first of them is a system call.
  void notify() const;
  /// The sleeper, before it looks at what it was woken for.
  void clear() const;

 private:
  Fd fd_;
  mutable std::atomic<bool> pending_{false};
  static_assert(std::atomic<bool>::is_always_lock_free);
};

}  // namespace trapd
