// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/replaced_mark.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "trapd/base/fd.h"

namespace trapd::journal {
namespace {

std::string path_in(const std::string& directory) { return directory + "/replaced"; }

}  // namespace

Status mark_replaced(const std::string& directory) {
  const std::string path = path_in(directory);
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return Unexpected(errno_error("cannot make", path, errno));
  return {};
}

bool is_marked_replaced(const std::string& directory) {
  struct stat status {};
  return ::lstat(path_in(directory).c_str(), &status) == 0;
}

Status unmark_replaced(const std::string& directory) {
  const std::string path = path_in(directory);
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return Unexpected(errno_error("cannot remove", path, errno));
}

}  // namespace trapd::journal
