// SPDX-License-Identifier: Apache-2.0
// trapd: command line, start, exit status.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "trapd/base/log.h"
#include "trapd/gateway.h"

namespace {

int check(const std::string& config_file) {
  std::vector<std::string> warnings;
  const std::vector<std::string> errors = trapd::Gateway::check(config_file, &warnings);
  for (const std::string& line : warnings) std::fprintf(stderr, "%s\n", line.c_str());
  for (const std::string& line : errors) std::fprintf(stderr, "%s\n", line.c_str());
  if (errors.empty()) std::printf("%s: good\n", config_file.c_str());
  return errors.empty() ? 0 : 1;
}

/// Tables grow by doubling. The room they leave behind goes back to the system, at any size from
/// here on: glibc would raise the bound to the largest that was ever given back.
constexpr int kOwnMappingFrom = 256 * 1024;
/// A commit takes a megabyte or two and gives it back, hundreds of times a second.
constexpr int kKeptForReuse = 2 * 1024 * 1024;

int serve(const std::string& config_file, trapd::Gateway::Start how) {
  ::mallopt(M_MMAP_THRESHOLD, kOwnMappingFrom);
  ::mallopt(M_TRIM_THRESHOLD, kKeptForReuse);
  // A peer that closes and a file at its size limit are error codes of write, not signals.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // A reload that is asked for before the loop runs waits until it does.
  sigset_t hangup;
  ::sigemptyset(&hangup);
  ::sigaddset(&hangup, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &hangup, nullptr);
  auto gateway = trapd::Gateway::start(config_file, how);
  if (!gateway) {
    std::fprintf(stderr, "%s\n", gateway.error().text.c_str());
    return 1;
  }
  (*gateway)->run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("SNMPv3 trap receiver and forwarding gateway", "trapd");
  std::string config_file = "/etc/trapd/trapd.yaml";
  bool only_check = false;
  bool take_over = false;
  bool verbose = false;
  app.add_option("--config", config_file, "configuration file")->capture_default_str();
  app.add_flag("--check", only_check, "report every error of the configuration and exit");
  app.add_flag("--take-over", take_over,
               "take the place of the trapd that runs on the same store, without losing a packet");
  app.add_flag("--verbose", verbose, "debug lines in the log");
  app.set_version_flag("--version", std::string("trapd " TRAPD_VERSION));
  CLI11_PARSE(app, argc, argv);
  if (verbose) trapd::log::set_level(trapd::log::Level::kDebug);
  try {
    if (only_check) return check(config_file);
    return serve(config_file,
                 take_over ? trapd::Gateway::Start::kTakeOver : trapd::Gateway::Start::kAlone);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "trapd: %s\n", error.what());
    return 1;
  }
}
