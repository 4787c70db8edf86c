// SPDX-License-Identifier: Apache-2.0
// Memory for keys and passphrases: locked, so that it is never written to a swap device, and left
// out of core files.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trapd {

/// At least `octets`, aligned to 32, zeroed when they are the kernel's. Where the kernel locks no
/// more (RLIMIT_MEMLOCK) the memory is given all the same, and counted below. Never null; throws
/// std::bad_alloc. Takes a lock: not per packet. Any thread.
void* allocate_locked(std::size_t octets);
/// Wipes it first. `octets` as it was asked for.
void free_locked(void* memory, std::size_t octets) noexcept;

struct LockedMemory {
  std::uint64_t locked_octets = 0;
  std::uint64_t not_locked_octets = 0;  // that the kernel would not lock
  int error = 0;  // errno of the last time it would not; ENOTSUP: a build that locks none
};
LockedMemory locked_memory();

template <typename T>
class LockedAllocator {
 public:
  using value_type = T;
  static_assert(alignof(T) <= 32);

  LockedAllocator() = default;
  template <typename Other>
  LockedAllocator(const LockedAllocator<Other>&) {}  // NOLINT: what an allocator has to be

  T* allocate(std::size_t count) { return static_cast<T*>(allocate_locked(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) noexcept { free_locked(memory, count * sizeof(T)); }
  friend bool operator==(const LockedAllocator&, const LockedAllocator&) { return true; }
};

}  // namespace trapd
