// SPDX-License-Identifier: Apache-2.0
// The system calls that trapd, and the libraries it is made of, have a use for: Debian 12's, and
// what their later versions are known to make. A name that this machine's processor or libseccomp
// does not know is left out.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace trapd::process {

enum class Answer : std::uint8_t {
  kAllow,
  kNoSuchCall,
  kKill,
};

/// Of an argument: the bits of `mask` are `value`. All conditions of a rule must hold; of a call's
/// rules, one.
struct ArgumentIs {
  unsigned index;
  std::uint64_t mask;
  std::uint64_t value;
};

struct CallRule {
  const char* name;
  std::vector<ArgumentIs> conditions = {};
};

struct CallGroup {
  const char* purpose;
  Answer answer;
  std::vector<CallRule> rules;
};

/// `own_process`: id that signals may be sent to.
std::vector<CallGroup> call_groups(std::uint64_t own_process);
/// Of a process that runs one program which reads and writes files.
std::vector<CallGroup> launcher_call_groups(std::uint64_t own_process);
/// Of one that reads and writes files.
std::vector<CallGroup> compiler_call_groups(std::uint64_t own_process);

}  // namespace trapd::process
