// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/locked_memory.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "trapd/base/secret.h"

namespace trapd {

namespace {

constexpr uid_t kNobody = 65534;

bool possible() {
  if (locked_memory().error != ENOTSUP) return true;
  MESSAGE("skipped: a build with a sanitizer locks no memory");
  return false;
}

/// What the kernel says of the mapping that holds the address: "rd wr … lo …" (proc(5), VmFlags).
std::string flags_of(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      inside = begin <= at && at < end;
    } else if (inside && line.compare(0, 8, "VmFlags:") == 0) {
      return line + " ";
    }
  }
  return "";
}

bool has(const std::string& flags, const std::string& flag) {
  return flags.find(" " + flag + " ") != std::string::npos;
}

/// Runs the body as a user that may lock `octets` at most; gives what it returns.
int with_limit(rlim_t octets, int (*body)()) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit{octets, octets};
    ::setrlimit(RLIMIT_MEMLOCK, &limit);
    if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) ::_exit(100);
    ::_exit(body());
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

TEST_CASE("secrets lie in memory that is locked and is in no core file") {
  if (!possible()) return;
  const Secret small(as_bytes("a passphrase"));
  const std::vector<std::uint8_t> octets(100'000, 7);
  const Secret large{ByteView(octets)};
  for (const Secret* secret : {&small, &large}) {
    const std::string flags = flags_of(secret->expose().data());
    CHECK(has(flags, "lo"));
    CHECK(has(flags, "dd"));
  }
  CHECK(!has(flags_of(octets.data()), "lo"));
  CHECK(locked_memory().locked_octets >= 100'000);
}

TEST_CASE("memory is wiped when it goes, whatever its owner did") {
  if (!possible()) return;
  for (const std::size_t octets :
       {std::size_t{1}, std::size_t{32}, std::size_t{33}, std::size_t{4096}}) {
    auto* const first = static_cast<std::uint8_t*>(allocate_locked(octets));
    std::memset(first, 0xa5, octets);
    free_locked(first, octets);
    auto* const again = static_cast<std::uint8_t*>(allocate_locked(octets));
    CHECK(again == first);  // the same place: what was there can be looked at
    CHECK(std::all_of(again, again + octets, [](std::uint8_t octet) { return octet == 0; }));
    free_locked(again, octets);
  }
}

TEST_CASE("allocations of all sizes are apart from each other, and go back") {
  if (!possible()) return;
  const LockedMemory before = locked_memory();
  std::vector<std::pair<std::uint8_t*, std::size_t>> all;
  for (std::size_t octets = 1; octets < 20'000; octets += 37) {
    auto* const memory = static_cast<std::uint8_t*>(allocate_locked(octets));
    CHECK(reinterpret_cast<std::uintptr_t>(memory) % 32 == 0);
    std::memset(memory, static_cast<int>(octets % 251), octets);
    all.emplace_back(memory, octets);
  }
  for (const auto& [memory, octets] : all) {
    const auto wanted = static_cast<std::uint8_t>(octets % 251);
    CHECK(
        std::all_of(memory, memory + octets, [&](std::uint8_t octet) { return octet == wanted; }));
  }
  for (const auto& [memory, octets] : all) free_locked(memory, octets);
  // The areas of what is small stay; the others are the kernel's again.
  const LockedMemory after = locked_memory();
  CHECK(after.locked_octets - before.locked_octets < 1'000'000);
}

TEST_CASE("beyond the kernel's limit there is memory all the same, and it is told") {
  if (!possible()) return;
  CHECK(with_limit(0, [] {
          const LockedMemory before = locked_memory();
          void* const memory = allocate_locked(1'000'000);
          std::memset(memory, 1, 1'000'000);
          const LockedMemory now = locked_memory();
          if (now.not_locked_octets - before.not_locked_octets < 1'000'000) return 1;
          if (now.error == 0 || now.locked_octets != before.locked_octets) return 2;
          free_locked(memory, 1'000'000);
          return locked_memory().not_locked_octets == before.not_locked_octets ? 0 : 3;
        }) == 0);
}

}  // namespace trapd
