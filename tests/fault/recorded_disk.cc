// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/recorded_disk.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace trapd::fault {

RecordedDisk& recorded_disk() {
  static RecordedDisk disk;
  return disk;
}

void RecordedDisk::begin(const std::string& directory, Keep keep) {
  directory_ = directory;
  keep_ = keep;
  events_.clear();
  faults.reset();
}
std::vector<DiskEvent> RecordedDisk::end() {
  directory_.clear();
  return std::exchange(events_, {});
}
void RecordedDisk::mark(std::uint64_t number) { add(DiskEvent::Kind::kMark, number, nullptr, 0); }

bool RecordedDisk::records(int fd) const {
  if (directory_.empty()) return false;
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  const std::string file(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return file == directory_ + "/data.mdb" || file == directory_ + "/data.mdb.new";
}

void RecordedDisk::add(DiskEvent::Kind kind, std::uint64_t offset, const void* bytes,
                       std::size_t size) {
  if (keep_ == Keep::kNothing) return;
  DiskEvent event{.kind = kind, .offset = offset, .bytes = {}};
  const auto* begin = static_cast<const std::uint8_t*>(bytes);
  if (size > 0) event.bytes.assign(begin, begin + size);
  events_.push_back(std::move(event));
}

namespace {

bool take(std::atomic<int>* ahead) {
  if (*ahead == 0) return false;
  --*ahead;
  return true;
}

int failed(int errno_value) {
  errno = errno_value;
  return -1;
}

constexpr off_t kMetaOctets = 8192;

ssize_t write_meta_durably(int fd, const void* bytes, std::size_t size, off_t offset) {
  RecordedDisk& disk = recorded_disk();
  const ssize_t done = ::syscall(SYS_pwrite64, fd, bytes, size, offset);
  const bool fails = take(&disk.faults.meta_writes);
  const bool reported_again = !fails && disk.faults.echo.exchange(false);
  disk.add(fails ? DiskEvent::Kind::kFailedWrite : DiskEvent::Kind::kDurableWrite,
           static_cast<std::uint64_t>(offset), bytes, size);
  return fails || reported_again ? failed(EIO) : done;
}

int sync(int fd) {
  RecordedDisk& disk = recorded_disk();
  if (!disk.records(fd)) return 0;  // nobody cuts the power of this machine
  const bool fails = take(&disk.faults.syncs);
  if (fails) disk.faults.echo = true;
  disk.add(fails ? DiskEvent::Kind::kFailedSync : DiskEvent::Kind::kSync, 0, nullptr, 0);
  return fails ? failed(EIO) : 0;
}

}  // namespace
}  // namespace trapd::fault

// LMDB's calls are bound to these, because the program comes before the C library.
extern "C" {

int fdatasync(int fd) { return trapd::fault::sync(fd); }
int fsync(int fd) { return trapd::fault::sync(fd); }

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  using trapd::fault::DiskEvent;
  auto& disk = trapd::fault::recorded_disk();
  if (!disk.records(fd)) return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
  const bool meta = offset < trapd::fault::kMetaOctets;
  if ((::fcntl(fd, F_GETFL) & O_DSYNC) != 0) {
    return trapd::fault::write_meta_durably(fd, bytes, size, offset);
  }
  if (meta && size < 4096 && trapd::fault::take(&disk.faults.meta_put_backs)) {
    return trapd::fault::failed(EIO);
  }
  if (!meta && trapd::fault::take(&disk.faults.data_writes)) return trapd::fault::failed(ENOSPC);
  disk.add(DiskEvent::Kind::kWrite, static_cast<std::uint64_t>(offset), bytes, size);
  return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  using trapd::fault::DiskEvent;
  auto& disk = trapd::fault::recorded_disk();
  if (!disk.records(fd)) return ::syscall(SYS_writev, fd, parts, count);
  if (trapd::fault::take(&disk.faults.data_writes)) return trapd::fault::failed(ENOSPC);
  auto offset = static_cast<std::uint64_t>(::lseek(fd, 0, SEEK_CUR));
  for (int i = 0; i < count; ++i) {
    disk.add(DiskEvent::Kind::kWrite, offset, parts[i].iov_base, parts[i].iov_len);
    offset += parts[i].iov_len;
  }
  return ::syscall(SYS_writev, fd, parts, count);
}

int rename(const char* from, const char* to) {
  auto& disk = trapd::fault::recorded_disk();
  const long done = ::syscall(SYS_rename, from, to);
  if (done == 0 && std::strstr(from, "/data.mdb.new") != nullptr) {
    disk.add(trapd::fault::DiskEvent::Kind::kRename, 0, nullptr, 0);
  }
  return static_cast<int>(done);
}

}  // extern "C"
