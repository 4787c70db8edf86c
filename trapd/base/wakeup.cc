// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/wakeup.h"

#include <sys/eventfd.h>

#include <cstdint>

#include "trapd/base/check.h"

namespace trapd {

Wakeup::Wakeup() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { CHECK(fd_); }

void Wakeup::notify() const {
  // Read-modify-writes on both sides: who finds the mark set has put what it stands for before the
  // sleeper takes the mark away, and so before he looks.
  if (pending_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the sleeper is woken anyway.
  if (::write(fd_.get(), &one, sizeof one) < 0) return;
}

void Wakeup::clear() const {
  std::uint64_t count = 0;
  // EAGAIN: nobody had called, or he has yet to write.
  const ssize_t octets = ::read(fd_.get(), &count, sizeof count);
  static_cast<void>(octets);
  // Behind the read: what a call in between stands for is seen by the look that follows.
  pending_.exchange(false, std::memory_order_acq_rel);
}

}  // namespace trapd
