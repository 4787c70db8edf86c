// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/map_fault.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>
#include <string_view>

#include "trapd/base/fd.h"
#include "trapd/base/log.h"
#include "trapd/journal/store_directory.h"

namespace trapd::journal {

namespace {

constexpr std::size_t kPageOctets = 4096;
constexpr std::size_t kPathMax = 4096;
constexpr const char* kFaultName = "/data.fault";

// What the handler may use: no lock, no allocation.
std::array<char, kPathMax> g_path{};  // of data.fault
std::atomic<std::uintptr_t> g_map{0};
std::atomic<std::size_t> g_size{0};
std::atomic<std::uint64_t> g_inode{0};

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(fd, text.data(), text.size());
    if (done <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
}

class Decimal {
 public:
  explicit Decimal(std::uint64_t number)
      : end_(std::to_chars(digits_.begin(), digits_.end(), number).ptr) {}
  Decimal(const Decimal&) = delete;
  Decimal& operator=(const Decimal&) = delete;
  std::string_view text() const {
    return {digits_.data(), static_cast<std::size_t>(end_ - digits_.data())};
  }

 private:
  std::array<char, 20> digits_{};
  const char* end_;
};

/// Async-signal-safe. Whatever happens, the instruction is tried again and ends the process.
void note_fault(int signal, siginfo_t* info, void* /*context*/) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const std::uintptr_t map = g_map.load();
  if (at >= map && at - map < g_size.load()) {
    const Decimal place(at - map);
    const Decimal inode(g_inode.load());
    const int fd = ::open(g_path.data(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0) {
      write_all(fd, place.text());
      write_all(fd, " ");
      write_all(fd, inode.text());
      write_all(fd, "\n");
      ::close(fd);
    }
    write_all(STDERR_FILENO, "trapd: the disk cannot give octet ");
    write_all(STDERR_FILENO, place.text());
    write_all(STDERR_FILENO, " of the data.mdb beside ");
    write_all(STDERR_FILENO, g_path.data());
    write_all(STDERR_FILENO,
              ": trapd ends, and does not start until it can be read; `trapctl store verify` says "
              "what is lost, `restore` and `set-aside` are the ways out\n");
  }
  std::signal(signal, SIG_DFL);
}

void install_handler() {
  struct sigaction action {};
  action.sa_sigaction = note_fault;
  action.sa_flags = SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

struct Range {
  std::uintptr_t begin = 0;
  std::size_t size = 0;
  std::uint64_t inode = 0;
};

std::uint64_t inode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

/// LMDB does not say where its map is. A line of the kernel's list, in hexadecimal but for the
/// inode: "begin-end rights offset device inode path". The device there is not always stat's.
std::optional<Range> find_map(const std::string& path) {
  const std::uint64_t wanted = inode_of(path);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    std::uint64_t inode = 0;
    char dash = 0;
    std::string rights;
    std::string offset;
    std::string device;
    std::string name;
    words >> std::hex >> begin >> dash >> end >> rights >> offset >> device >> std::dec >> inode >>
        std::ws;
    std::getline(words, name);
    if (wanted != 0 && inode == wanted && name.ends_with("/data.mdb")) {
      return Range{begin, end - begin, inode};
    }
  }
  log::warning("the map of {} is not found: a page that cannot be read would not be named", path);
  return std::nullopt;
}

std::string read_text(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  const ssize_t size = file ? ::read(file.get(), text.data(), text.size()) : 0;
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

}  // namespace

void watch_map(const std::string& directory) {
  leave_map();
  const std::string path = directory + kFaultName;
  const std::optional<Range> map = find_map(directory + "/data.mdb");
  if (!map || path.size() >= kPathMax) return;
  static std::once_flag once;
  std::call_once(once, install_handler);
  std::copy(path.begin(), path.end(), g_path.begin());
  g_path[path.size()] = '\0';
  g_map = map->begin;
  g_inode = map->inode;
  g_size = map->size;
}

void leave_map() { g_size = 0; }

Status check_former_fault(const std::string& directory) {
  const std::string text = read_text(directory + kFaultName);
  const std::string path = directory + "/data.mdb";
  std::istringstream words(text);
  std::uint64_t place = 0;
  std::uint64_t inode = 0;
  words >> place >> inode;
  // None, none that says anything, or of a file that is not there any more.
  if (!words || inode != inode_of(path)) return forget_fault(directory);
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, kPageOctets> page{};
  errno = 0;
  const ssize_t size = file ? ::pread(file.get(), page.data(), page.size(),
                                      static_cast<off_t>(place / kPageOctets * kPageOctets))
                            : -1;
  if (size != static_cast<ssize_t>(page.size())) {
    const std::string why = size < 0 ? std::strerror(errno) : "it lies beyond the file's end";
    return failure("the store is damaged: trapd ended because it could not read octet " +
                   std::to_string(place) + " of " + path + ", and it still cannot: " + why +
                   ways_out(directory));
  }
  log::warning("octet {} of {} could not be read when trapd last ran, and can be read again", place,
               path);
  return forget_fault(directory);
}

Status forget_fault(const std::string& directory) {
  const std::string path = directory + kFaultName;
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return Unexpected(errno_error("cannot remove", path, errno));
}

}  // namespace trapd::journal
