// SPDX-License-Identifier: Apache-2.0
// What is given up is given up for good: each case is a child of its own.
#pragma once

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

namespace trapd::process::test {

/// Of the body of in_child(): ends it with the line that did not hold.
#define HOLDS(condition) \
  if (!(condition)) return __LINE__

/// Runs `body` in a child that can get no new rights. 0: it gave 0; below 0: the signal that ended
/// it; else the line that did not hold.
inline int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const int line = body();
    ::_exit(line == 0 ? 0 : 1 + line % 255);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
  }
  if (WIFSIGNALED(status)) return -WTERMSIG(status);
  return WEXITSTATUS(status) == 0 ? 0 : WEXITSTATUS(status) - 1;
}

}  // namespace trapd::process::test
