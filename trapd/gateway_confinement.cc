// SPDX-License-Identifier: Apache-2.0
// What the process gives up at its start, in order, and what it tells of that:
//
//   MIB compiler's launcher -> sockets -> rights of the user -> files (before there is a secret, or
//   a second thread) -> what listens -> system calls (before there is a packet)
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "mib/compiler_launcher.h"
#include "trapd/base/locked_memory.h"
#include "trapd/base/log.h"
#include "trapd/gateway_parts.h"
#include "trapd/process/call_filter.h"
#include "trapd/process/file_access.h"
#include "trapd/process/in_force.h"
#include "trapd/process/rights.h"

namespace trapd {

namespace {

/// Of the machine: the C library's (names, time zones), OpenSSL's, the kernel's.
constexpr std::array<const char*, 12> kSystemPlaces = {
    "/etc",         "/usr",        "/lib",         "/lib64",
    "/proc/self",   "/proc/sys",   "/proc/stat",   "/sys/devices/system/cpu",
    "/dev/urandom", "/dev/random", "/var/lib/sss", "/run/systemd/resolve"};

/// A file's directory, and that of what it points to: a file that is replaced is another one.
void add_place_of(const std::string& path, std::set<std::string>* places) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  for (const std::filesystem::path& each : {std::filesystem::path(path), real}) {
    if (each.empty()) continue;
    std::error_code ignored;
    const bool directory = std::filesystem::is_directory(each, ignored);
    places->insert((directory ? each : each.parent_path()).string());
  }
}

std::set<std::string> places_of_modules(const config::Config& first) {
  std::set<std::string> places = mib::places_of(first.live.mib_directories);
  places.insert("/usr");
  return places;
}

/// What the MIB compiler's launcher is told: user, "landlock" and "seccomp" or "-", the directory
/// of the index, places of MIB modules.
std::vector<std::string> launcher_arguments(const config::StartConfig& start,
                                            const std::set<std::string>& places) {
  std::vector<std::string> arguments = {start.user, start.landlock ? "landlock" : "-",
                                        start.seccomp ? "seccomp" : "-",
                                        trapd::mib::index_directory(start.store_directory)};
  arguments.insert(arguments.end(), places.begin(), places.end());
  return arguments;
}

/// A directory that is not there, too: the compiler says so.
bool lies_in(const std::set<std::string>& places, const std::string& directory) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(directory, error);
  if (error) return true;
  return std::any_of(places.begin(), places.end(), [&](const std::filesystem::path& place) {
    return std::mismatch(place.begin(), place.end(), real.begin(), real.end()).first == place.end();
  });
}

/// In the launcher. It reads files of strangers, so it and the compiler reach these, the C
/// library's and the index, and nothing by a socket.
Status confine_launcher(const std::vector<std::string>& arguments) {
  if (arguments.size() < 4) return failure("the MIB compiler's launcher is told too little");
  if (auto done = drop_rights(arguments[0]); !done) return done;
  const trapd::mib::InstallPaths paths = trapd::mib::install_paths();
  if (arguments[1] == "landlock" && process::landlock_abi() > 0) {
    std::set<std::string> places(arguments.begin() + 4, arguments.end());
    add_place_of(paths.base_mibs, &places);
    process::FileAccess access;
    access.read = {"/lib", "/lib64", "/etc/ld.so.cache", "/sys/devices/system/cpu"};
    access.read.insert(access.read.end(), places.begin(), places.end());
    access.write = {arguments[3], "/dev/null"};
    access.run = {paths.mib_compiler};
    if (auto done = process::confine_files(access); !done) return done;
  }
  return arguments[2] == "seccomp" ? process::install_launcher_filter() : Status();
}

constexpr const char* kOtherPlaces =
    "trapd may read only the directories that its configuration named at the start, /etc and /usr "
    "(Landlock): files in others need a restart";

}  // namespace

Status Gateway::Parts::start_launcher() {
  auto started =
      mib::CompilerLauncher::start(trapd::mib::install_paths().mib_compiler, confine_launcher);
  if (!started) return Unexpected(started.error());
  launcher = std::move(*started);
  std::error_code ignored;  // an upgrade beside us gives our own file another name
  program_file = std::filesystem::read_symlink("/proc/self/exe", ignored).string();
  return {};
}

Status Gateway::Parts::give_up_rights(const config::Config& first) {
  const config::StartConfig& start = first.start;
  if (auto done = prepare_directory(start.store_directory, start.user); !done) return done;
  if (auto done = drop_rights(start.user); !done) return done;
  std::error_code ignored;  // the store says it better
  std::filesystem::create_directories(trapd::mib::index_directory(start.store_directory), ignored);
  module_places = places_of_modules(first);
  if (auto done = launcher->confine(launcher_arguments(start, module_places)); !done) return done;
  return give_up_files(first);
}

