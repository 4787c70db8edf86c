// SPDX-License-Identifier: Apache-2.0
#include "trapd/process/call_filter.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <thread>

#include "tests/unit/process/child.h"
#include "trapd/process/file_access.h"

namespace trapd::process::test {

namespace {

bool told_once(const std::string& call) {
  const auto list = refused_calls();
  return refused_calls_total() == 1 && list.size() == 1 && list[0].name == call &&
         list[0].count == 1;
}

bool not_permitted(long result) { return result == -1 && errno == EPERM; }

}  // namespace

TEST_CASE("a call that trapd has no use for is refused, counted and named") {
  if (!call_filter_possible()) return;
  CHECK(in_child([] {
          const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
          HOLDS(socket >= 0);
          HOLDS(install_call_filter().has_value());
          HOLDS(not_permitted(::listen(socket, 1)));
          HOLDS(told_once("listen"));
          HOLDS(not_permitted(::listen(socket, 1)));
          HOLDS(refused_calls()[0].count == 2);
          return 0;
        }) == 0);
}

TEST_CASE("the signal of a refusal, sent by somebody, ends the process as it always did") {
  if (!call_filter_possible()) return;
  CHECK(in_child([] {
          HOLDS(install_call_filter().has_value());
          ::raise(SIGSYS);
          return 0;
        }) == -SIGSYS);
}

TEST_CASE("who runs a program may do that, and opens no socket") {
  if (!call_filter_possible()) return;
  CHECK(in_child([] {
          HOLDS(install_launcher_filter().has_value());
          HOLDS(not_permitted(::socket(AF_INET, SOCK_STREAM, 0)));
          HOLDS(not_permitted(::socket(AF_UNIX, SOCK_STREAM, 0)));
          HOLDS(not_permitted(::mount("", "/", "", 0, nullptr)));
          const pid_t child = ::fork();
          if (child == 0) {
            char program[] = "/bin/true";
            char* arguments[] = {program, nullptr};
            ::execve(program, arguments, nullptr);
            ::_exit(1);
          }
          int status = 1;
          HOLDS(::waitpid(child, &status, 0) == child);
          HOLDS(status == 0);
          return 0;
        }) == 0);
  CHECK(in_child([] {
          HOLDS(install_launcher_filter().has_value());
          ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
          return 0;
        }) == -SIGSYS);
}

TEST_CASE("who compiles runs nothing, changes no rights of files, and an abort of his is one") {
  if (!call_filter_possible()) return;
  // As it is run: below the filter of who runs it.
  const auto compiling = [abi = landlock_abi()](const std::function<int()>& body) {
    return in_child([&] {
      HOLDS(install_launcher_filter().has_value());
      int status = 1;
      const pid_t child = ::fork();
      if (child == 0 && landlock_abi() != abi) ::_exit(98);
      if (child == 0) ::_exit(install_compiler_filter().has_value() ? body() : 99);
      HOLDS(::waitpid(child, &status, 0) == child);
      if (WIFSIGNALED(status)) ::_exit(100 + WTERMSIG(status));
      ::_exit(WEXITSTATUS(status));
    });
  };
  // in_child() gives the exit status less one.
  CHECK(compiling([] {
          if (!not_permitted(::fork()) || !not_permitted(::kill(-1, 0))) return 3;
          if (!not_permitted(::chmod("/dev/null", 0666))) return 4;
          if (!not_permitted(::socket(AF_INET, SOCK_STREAM, 0))) return 5;
          return 1;
        }) == 0);
  CHECK(compiling([] {
          char program[] = "/bin/true";
          char* arguments[] = {program, nullptr};
          ::execve(program, arguments, nullptr);
          return 1;
        }) == 99 + SIGSYS);
  CHECK(compiling([]() -> int {
          ::signal(SIGABRT, SIG_DFL);  // the test program has its own
          std::abort();
        }) == 99 + SIGABRT);
}

TEST_CASE("without the filter the same call goes through") {
  CHECK(in_child([] {
          HOLDS(::listen(::socket(AF_INET, SOCK_STREAM, 0), 1) == 0);
          HOLDS(refused_calls().empty());
          return 0;
        }) == 0);
}

TEST_CASE("a thread that ran before has the filter too, and is named") {
  if (!call_filter_possible()) return;
  CHECK(in_child([] {
          std::atomic<bool> installed{false};
          std::atomic<bool> refused{false};
          std::thread before([&] {
            ::prctl(PR_SET_NAME, "before");
            while (!installed) std::this_thread::yield();
            refused = not_permitted(::syscall(SYS_setuid, 0));
          });
          const bool done = install_call_filter().has_value();
          installed = true;
          before.join();
          HOLDS(done && refused && told_once("setuid"));
          HOLDS(refused_calls()[0].thread == "before");
          return 0;
        }) == 0);
}

TEST_CASE("what starts or reads other processes kills the process") {
  if (!call_filter_possible()) return;
  const std::function<void()> tries[] = {
      [] {
        char program[] = "/bin/true";
        char* arguments[] = {program, nullptr};
        ::execve(program, arguments, nullptr);
      },
      [] { ::syscall(SYS_execveat, AT_FDCWD, "/bin/true", nullptr, nullptr, 0); },
      [] { ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); },
      [] {
        char octet = 0;
        const iovec here{&octet, 1};
        ::process_vm_readv(::getppid(), &here, 1, &here, 1, 0);
      },
      [] {
        char octet = 0;
        const iovec here{&octet, 1};
        ::process_vm_writev(::getppid(), &here, 1, &here, 1, 0);
      },
      [] {
        // Also in a thread: the whole process ends.
        std::thread([] { ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }).join();
      }};
  for (const auto& attempt : tries) {
    CHECK(in_child([&] {
            HOLDS(install_call_filter().has_value());
            attempt();
            return 0;
          }) == -SIGSYS);
  }
}

