// SPDX-License-Identifier: Apache-2.0
// Which system calls the process may still make (seccomp), and which it tried all the same.
//
//   on the list (call_groups.h)      goes through
//   there is another way             "no such call" (ENOSYS), untold: the C library then takes it
//   starts or reads other processes  the process is killed (SIGSYS): no trapd does that
//   anything else                    "not permitted" (EPERM), counted by call and told
//
// What is refused comes back as a signal of the thread that made the call, and its handler counts
// it: the kernel's own record of it goes to the audit log, which an engineer in a container, or
// without auditd, never sees.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trapd/base/error.h"

namespace trapd::process {

/// False in a build with a sanitizer: there install_call_filter() does nothing.
bool call_filter_possible();

/// For every thread that runs and every later one, for good. Needs no_new_privs. Once in a
/// process. Error: the kernel has no seccomp, or said no.
Status install_call_filter();
/// The same for a process that runs one program, and for that program: launcher_call_groups().
/// What is not on that list gets EPERM, untold.
Status install_launcher_filter();
/// And for one that runs none: compiler_call_groups().
Status install_compiler_filter();

struct RefusedCall {
  std::string name;  // "listen"
  std::uint64_t count = 0;
  std::string thread;  // name of the one that tried it first
};

/// Sum over all calls; cheap. Any thread.
std::uint64_t refused_calls_total();
/// By call, in the order of their numbers. Any thread.
std::vector<RefusedCall> refused_calls();

}  // namespace trapd::process