Status Gateway::Parts::give_up_files(const config::Config& first) {
  if (!first.start.landlock) return {};
  landlock_abi = process::landlock_abi();
  if (landlock_abi == 0) return {};
  std::set<std::string> places(kSystemPlaces.begin(), kSystemPlaces.end());
  const std::vector<std::string>& modules = first.live.mib_directories;
  for (const std::string& file : files_named_by(first)) {
    const bool of_modules = std::find(modules.begin(), modules.end(), file) != modules.end();
    if (!of_modules) add_place_of(file, &places);
  }
  places.insert(module_places.begin(), module_places.end());
  add_place_of("/etc/resolv.conf", &places);
  process::FileAccess access;
  access.read.assign(places.begin(), places.end());
  access.write = {first.start.store_directory, "/dev/null"};
  return process::confine_files(access);
}

Status Gateway::Parts::give_up_calls() {
  if (config.start.seccomp) {
    if (auto done = process::install_call_filter(); !done) {
      control.reset();
      return done;
    }
  }
  tell_confinement();
  return {};
}

/// Of what a new configuration names, what this process can never read.
std::vector<std::string> Gateway::Parts::out_of_reach(const config::Config& next) const {
  std::vector<std::string> lines;
  if (landlock_abi == 0) return lines;
  for (const std::string& file : files_named_by(next)) {
    const Fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!opened && errno == EACCES) {
      lines.push_back("error: cannot read " + file + ": " + kOtherPlaces);
    }
  }
  for (const std::string& directory : next.live.mib_directories) {
    if (lies_in(module_places, directory)) continue;
    lines.push_back("error: mibs.directories: " + directory +
                    " was none of them at the start, and the MIB compiler may read only those "
                    "(Landlock): it needs a restart");
  }
  return lines;
}

/// Behind errors that may be of that kind.
void Gateway::Parts::explain_reach(std::vector<std::string>* lines) const {
  if (landlock_abi == 0) return;
  const bool denied = std::any_of(lines->begin(), lines->end(), [](const std::string& line) {
    return line.find(std::strerror(EACCES)) != std::string::npos &&
           line.find("restart trapd") == std::string::npos;  // it has its reason in it
  });
  if (denied) lines->emplace_back(kOtherPlaces);
}

admin::Json Gateway::Parts::confinement_json() const {
  const process::InForce now = process::look();
  const LockedMemory secrets = locked_memory();
  admin::Json refused = admin::Json::object();
  for (const process::RefusedCall& call : process::refused_calls()) refused[call.name] = call.count;
  std::string seccomp = now.seccomp ? "on" : "off";
  std::string landlock = landlock_abi > 0        ? fmt::format("on, ABI {}", landlock_abi)
                         : config.start.landlock ? "the kernel has none"
                                                 : "off";
  if (!process::call_filter_possible()) seccomp = landlock = "off: built with a sanitizer";
  return {{"user", now.user},
          {"capabilities", now.capabilities},
          {"no_new_privs", now.no_new_privs},
          {"seccomp", seccomp},
          {"landlock", landlock},
          {"core_dumps", now.core_dumps},
          {"secrets_locked", secrets.locked_octets},
          {"secrets_not_locked", secrets.not_locked_octets},
          {"refused_calls", refused}};
}

void Gateway::Parts::tell_confinement() const {
  const admin::Json now = confinement_json();
  log::info(
      "confined: user {}, capabilities {}, no_new_privs {}, seccomp {}, Landlock {}, core "
      "dumps {}, {} KiB of secrets locked in memory",
      now["user"].get<std::string>(), now["capabilities"].get<std::string>(),
      now["no_new_privs"].get<bool>() ? "on" : "off", now["seccomp"].get<std::string>(),
      now["landlock"].get<std::string>(), now["core_dumps"].get<bool>() ? "on" : "off",
      now["secrets_locked"].get<std::uint64_t>() >> 10);
}

/// Once: what the limit leaves out today it leaves out tomorrow.
void Gateway::Parts::tell_unlocked_secrets() {
  const LockedMemory secrets = locked_memory();
  if (secrets.not_locked_octets == 0 || unlocked_secrets_told) return;
  unlocked_secrets_told = true;
  log::warning(
      "{} KiB of keys and passphrases are locked in memory and {} KiB are not ({}; "
      "RLIMIT_MEMLOCK): they may be written to a swap device",
      secrets.locked_octets >> 10, secrets.not_locked_octets >> 10, std::strerror(secrets.error));
}

/// A call that is refused is a gap of the list, or somebody else's code in our process.
void Gateway::Parts::watch_confinement() {
  tell_unlocked_secrets();
  if (process::refused_calls_total() == refused_calls_told) return;
  refused_calls_told = process::refused_calls_total();
  for (const process::RefusedCall& call : process::refused_calls()) {
    std::uint64_t& told = refused_by_call[call.name];
    if (told == call.count) continue;
    log::limited(log::Level::kError, "refused call " + call.name,
                 fmt::format("seccomp: refused system call {} ({} times in all, first in thread "
                             "{}): trapd has no use for it",
                             call.name, call.count, call.thread));
    told = call.count;
  }
}

}  // namespace trapd
