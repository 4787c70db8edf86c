// SPDX-License-Identifier: Apache-2.0
#include "trapd/process/file_access.h"

#include <fcntl.h>
#include <link.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "trapd/base/fd.h"

namespace trapd::process {

namespace {

// linux/landlock.h of Debian 12 ends with ABI 2.
constexpr std::uint64_t kTruncate = std::uint64_t{1} << 14;     // ABI 3, Linux 6.2
constexpr std::uint64_t kIoctlDevice = std::uint64_t{1} << 15;  // ABI 5, Linux 6.10
constexpr int kAbiRefer = 2;
constexpr int kAbiTruncate = 3;
constexpr int kAbiIoctlDevice = 5;

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWrite =
    kRead | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REFER | kTruncate;
constexpr std::uint64_t kNever = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                                 LANDLOCK_ACCESS_FS_MAKE_SYM | kIoctlDevice;
/// What can be said of a single file.
constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                                   LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr std::uint64_t kRun = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;

std::uint64_t known_to(int abi) {
  std::uint64_t known = kWrite | kNever;
  if (abi < kAbiRefer) known &= ~std::uint64_t{LANDLOCK_ACCESS_FS_REFER};
  if (abi < kAbiTruncate) known &= ~kTruncate;
  if (abi < kAbiIoctlDevice) known &= ~kIoctlDevice;
  return known;
}

Status allow(int ruleset, const std::string& path, std::uint64_t access) {
  const Fd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place) return {};
  struct stat about {};
  if (::fstat(place.get(), &about) != 0) return Unexpected(errno_error("cannot see", path, errno));
  if (!S_ISDIR(about.st_mode)) access &= kOfFiles;
  const landlock_path_beneath_attr rule{access, place.get()};
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    return Unexpected(errno_error("Landlock: cannot allow", path, errno));
  }
  return {};
}

/// The kernel runs it for each program that has shared libraries; empty = this one has none.
std::string loader() {
  std::string path;
  ::dl_iterate_phdr(
      [](dl_phdr_info* program, std::size_t, void* found) {
        for (int i = 0; i < program->dlpi_phnum; ++i) {
          const ElfW(Phdr)& header = program->dlpi_phdr[i];
          if (header.p_type != PT_INTERP) continue;
          const ElfW(Addr) at = program->dlpi_addr + header.p_vaddr;
          // NOLINTNEXTLINE(performance-no-int-to-ptr): addresses are numbers in <link.h>
          *static_cast<std::string*>(found) = reinterpret_cast<const char*>(at);
        }
        return 1;  // the first is the program itself
      },
      &path);
  return path;
}

}  // namespace

int landlock_abi() {
  if (TRAPD_SANITIZED) return 0;
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi < 0 ? 0 : static_cast<int>(abi);
}

Status confine_files(const FileAccess& access) {
  const std::uint64_t known = known_to(landlock_abi());
  const landlock_ruleset_attr handled{known};
  const Fd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0)));
  if (!ruleset) return Unexpected(errno_error("cannot make rules of", "Landlock", errno));
  for (const std::string& path : access.read) {
    if (auto done = allow(ruleset.get(), path, kRead & known); !done) return done;
  }
  for (const std::string& path : access.write) {
    if (auto done = allow(ruleset.get(), path, kWrite & known); !done) return done;
  }
  std::vector<std::string> programs = access.run;
  if (!programs.empty()) programs.push_back(loader());
  for (const std::string& path : programs) {
    if (auto done = allow(ruleset.get(), path, kRun & known); !done) return done;
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
    return Unexpected(errno_error("cannot take on rules of", "Landlock", errno));
  }
  return {};
}

}  // namespace trapd::process
