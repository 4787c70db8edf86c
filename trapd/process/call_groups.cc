// SPDX-License-Identifier: Apache-2.0
#include "trapd/process/call_groups.h"

#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <initializer_list>

namespace trapd::process {

namespace {

constexpr std::uint64_t kWord = 0xffff'ffff;  // an int: the kernel looks at no more of it
constexpr std::uint64_t kLong = ~std::uint64_t{0};
constexpr std::uint64_t kSetVma = 0x53564d41;  // PR_SET_VMA: names of malloc's areas
constexpr std::uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                      CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

CallGroup memory() {
  // Nothing is ever writable and executable at once, and nothing becomes executable that was
  // written: the name service's modules are mapped as they are.
  return {"memory",
          Answer::kAllow,
          {{"brk"},
           {"madvise"},
           {"mmap", {{2, PROT_EXEC, 0}}},
           {"mmap", {{2, PROT_WRITE | PROT_EXEC, PROT_EXEC}, {3, MAP_ANONYMOUS, 0}}},
           {"mprotect", {{2, PROT_EXEC, 0}}},
           {"mremap"},
           {"msync"},
           {"munmap"},
           {"mincore"},
           {"mlock"},
           {"mlock2"},
           {"munlock"}}};
}

CallGroup threads(std::uint64_t own_process) {
  // clone makes threads only: no processes, no namespaces.
  return {"threads, their names, their end",
          Answer::kAllow,
          {{"clone", {{0, CLONE_THREAD | kNamespaces, CLONE_THREAD}}},
           {"exit"},
           {"exit_group"},
           {"futex"},
           {"futex_waitv"},
           {"futex_wait"},
           {"futex_wake"},
           {"get_robust_list"},
           {"set_robust_list"},
           {"set_tid_address"},
           {"rseq"},
           {"membarrier"},
           {"gettid"},
           {"getcpu"},
           {"sched_getaffinity"},
           {"sched_getparam"},
           {"sched_getscheduler"},
           {"sched_get_priority_max"},
           {"sched_get_priority_min"},
           {"sched_yield"},
           {"getpriority"},
           {"prctl", {{0, kWord, PR_SET_NAME}}},
           {"prctl", {{0, kWord, PR_GET_NAME}}},
           {"prctl", {{0, kWord, PR_SET_TIMERSLACK}}},
           {"prctl", {{0, kWord, PR_GET_DUMPABLE}}},
           {"prctl", {{0, kWord, PR_GET_NO_NEW_PRIVS}}},
           {"prctl", {{0, kWord, PR_GET_SECCOMP}}},
           {"prctl", {{0, kWord, PR_CAPBSET_READ}}},
           {"prctl", {{0, kWord, kSetVma}}},
           {"wait4"},                                // the end of the MIB compiler's launcher
           {"tgkill", {{0, kWord, own_process}}}}};  // abort()
}

CallGroup priorities() {
  return {"threads that derive keys behind reception", Answer::kAllow, {{"setpriority"}}};
}

CallGroup signals() {
  return {"signals",
          Answer::kAllow,
          {{"rt_sigaction"},
           {"rt_sigprocmask"},
           {"rt_sigreturn"},
           {"rt_sigpending"},
           {"rt_sigtimedwait"},
           {"restart_syscall"},
           {"sigaltstack"}}};
}

CallGroup clocks() {
  // adjtime reads here: setting needs a capability that is gone.
  return {"clocks and waiting for them",
          Answer::kAllow,
          {{"clock_gettime"},
           {"clock_getres"},
           {"clock_nanosleep"},
           {"nanosleep"},
           {"gettimeofday"},
           {"time"},
           {"clock_adjtime"},
           {"adjtimex"},
           {"times"}}};
}

CallGroup facts() {
  return {"facts of the process and the machine",
          Answer::kAllow,
          {{"getpid"},
           {"getppid"},
           {"getuid"},
           {"geteuid"},
           {"getgid"},
           {"getegid"},
           {"getresuid"},
           {"getresgid"},
           {"getgroups"},
           {"capget"},
           {"getrlimit"},
           {"prlimit64", {{2, kLong, 0}}},  // reads
           {"getrusage"},
           {"getrandom"},
           {"sysinfo"},
           {"uname"}}};
}

CallGroup files() {
  // What may be opened is a matter of file_access.h and of the file's rights.
  return {"files: configuration, rules, certificates, journal",
          Answer::kAllow,
          {{"open"},
           {"openat"},
           {"openat2"},
           {"close"},
           {"close_range"},
           {"read"},
           {"readv"},
           {"pread64"},
           {"preadv"},
           {"preadv2"},
           {"write"},
           {"writev"},
           {"pwrite64"},
           {"pwritev"},
           {"pwritev2"},
           {"lseek"},
           {"stat"},
           {"lstat"},
           {"fstat"},
           {"newfstatat"},
           {"fstatat64"},
           {"statx"},
           {"statfs"},
           {"fstatfs"},
           {"access"},
           {"faccessat"},
           {"faccessat2"},
           {"readlink"},
           {"readlinkat"},
           {"getdents64"},
           {"getcwd"},
           {"fcntl"},
           {"flock"},
           {"fsync"},
           {"fdatasync"},
           {"sync_file_range"},
           {"ftruncate"},
           {"fallocate"},
           {"fadvise64"},
           {"rename"},
           {"renameat"},
           {"renameat2"},
           {"unlink"},
           {"unlinkat"},
           {"mkdir"},
           {"mkdirat"},
           {"rmdir"},
           {"umask"},
           {"dup"},
           {"dup2"},
           {"dup3"},
           {"pipe"},
           {"pipe2"},
           {"sendfile"},
           {"copy_file_range"},
           {"cachestat"}}};
}

CallGroup file_modes() {
  // Landlock has no say in them.
  return {"rights of files", Answer::kAllow, {{"chmod"}, {"fchmod"}, {"fchmodat"}}};
}

CallGroup sockets() {
  // No listen: what listens does so before the filter. Families: peers, the control socket and
  // the name service cache, and the kernel's list of addresses that getaddrinfo asks for.
  CallGroup group{"sockets",
                  Answer::kAllow,
                  {{"connect"},
                   {"bind"},  // getaddrinfo's netlink socket; ports below 1024 need a capability
                   {"accept"},
                   {"accept4"},
                   {"getsockname"},
                   {"getpeername"},
                   {"getsockopt"},
                   {"setsockopt"},
                   {"shutdown"},
                   {"sendto"},
                   {"sendmsg"},
                   {"sendmmsg"},
                   {"recvfrom"},
                   {"recvmsg"},
                   {"recvmmsg"}}};
  for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}) {
    group.rules.push_back({"socket", {{0, kWord, static_cast<std::uint64_t>(family)}}});
  }
  group.rules.push_back({"socketpair", {{0, kWord, AF_UNIX}}});
  for (const int request :
       {FIONBIO, FIONREAD, FIOCLEX, FIONCLEX, SIOCOUTQ, SIOCGIFNAME, SIOCGIFINDEX, TCGETS}) {
    group.rules.push_back({"ioctl", {{1, kWord, static_cast<std::uint64_t>(request)}}});
  }
  return group;
}

