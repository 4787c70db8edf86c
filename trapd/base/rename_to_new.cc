// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/rename_to_new.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

namespace trapd {

int rename_to_new(const std::string& from, const std::string& to, bool in_one_step) {
  if (in_one_step) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return -1;
  }
  struct stat status {};
  if (::lstat(to.c_str(), &status) == 0) {
    errno = EEXIST;
    return -1;
  }
  return errno == ENOENT ? std::rename(from.c_str(), to.c_str()) : -1;
}

}  // namespace trapd
