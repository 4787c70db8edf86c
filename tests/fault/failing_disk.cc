// SPDX-License-Identifier: Apache-2.0
// A library for LD_PRELOAD: the store's disk of a running trapd fails, or is slow, as a test says
// while it runs. It says so in a file of 32-bit numbers, which is mapped (failing_disk.py):
//
//   TRAPD_TEST_DISK_CONTROL   that file; without it nothing is changed
//   TRAPD_TEST_DISK_STORE     the store's directory: files elsewhere are left alone
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

/// In the order of failing_disk.py. An errno of 0: it works.
struct Control {
  std::atomic<std::int32_t> write_errno;  // data.mdb, but for writes that wait for the disk
  std::atomic<std::int32_t> sync_errno;   // fdatasync and fsync of anything in the store
  std::atomic<std::int32_t> meta_errno;   // writes of data.mdb that wait for the disk (O_DSYNC)
  std::atomic<std::int32_t> state_errno;  // engine.state
  std::atomic<std::int32_t> sync_ms;      // how long each fdatasync takes on top
  std::atomic<std::int32_t> failed;       // counts of what was done
  std::atomic<std::int32_t> synced;
  std::atomic<std::int32_t> in_sync;  // fdatasync has begun and not ended
};

Control* control() {
  static Control* const mapped = []() -> Control* {
    const char* path = std::getenv("TRAPD_TEST_DISK_CONTROL");
    if (path == nullptr) return nullptr;
    const int fd = ::open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return nullptr;
    void* at = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    return at == MAP_FAILED ? nullptr : static_cast<Control*>(at);
  }();
  return mapped;
}

/// Before trapd gives up what lies outside of its store.
[[gnu::constructor]] void map_at_once() { control(); }

/// The name of an open file within the store; empty = it is not there.
std::string name_in_store(int fd) {
  static const char* const store = std::getenv("TRAPD_TEST_DISK_STORE");
  if (control() == nullptr || store == nullptr) return {};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  const std::string file(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::string begin = std::string(store) + "/";
  return file.compare(0, begin.size(), begin) == 0 ? file.substr(begin.size()) : std::string();
}

int write_fault(int fd) {
  const std::string name = name_in_store(fd);
  if (name.compare(0, 8, "data.mdb") == 0) {
    const bool waits = (::fcntl(fd, F_GETFL) & O_DSYNC) != 0;
    return waits ? control()->meta_errno : control()->write_errno;
  }
  return name.compare(0, 12, "engine.state") == 0 ? control()->state_errno.load() : 0;
}

template <typename Result>
Result failed(int errno_value) {
  ++control()->failed;
  errno = errno_value;
  return -1;
}

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

int sync(int fd, const char* name) {
  using Sync = int (*)(int);
  const auto real = next<Sync>(name);
  if (name_in_store(fd).empty()) return real(fd);
  Control& now = *control();
  ++now.in_sync;
  if (now.sync_ms > 0) ::usleep(static_cast<useconds_t>(now.sync_ms) * 1000);
  // What was written does get into the page cache; whether it gets to the disk nobody can tell.
  const int fault = now.sync_errno;
  const int done = fault != 0 ? failed<int>(fault) : real(fd);
  if (fault == 0) ++now.synced;
  --now.in_sync;
  return done;
}

}  // namespace

extern "C" {

int fdatasync(int fd) { return sync(fd, "fdatasync"); }
int fsync(int fd) { return sync(fd, "fsync"); }

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  using Write = ssize_t (*)(int, const void*, size_t, off_t);
  static const auto real = next<Write>("pwrite");
  const int fault = write_fault(fd);
  return fault != 0 ? failed<ssize_t>(fault) : real(fd, bytes, size, offset);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  using Write = ssize_t (*)(int, const iovec*, int);
  static const auto real = next<Write>("writev");
  const int fault = write_fault(fd);
  return fault != 0 ? failed<ssize_t>(fault) : real(fd, parts, count);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  using Write = ssize_t (*)(int, const void*, size_t);
  static const auto real = next<Write>("write");
  // Used for the log and for waking threads, too: looked at only when it matters.
  const bool matters = control() != nullptr && control()->state_errno != 0;
  const int fault = matters ? write_fault(fd) : 0;
  return fault != 0 ? failed<ssize_t>(fault) : real(fd, bytes, size);
}

}  // extern "C"
