// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/store_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace trapd::journal {

namespace {

std::string parent(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status make_directories(const std::string& directory) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = directory.find('/', end + 1);
    const std::string part = directory.substr(0, end);
    if (::mkdir(part.c_str(), 0700) != 0) {
      if (errno == EEXIST) continue;
      return Unexpected<Error>(errno_error("cannot make the store's directory", part, errno));
    }
    // Its name is to outlive a power cut; a parent that we may not read cannot be synced.
    static_cast<void>(sync_directory(parent(part)));
  }
  return {};
}

std::string holder(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  std::string pid;
  for (ssize_t i = 0; i < size && text[static_cast<std::size_t>(i)] >= '0' &&
                      text[static_cast<std::size_t>(i)] <= '9';
       ++i) {
    pid.push_back(text[static_cast<std::size_t>(i)]);
  }
  return pid.empty() ? "unknown" : pid;
}

}  // namespace

Result<Fd> hold_directory(const std::string& directory) {
  if (Status made = make_directories(directory); !made) {
    return Unexpected<Error>(std::move(made.error()));
  }
  const std::string path = directory + "/trapd.lock";
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return Unexpected<Error>(errno_error("cannot open", path, errno));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Unexpected<Error>(errno_error("cannot lock", path, errno));
    return failure("the store " + directory + " is in use by another trapd (pid " +
                   holder(file.get()) + "); one store serves one trapd");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // The process id only serves the message above: a full disk must not keep trapd from starting.
  if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), pid.data(), pid.size(), 0) < 0) {
    return file;
  }
  return file;
}

Result<StoreHold> try_hold(const std::string& directory) {
  const std::string path = directory + "/trapd.lock";
  Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!file && errno == ENOENT) return StoreHold{};
  if (!file) return Unexpected<Error>(errno_error("cannot open", path, errno));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return StoreHold{std::move(file), 0};
  if (errno != EWOULDBLOCK) return Unexpected<Error>(errno_error("cannot lock", path, errno));
  const int other = std::atoi(holder(file.get()).c_str());  // NOLINT(cert-err34-c): 0 = unknown
  return StoreHold{{}, other > 0 ? other : -1};
}

std::string ways_out(const std::string& directory) {
  return "; `trapctl store verify --directory " + directory +
         "` says what is wrong, `trapctl store restore BACKUP --directory " + directory +
         "` puts a backup in its place, `trapctl store set-aside --directory " + directory +
         "` lets trapd begin a new one";
}

Status sync_directory(const std::string& directory) {
  const Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) {
    return Unexpected<Error>(errno_error("cannot sync", directory, errno));
  }
  return {};
}

}  // namespace trapd::journal
