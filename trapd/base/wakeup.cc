// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/wakeup.h"

#include <sys/eventfd.h>

#include <cstdint>

#include "trapd/base/check.h"

namespace trapd {

Wakeup::Wakeup() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { CHECK(fd_); }

void Wakeup::notify() const {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the sleeper is woken anyway.
  if (::write(fd_.get(), &one, sizeof one) < 0) return;
}

void Wakeup::clear() const {
  std::uint64_t count = 0;
  if (::read(fd_.get(), &count, sizeof count) < 0) return;  // EAGAIN: nobody had called
}

}  // namespace trapd
