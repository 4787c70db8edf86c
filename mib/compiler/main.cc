// SPDX-License-Identifier: Apache-2.0
// trapd-mibc: reads MIB modules and writes the index that trapd maps. A process of its own, since
// the parser leaks and a hostile file may crash it. Faults of files go to standard error, one line
// each, and into the index; exit 0 means that the index was written.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "mib/compiler/netsnmp_modules.h"
#include "mib/escape.h"
#include "mib/index_check.h"
#include "mib/index_writer.h"
#include "mib/inputs.h"
#include "trapd/process/call_filter.h"
#include "trapd/process/file_access.h"

namespace {

using namespace trapd;

// Read by the signal handler: the file that is being parsed.
const char* volatile parsed_file = "";

void put(const char* text) {
  if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
}

void say_where_and_die(int signal) {
  put("trapd-mibc: crashed while reading ");
  put(parsed_file);
  put("\n");
  ::raise(signal);  // SA_RESETHAND: this time for real
}

void catch_crashes() {
  static std::array<std::uint8_t, 64 * 1024> stack;  // a deep recursion has used up the other
  stack_t alternative{};
  alternative.ss_sp = stack.data();
  alternative.ss_size = stack.size();
  ::sigaltstack(&alternative, nullptr);
  struct sigaction action {};
  action.sa_handler = say_where_and_die;
  action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) {
    ::sigaction(signal, &action, nullptr);
  }
}

void limit_resources() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const rlimit processor_seconds{300, 300};
  ::setrlimit(RLIMIT_CPU, &processor_seconds);
  const rlimit file_octets{mib::kIndexOctetsMax, mib::kIndexOctetsMax};
  ::setrlimit(RLIMIT_FSIZE, &file_octets);
}

struct Options {
  mib::Inputs inputs;
  std::string output;
};

/// The parser reads files of strangers: whatever they make it do, it reads those, writes beside the
/// output, and runs nothing. What the kernel does not grant is told with the faults of the modules:
/// the owner may have allowed that (`process: seccomp: off`), which is not known here.
void confine(const Options& options, mib::Diagnostics* diagnostics) {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const auto tell = [&](const Status& done) {
    if (!done) diagnostics->add("the MIB compiler is not confined: " + done.error().text);
  };
  if (process::landlock_abi() > 0) {
    std::vector<std::string> directories = options.inputs.directories;
    directories.push_back(options.inputs.base);
    const std::set<std::string> places = mib::places_of(directories);
    const std::filesystem::path output(options.output);
    const std::string beside = output.has_parent_path() ? output.parent_path().string() : ".";
    tell(process::confine_files({{places.begin(), places.end()}, {beside}}));
  }
  tell(process::install_compiler_filter());
}

int compile(const Options& options) {
  mib::Diagnostics diagnostics;
  confine(options, &diagnostics);
  auto inputs = mib::find_inputs(options.inputs);
  if (!inputs) {
    std::fprintf(stderr, "trapd-mibc: %s\n", mib::escape_text(inputs.error().text).c_str());
    return 1;
  }
  for (const std::string& note : inputs->notes) diagnostics.add(note);
  mib::read_modules(
      inputs->files, options.inputs.modules, [](const char* path) { parsed_file = path; },
      &diagnostics);
  mib::IndexWriter writer;
  mib::collect_definitions(&writer, &diagnostics);
  for (const std::string& line : diagnostics.lines()) {
    std::fprintf(stderr, "%s\n", mib::escape_ascii(line).c_str());
    writer.diagnostic(line);
  }
  auto bytes = writer.finish(inputs->key);
  if (!bytes) {
    std::fprintf(stderr, "trapd-mibc: %s\n", bytes.error().text.c_str());
    return 1;
  }
  // What trapd would refuse must not replace what it has.
  if (const std::string fault = mib::index_fault(*bytes); !fault.empty()) {
    std::fprintf(stderr, "trapd-mibc: the index is not sound: %s\n", fault.c_str());
    return 1;
  }
  if (auto written = mib::write_index(options.output, *bytes); !written) {
    std::fprintf(stderr, "trapd-mibc: %s\n", written.error().text.c_str());
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::vector<std::string> modules;
  CLI::App app("Writes the index of MIB modules that trapd maps.", "trapd-mibc");
  app.add_option("--output", options.output, "index file to write")->required();
  app.add_option("--base", options.inputs.base, "directory of trapd's own modules");
  app.add_option("--modules", modules, "all, or names separated by commas")->delimiter(',');
  app.add_option("directories", options.inputs.directories, "directories of MIB modules");
  CLI11_PARSE(app, argc, argv);
  if (modules != std::vector<std::string>{"all"}) options.inputs.modules = modules;
  limit_resources();
  catch_crashes();
  std::_Exit(compile(options));  // what the parser leaked goes with the process
}
