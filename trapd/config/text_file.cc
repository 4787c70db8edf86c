// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "trapd/base/fd.h"

namespace trapd::config {
namespace {

/// One octet more than the file has, so that a file that grows meanwhile is noticed; what tells no
/// size (a pipe; files of procfs and some of FUSE say 0) may have as much as is allowed. Growing
/// the text later would leave copies behind.
std::size_t room_for(const Fd& fd, std::size_t octets_max) {
  struct stat status {};
  const bool sized =
      ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
  if (!sized) return octets_max + 1;
  return std::min(static_cast<std::size_t>(status.st_size), octets_max) + 1;
}

}  // namespace

bool read_text_file(const std::string& file, std::size_t octets_max, std::string* text,
                    Diagnostics* diagnostics) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) text->resize(room_for(fd, octets_max));
  std::size_t size = 0;
  ssize_t got = fd ? 1 : -1;
  while (got > 0 && size < text->size()) {
    got = ::read(fd.get(), text->data() + size, text->size() - size);
    if (got > 0) size += static_cast<std::size_t>(got);
  }
  if (got < 0) {
    diagnostics->error({}, fmt::format("cannot read: {}", std::strerror(errno)));
    return false;
  }
  if (size == text->size() && size <= octets_max) {
    diagnostics->error({}, "was written to while it was read; expected a file at rest");
    return false;
  }
  text->resize(size);
  return true;
}

}  // namespace trapd::config
