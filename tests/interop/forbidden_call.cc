// SPDX-License-Identifier: Apache-2.0
// A library for LD_PRELOAD: somebody else's code in a running trapd. At the end of the start, and
// of each reload, trapd gives back memory; with that comes a system call it has no use for:
//
//   TRAPD_TEST_CALL   listen, execve or ptrace
#include <malloc.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

extern "C" int malloc_trim(std::size_t) noexcept {
  const char* const wanted = std::getenv("TRAPD_TEST_CALL");
  const std::string_view call = wanted != nullptr ? wanted : "";
  if (call == "listen") ::listen(::socket(AF_INET, SOCK_STREAM, 0), 1);
  if (call == "ptrace") ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  if (call == "execve") {
    char program[] = "/bin/true";
    char* arguments[] = {program, nullptr};
    ::execve(program, arguments, nullptr);
  }
  return 0;
}
