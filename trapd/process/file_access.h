// SPDX-License-Identifier: Apache-2.0
// Which parts of the file system the process can reach at all (Landlock), whatever the rights of
// the files and of its user say.
#pragma once

#include <string>
#include <vector>

#include "trapd/base/error.h"

namespace trapd::process {

/// Directories with everything below them, or single files. What is not there is passed over.
/// Files are replaced by renaming: allow their directory, not them.
struct FileAccess {
  std::vector<std::string> read;
  std::vector<std::string> write;     // and read
  std::vector<std::string> run = {};  // programs, and with them the loader of shared libraries
};

/// 0: the kernel has no Landlock, or the build has a sanitizer, which opens what no trapd does.
int landlock_abi();

/// For the thread that calls, those it starts later and their programs, for good: nothing may be
/// run and nothing reached but what `access` names; descriptors that are open stay as they are.
/// Needs no_new_privs. Uses what the kernel's version knows: before 6.2 a file that may not be
/// written can be cut to nothing if its rights allow that. Error: the kernel said no.
Status confine_files(const FileAccess& access);

}  // namespace trapd::process
