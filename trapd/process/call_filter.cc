// SPDX-License-Identifier: Apache-2.0
#include "trapd/process/call_filter.h"

#include <seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "trapd/process/call_groups.h"
#include "trapd/process/call_return.h"

namespace trapd::process {

namespace {

constexpr std::size_t kThreadNameOctets = 16;  // of the kernel, with its NUL

/// Of one call. The handler of a signal writes it: lock-free words only.
struct Refusals {
  std::atomic<std::uint64_t> count{0};
  std::array<std::atomic<std::uint64_t>, 2> thread{};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// Higher numbers than any call has today share the last place.
constexpr std::size_t kCallsMax = 1024;
std::array<Refusals, kCallsMax> refusals;
std::atomic<std::uint64_t> refusals_total{0};

/// Async-signal-safe.
void count_refusal(int call) {
  Refusals& place = refusals[std::min(static_cast<std::size_t>(call), kCallsMax - 1)];
  if (place.count.fetch_add(1, std::memory_order_relaxed) == 0) {
    std::array<char, kThreadNameOctets> name{};
    ::prctl(PR_GET_NAME, name.data(), 0, 0, 0);
    std::array<std::uint64_t, 2> words{};
    std::memcpy(words.data(), name.data(), name.size());
    for (std::size_t i = 0; i < words.size(); ++i) place.thread[i].store(words[i]);
  }
  refusals_total.fetch_add(1, std::memory_order_release);
}

/// Async-signal-safe. Whoever sends this signal himself ends the process with it, as ever.
void refuse(int signal, siginfo_t* info, void* context) {
  constexpr int kOfTheFilter = 1;  // SYS_SECCOMP, which the C library's headers do not name
  if (info->si_code != kOfTheFilter) {
    ::signal(signal, SIG_DFL);
    ::raise(signal);
    return;
  }
  count_refusal(info->si_syscall);
  set_call_result(static_cast<ucontext_t*>(context), -EPERM);
}

Status catch_refusals() {
  struct sigaction action {};
  action.sa_sigaction = refuse;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  ::sigfillset(&action.sa_mask);
  ::sigdelset(&action.sa_mask, SIGSYS);
  if (::sigaction(SIGSYS, &action, nullptr) != 0) {
    return Unexpected(errno_error("cannot catch", "SIGSYS", errno));
  }
  return {};
}

std::uint32_t action_of(Answer answer) {
  switch (answer) {
    case Answer::kAllow:
      return SCMP_ACT_ALLOW;
    case Answer::kNoSuchCall:
      return SCMP_ACT_ERRNO(ENOSYS);
    case Answer::kKill:
      break;
  }
  return SCMP_ACT_KILL_PROCESS;
}

Status add_rule(scmp_filter_ctx filter, Answer answer, const CallRule& rule) {
  const int call = ::seccomp_syscall_resolve_name(rule.name);
  if (call == __NR_SCMP_ERROR) return {};  // younger than this libseccomp
  std::vector<scmp_arg_cmp> conditions;
  for (const ArgumentIs& argument : rule.conditions) {
    conditions.push_back(
        {argument.index, SCMP_CMP_MASKED_EQ, argument.mask, argument.value & argument.mask});
  }
  const int error = ::seccomp_rule_add_array(filter, action_of(answer), call,
                                             static_cast<unsigned>(conditions.size()),
                                             conditions.empty() ? nullptr : conditions.data());
  if (error != 0) return Unexpected(errno_error("cannot filter system call", rule.name, -error));
  return {};
}

Status install(const std::vector<CallGroup>& groups, std::uint32_t otherwise) {
  const std::unique_ptr<void, decltype(&::seccomp_release)> filter(::seccomp_init(otherwise),
                                                                   &::seccomp_release);
  if (filter == nullptr) return failure("cannot make a filter of system calls");
  for (const CallGroup& group : groups) {
    for (const CallRule& rule : group.rules) {
      if (auto added = add_rule(filter.get(), group.answer, rule); !added) return added;
    }
  }
  // A tree instead of a list, and a kill for calls of another processor's numbering.
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  // Before Linux 5.16 a filter also turned off a kind of speculation, which slows all code; it
  // guards what shares a process with code that is not trusted, and there is none here.
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_SSB, 1);
  int error = ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  if (error == 0) error = ::seccomp_load(filter.get());
  if (error != 0) return Unexpected(errno_error("cannot install", "the seccomp filter", -error));
  return {};
}

std::string thread_of(const Refusals& place) {
  std::array<char, kThreadNameOctets + 1> name{};
  for (std::size_t i = 0; i < place.thread.size(); ++i) {
    const std::uint64_t word = place.thread[i].load();
    std::memcpy(name.data() + i * sizeof word, &word, sizeof word);
  }
  return name.data();
}

std::string name_of(std::size_t call) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(call)), &std::free);
  return name != nullptr ? std::string(name.get()) : "number " + std::to_string(call);
}

}  // namespace

bool call_filter_possible() { return !TRAPD_SANITIZED; }

Status install_call_filter() {
  if (!call_filter_possible()) return {};
  if (auto caught = catch_refusals(); !caught) return caught;
  return install(call_groups(static_cast<std::uint64_t>(::getpid())), SCMP_ACT_TRAP);
}

Status install_launcher_filter() {
  if (!call_filter_possible()) return {};
  return install(launcher_call_groups(static_cast<std::uint64_t>(::getpid())),
                 SCMP_ACT_ERRNO(EPERM));
}

Status install_compiler_filter() {
  if (!call_filter_possible()) return {};
  return install(compiler_call_groups(static_cast<std::uint64_t>(::getpid())),
                 SCMP_ACT_ERRNO(EPERM));
}

std::uint64_t refused_calls_total() { return refusals_total.load(std::memory_order_acquire); }

std::vector<RefusedCall> refused_calls() {
  std::vector<RefusedCall> list;
  for (std::size_t i = 0; i < refusals.size(); ++i) {
    const std::uint64_t count = refusals[i].count.load();
    if (count > 0) list.push_back({name_of(i), count, thread_of(refusals[i])});
  }
  return list;
}

}  // namespace trapd::process
