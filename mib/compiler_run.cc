// SPDX-License-Identifier: Apache-2.0
#include "mib/compiler_run.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>

#include "mib/escape.h"
#include "trapd/base/fd.h"

namespace trapd::mib {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Child {
  pid_t pid = -1;
  Fd errors;  // read end of its standard error
};

std::vector<std::string> arguments(const BuildOptions& options) {
  std::vector<std::string> words{options.compiler, "--output", options.output};
  if (!options.inputs.base.empty()) {
    words.insert(words.end(), {"--base", options.inputs.base});
  }
  if (!options.inputs.modules.empty()) {
    std::string list;
    for (const std::string& module : options.inputs.modules) {
      list += (list.empty() ? "" : ",") + module;
    }
    words.insert(words.end(), {"--modules", list});
  }
  words.emplace_back("--");
  words.insert(words.end(), options.inputs.directories.begin(), options.inputs.directories.end());
  return words;
}

/// What the child starts with: no signal blocked, no input, no output, an empty environment (the
/// parser would read MIBS, MIBDIRS and snmp.conf).
class SpawnSettings {
 public:
  explicit SpawnSettings(int errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

Result<Child> start(const BuildOptions& options) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Unexpected(errno_error("cannot make a pipe for", options.compiler, errno));
  }
  Child child{-1, Fd(ends[0])};
  const Fd writer(ends[1]);
  const SpawnSettings settings(writer.get());
  std::vector<std::string> words = arguments(options);
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::string path = "PATH=/usr/bin:/bin";
  char* environment[] = {path.data(), nullptr};
  const int error = ::posix_spawn(&child.pid, options.compiler.c_str(), settings.actions(),
                                  settings.attributes(), argv.data(), environment);
  if (error == EACCES) {
    return failure("cannot run " + options.compiler + ": " + std::strerror(error) +
                   " (when it was replaced since the start, by an upgrade: restart trapd)");
  }
  if (error != 0) return Unexpected(errno_error("cannot run", options.compiler, error));
  return child;
}

constexpr std::size_t kCapturedOctetsMax = 1 << 20;

int time_left(SteadyTime deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

/// Reads until the child closes its standard error; false when the time is over first.
bool read_errors(const Child& child, SteadyTime deadline, std::string* text) {
  char buffer[4096];
  for (;;) {
    const int left = time_left(deadline);
    if (left <= 0) return false;
    pollfd wait{child.errors.get(), POLLIN, 0};
    if (::poll(&wait, 1, left) <= 0) continue;
    const ssize_t got = ::read(child.errors.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    const std::size_t room = kCapturedOctetsMax - text->size();
    text->append(buffer, std::min(static_cast<std::size_t>(got), room));
  }
}

/// Waits for the end; kills at the deadline (nullopt), so that a child that has closed its
/// standard error cannot hold us.
std::optional<int> wait_for(pid_t pid, SteadyTime deadline) {
  // glibc 2.36 declares pidfd_open without C linkage.
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  bool in_time = false;
  for (;;) {
    const auto left = time_left(deadline);
    if (left <= 0) break;
    pollfd wait{process.get(), POLLIN, 0};
    in_time = ::poll(&wait, 1, left) > 0;
    if (in_time) break;
  }
  if (!in_time) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) return std::nullopt;
  return status;
}

std::string last_line(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const std::size_t at = text.rfind('\n');
  return escape_text(at == std::string_view::npos ? text : text.substr(at + 1));
}

}  // namespace

Status run_compiler(const BuildOptions& options) {
  auto child = start(options);
  if (!child) return Unexpected(std::move(child.error()));
  std::string errors;
  const auto deadline = std::chrono::steady_clock::now() + options.time_limit;
  const bool closed = read_errors(*child, deadline, &errors);
  const auto status = wait_for(child->pid, closed ? deadline : SteadyTime());
  if (!status) {
    return failure("the MIB compiler took longer than " +
                   std::to_string(options.time_limit.count()) + " ms and was stopped");
  }
  if (WIFSIGNALED(*status)) {
    return failure("the MIB compiler was ended by signal " + std::to_string(WTERMSIG(*status)) +
                   ": " + last_line(errors));
  }
  if (WEXITSTATUS(*status) != 0) {
    return failure("the MIB compiler failed with status " + std::to_string(WEXITSTATUS(*status)) +
                   ": " + last_line(errors));
  }
  return {};
}

}  // namespace trapd::mib
