// SPDX-License-Identifier: Apache-2.0
// In builds with a sanitizer, instead of locked_memory.cc: each allocation by itself, so that
// leaks, overflows and uses after the end are found; none is locked.
#include <cerrno>
#include <cstring>
#include <memory>

#include "trapd/base/locked_memory.h"

namespace trapd {

void* allocate_locked(std::size_t octets) {
  std::byte* const memory = std::allocator<std::byte>().allocate(octets);
  std::memset(memory, 0, octets);
  return memory;
}

void free_locked(void* memory, std::size_t octets) noexcept {
  ::explicit_bzero(memory, octets);
  std::allocator<std::byte>().deallocate(static_cast<std::byte*>(memory), octets);
}

LockedMemory locked_memory() { return {0, 0, ENOTSUP}; }

}  // namespace trapd
