// SPDX-License-Identifier: Apache-2.0
// Runs the compiler for a process that may start none itself any more: a child that was forked
// before, knows no secret, and runs this one program with what it is told.
//
//   trapd --request: options--> launcher --posix_spawn--> trapd-mibc
//         <--answer: an error, or none--
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mib/build.h"
#include "trapd/base/fd.h"

namespace trapd::mib {

/// Forks: to be made before there are other threads, sockets or secrets. The child ends when this
/// object does, and with this process. One thread at a time.
class CompilerLauncher {
 public:
  using Confine = std::function<Status(const std::vector<std::string>& arguments)>;
  /// `confine` runs in the child when confine() is called here, with its arguments: what gives up
  /// the rights of the process. The child's environment is wiped.
  static Result<std::unique_ptr<CompilerLauncher>> start(const std::string& compiler,
                                                         const Confine& confine);
  ~CompilerLauncher();
  CompilerLauncher(const CompilerLauncher&) = delete;
  CompilerLauncher& operator=(const CompilerLauncher&) = delete;

  /// No argument has a NUL in it.
  Status confine(const std::vector<std::string>& arguments);
  /// As run_compiler() does, of the compiler given at the start.
  Status run(const BuildOptions& options);

 private:
  CompilerLauncher(Fd channel, int child) : channel_(std::move(channel)), child_(child) {}
  Status ask(const std::string& request, std::chrono::milliseconds wait_max);

  Fd channel_;
  int child_;
};

}  // namespace trapd::mib
