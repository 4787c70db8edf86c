// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/locked_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <set>

#include "trapd/base/guarded.h"

namespace trapd {

namespace {

// What is small is cut from areas that stay: a passphrase takes a page of its own no more than a
// thousand take a thousand. What is larger is an area of its own.
constexpr std::size_t kGrain = 32;
constexpr std::size_t kSmallMax = 4096;
constexpr std::size_t kAreaOctets = 64 * 1024;

std::size_t rounded(std::size_t octets, std::size_t to) { return (octets + to - 1) / to * to; }

std::size_t page() {
  static const auto octets = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return octets;
}

struct Free {
  Free* next;
};

struct Pool {
  std::array<Free*, kSmallMax / kGrain + 1> free{};  // by size in grains
  std::uint8_t* area = nullptr;                      // what has not been given yet
  std::size_t left = 0;
  std::set<const void*> not_locked;  // areas of their own that the kernel would not lock
  LockedMemory counts;
};

/// Made by the first secret, so that it outlives those of static objects.
Guarded<Pool>& pool() {
  static Guarded<Pool> made;
  return made;
}

std::uint8_t* map_area(Pool& pool, std::size_t octets) {
  void* const area =
      ::mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (area == MAP_FAILED) throw std::bad_alloc();
  ::madvise(area, octets, MADV_DONTDUMP);
  if (::mlock(area, octets) == 0) {
    pool.counts.locked_octets += octets;
  } else {
    pool.counts.error = errno;
    pool.counts.not_locked_octets += octets;
    pool.not_locked.insert(area);
  }
  return static_cast<std::uint8_t*>(area);
}

void unmap_area(Pool& pool, void* area, std::size_t octets) {
  const bool locked = pool.not_locked.erase(area) == 0;
  (locked ? pool.counts.locked_octets : pool.counts.not_locked_octets) -= octets;
  ::munmap(area, octets);
}

void* take_small(Pool& pool, std::size_t octets) {
  Free*& list = pool.free[octets / kGrain];
  if (list != nullptr) {
    Free* const first = list;
    list = first->next;
    first->next = nullptr;
    return first;
  }
  if (pool.left < octets) {  // the rest of the last area is less than one secret takes
    pool.area = map_area(pool, kAreaOctets);
    pool.left = kAreaOctets;
  }
  std::uint8_t* const taken = pool.area;
  pool.area += octets;
  pool.left -= octets;
  return taken;
}

}  // namespace

void* allocate_locked(std::size_t octets) {
  const std::size_t grains = rounded(std::max(octets, kGrain), kGrain);
  return pool().with([&](Pool& all) -> void* {
    if (grains <= kSmallMax) return take_small(all, grains);
    return map_area(all, rounded(octets, page()));
  });
}

void free_locked(void* memory, std::size_t octets) noexcept {
  ::explicit_bzero(memory, octets);
  const std::size_t grains = rounded(std::max(octets, kGrain), kGrain);
  pool().with([&](Pool& all) {
    if (grains <= kSmallMax) {
      Free*& list = all.free[grains / kGrain];
      Free* const first = std::construct_at(static_cast<Free*>(memory));
      first->next = list;
      list = first;
    } else {
      unmap_area(all, memory, rounded(octets, page()));
    }
  });
}

LockedMemory locked_memory() {
  return pool().with([](Pool& all) { return all.counts; });
}

}  // namespace trapd
