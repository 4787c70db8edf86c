// SPDX-License-Identifier: Apache-2.0
#include "mib/compiler_launcher.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "mib/compiler_run.h"

namespace trapd::mib {

namespace {

// A message is its length, then fields, each closed by a NUL. Of requests: what, then
// {time limit, output, base, number of modules, modules, directories}. Of answers: the error.
constexpr std::uint32_t kMessageOctetsMax = 1 << 20;
constexpr std::string_view kConfine = "confine";
constexpr std::string_view kRun = "run";
// More than the launcher itself takes to stop a compiler that takes too long.
constexpr std::chrono::milliseconds kGrace{10'000};

bool write_whole(int fd, const void* data, std::size_t octets) {
  const char* from = static_cast<const char*>(data);
  while (octets > 0) {
    const ssize_t put = ::send(fd, from, octets, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    from += put;
    octets -= static_cast<std::size_t>(put);
  }
  return true;
}

bool read_whole(int fd, void* data, std::size_t octets) {
  char* to = static_cast<char*>(data);
  while (octets > 0) {
    const ssize_t got = ::recv(fd, to, octets, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    octets -= static_cast<std::size_t>(got);
  }
  return true;
}

bool write_message(int fd, const std::string& text) {
  const auto length = static_cast<std::uint32_t>(text.size());
  return text.size() <= kMessageOctetsMax && write_whole(fd, &length, sizeof length) &&
         write_whole(fd, text.data(), length);
}

bool read_message(int fd, std::string* text) {
  std::uint32_t length = 0;
  if (!read_whole(fd, &length, sizeof length) || length > kMessageOctetsMax) return false;
  text->resize(length);
  return read_whole(fd, text->data(), length);
}

void append(std::string* message, std::string_view field) { message->append(field).push_back(0); }

std::vector<std::string> fields_of(std::string_view message) {
  std::vector<std::string> fields;
  while (!message.empty()) {
    const std::size_t end = message.find('\0');
    fields.emplace_back(message.substr(0, end));
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
  }
  return fields;
}

Status run_as_told(const std::string& compiler, const std::vector<std::string>& fields) {
  if (fields.size() < 5) return failure("the MIB compiler's launcher does not understand");
  BuildOptions options;
  options.compiler = compiler;
  options.time_limit = std::chrono::milliseconds(std::stoll(fields[1]));
  options.output = fields[2];
  options.inputs.base = fields[3];
  const std::size_t modules = std::stoul(fields[4]);
  if (modules > fields.size() - 5)
    return failure("the MIB compiler's launcher does not understand");
  const auto first = fields.begin() + 5;
  const auto directories = first + static_cast<std::ptrdiff_t>(modules);
  options.inputs.modules.assign(first, directories);
  options.inputs.directories.assign(directories, fields.end());
  return run_compiler(options);
}

[[noreturn]] void serve(int channel, const std::string& compiler,
                        const CompilerLauncher::Confine& confine) {
  std::string message;
  while (read_message(channel, &message)) {
    const std::vector<std::string> fields = fields_of(message);
    Status done;
    if (!fields.empty() && fields[0] == kConfine) {
      done = confine({fields.begin() + 1, fields.end()});
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it is gone after a change of the user
    } else if (!fields.empty() && fields[0] == kRun) {
      done = run_as_told(compiler, fields);
    } else {
      done = failure("the MIB compiler's launcher does not understand");
    }
    if (!write_message(channel, done ? std::string() : done.error().text)) break;
  }
  std::_Exit(0);
}

/// Secrets may be given in it ({env: …}), and /proc shows it to whoever takes this process over.
void wipe_environment() {
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    ::explicit_bzero(*each, std::strlen(*each));
  }
  ::clearenv();
}

/// Standard error stays; sockets that systemd passed, and whatever else is open, does not. The
/// channel is not the compiler's, who reads files of strangers.
void keep_only(int channel) {
  constexpr int kChannel = STDERR_FILENO + 1;
  if (channel != kChannel) ::dup3(channel, kChannel, O_CLOEXEC);
  ::close_range(kChannel + 1, ~0U, 0);
}

}  // namespace

Result<std::unique_ptr<CompilerLauncher>> CompilerLauncher::start(const std::string& compiler,
                                                                  const Confine& confine) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Unexpected(errno_error("cannot make a socket for", compiler, errno));
  }
  Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return Unexpected(errno_error("cannot make a process for", compiler, errno));
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) std::_Exit(0);
    ::prctl(PR_SET_NAME, "trapd-mib");
    // Its end is trapd's, not a signal's that a terminal or systemd sends to all.
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    keep_only(theirs.get());
    wipe_environment();
    serve(STDERR_FILENO + 1, compiler, confine);
  }
  std::unique_ptr<CompilerLauncher> made(new CompilerLauncher(std::move(ours), child));  // NOLINT
  return made;
}

CompilerLauncher::~CompilerLauncher() {
  channel_.reset();
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
}

Status CompilerLauncher::ask(const std::string& request, std::chrono::milliseconds wait_max) {
  const auto gone = [] {
    return failure("the process that runs the MIB compiler has ended: restart trapd");
  };
  if (request.size() > kMessageOctetsMax) return failure("too many MIB directories or modules");
  if (!channel_ || !write_message(channel_.get(), request)) return gone();
  pollfd wait{channel_.get(), POLLIN, 0};
  const auto until = std::chrono::steady_clock::now() + wait_max;
  int ready = 0;
  while (ready <= 0 && std::chrono::steady_clock::now() < until) ready = ::poll(&wait, 1, 1'000);
  std::string error;
  if (ready <= 0 || !read_message(channel_.get(), &error)) {
    channel_.reset();  // an answer that came now would be taken for that of the next request
    return gone();
  }
  if (!error.empty()) return failure(std::move(error));
  return {};
}

Status CompilerLauncher::confine(const std::vector<std::string>& arguments) {
  std::string request;
  append(&request, kConfine);
  for (const std::string& argument : arguments) append(&request, argument);
  return ask(request, kGrace);
}

Status CompilerLauncher::run(const BuildOptions& options) {
  std::string request;
  append(&request, kRun);
  append(&request, std::to_string(options.time_limit.count()));
  append(&request, options.output);
  append(&request, options.inputs.base);
  append(&request, std::to_string(options.inputs.modules.size()));
  for (const std::string& module : options.inputs.modules) append(&request, module);
  for (const std::string& directory : options.inputs.directories) append(&request, directory);
  return ask(request, options.time_limit + kGrace);
}

}  // namespace trapd::mib
