// SPDX-License-Identifier: Apache-2.0
// What the kernel says of the calling process: not what was asked for, but what holds.
#pragma once

#include <string>

namespace trapd::process {

struct InForce {
  std::string user;          // name, or number where it has none
  std::string capabilities;  // "none", or as cap_to_text(3) writes them
  bool no_new_privs = false;
  bool seccomp = false;  // a filter of system calls, whoever has installed it
  bool core_dumps = true;
};

InForce look();

}  // namespace trapd::process