CallGroup events() {
  return {"waiting for sockets and threads",
          Answer::kAllow,
          {{"poll"},
           {"ppoll"},
           {"select"},
           {"pselect6"},
           {"epoll_create"},
           {"epoll_create1"},
           {"epoll_ctl"},
           {"epoll_wait"},
           {"epoll_pwait"},
           {"epoll_pwait2"},
           {"eventfd"},
           {"eventfd2"}}};
}

CallGroup another_way() {
  // clone3 hides its flags in memory, where no filter can look; glibc then takes clone. io_uring
  // would go past this list; later versions of libuv then do without it.
  return {"calls whose users have another way",
          Answer::kNoSuchCall,
          {{"clone3"}, {"io_uring_setup"}, {"io_uring_enter"}, {"io_uring_register"}}};
}

CallGroup other_programs() { return {"other programs", Answer::kKill, {{"execve"}, {"execveat"}}}; }

CallGroup memory_of_others() {
  return {"the memory of other processes",
          Answer::kKill,
          {{"ptrace"}, {"process_vm_readv"}, {"process_vm_writev"}}};
}

CallGroup end_of_process(std::uint64_t own_process) {
  return {"one thread and its end",
          Answer::kAllow,
          {{"exit"},
           {"exit_group"},
           {"futex"},
           {"rseq"},
           {"gettid"},
           {"sched_yield"},
           {"sched_getaffinity"},
           {"prctl", {{0, kWord, kSetVma}}},
           {"tgkill", {{0, kWord, own_process}}}}};  // abort()
}

CallGroup one_program() {
  // Which one is a matter of file_access.h. execveat would run what has no name.
  return {"a program, its beginning and its end",
          Answer::kAllow,
          {{"clone", {{0, kNamespaces, 0}}},
           {"vfork"},
           {"execve"},
           {"arch_prctl"},
           {"waitid"},
           {"pidfd_open"},
           {"kill"},    // a compiler that takes too long
           {"tgkill"},  // abort() in it
           {"prlimit64", {{0, kWord, 0}}},
           {"setrlimit"},
           {"prctl", {{0, kWord, PR_SET_PDEATHSIG}}},
           {"prctl", {{0, kWord, PR_SET_NO_NEW_PRIVS}}},  // the program confines itself further
           {"seccomp"},
           {"landlock_create_ruleset"},
           {"landlock_add_rule"},
           {"landlock_restrict_self"},
           {"recvfrom"},  // of the channel, its one socket
           {"sendto"}}};
}

}  // namespace

std::vector<CallGroup> call_groups(std::uint64_t own_process) {
  return {memory(),          threads(own_process),
          priorities(),      signals(),
          clocks(),          facts(),
          files(),           file_modes(),
          sockets(),         events(),
          another_way(),     other_programs(),
          memory_of_others()};
}

std::vector<CallGroup> launcher_call_groups(std::uint64_t own_process) {
  return {memory(), threads(own_process), signals(),     clocks(),          facts(), files(),
          events(), another_way(),        one_program(), memory_of_others()};
}

std::vector<CallGroup> compiler_call_groups(std::uint64_t own_process) {
  return {memory(),          end_of_process(own_process),
          signals(),         clocks(),
          facts(),           files(),
          another_way(),     other_programs(),
          memory_of_others()};
}

}  // namespace trapd::process