TEST_CASE("threads can be made, processes and namespaces cannot") {
  if (!call_filter_possible()) return;
  CHECK(in_child([] {
          HOLDS(install_call_filter().has_value());
          bool ran = false;
          std::thread([&] { ran = true; }).join();
          HOLDS(ran && refused_calls_total() == 0);
          HOLDS(not_permitted(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr)));
          HOLDS(not_permitted(::syscall(SYS_unshare, 0)));
          HOLDS(refused_calls_total() == 2);
          return 0;
        }) == 0);
}

TEST_CASE("memory is never writable and executable, and none becomes executable") {
  if (!call_filter_possible()) return;
  CHECK(in_child([] {
          HOLDS(install_call_filter().has_value());
          constexpr int kOwn = MAP_PRIVATE | MAP_ANONYMOUS;
          void* plain = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, kOwn, -1, 0);
          HOLDS(plain != MAP_FAILED);
          HOLDS(::mmap(nullptr, 4096, PROT_WRITE | PROT_EXEC, kOwn, -1, 0) == MAP_FAILED);
          HOLDS(::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, kOwn, -1, 0) == MAP_FAILED);
          HOLDS(not_permitted(::mprotect(plain, 4096, PROT_READ | PROT_EXEC)));
          const int program = ::open("/proc/self/exe", O_RDONLY);
          HOLDS(::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, program, 0) !=
                MAP_FAILED);
          return 0;
        }) == 0);
}

TEST_CASE("sockets are of the peers' families only") {
  if (!call_filter_possible()) return;
  CHECK(in_child([] {
          HOLDS(install_call_filter().has_value());
          for (const int family : {AF_UNIX, AF_INET, AF_INET6}) {
            HOLDS(::socket(family, SOCK_DGRAM, 0) >= 0);
          }
          HOLDS(refused_calls_total() == 0);
          HOLDS(not_permitted(::socket(AF_PACKET, SOCK_DGRAM, 0)));
          HOLDS(not_permitted(::socket(AF_ALG, SOCK_SEQPACKET, 0)));
          return 0;
        }) == 0);
}

TEST_CASE("names are resolved, and users of calls with another way are not told of") {
  if (!call_filter_possible()) return;
  CHECK(in_child([] {
          HOLDS(install_call_filter().has_value());
          addrinfo* found = nullptr;
          HOLDS(::getaddrinfo("localhost", "162", nullptr, &found) == 0);
          ::freeaddrinfo(found);
          HOLDS(::syscall(SYS_clone3, nullptr, 0) == -1 && errno == ENOSYS);
          HOLDS(refused_calls_total() == 0);
          return 0;
        }) == 0);
}

}  // namespace trapd::process::test
