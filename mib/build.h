// SPDX-License-Identifier: Apache-2.0
// Makes an index when its inputs have changed: runs the compiler process, waits, maps the result.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "mib/index.h"
#include "mib/inputs.h"

namespace trapd::mib {

class CompilerLauncher;

struct BuildOptions {
  std::string compiler;  // path of trapd-mibc
  Inputs inputs;
  std::string output;  // index file, in a directory that only trapd writes
  std::chrono::milliseconds time_limit{60'000};
  CompilerLauncher* launcher = nullptr;  // runs its compiler instead; null: started from here
};

struct Build {
  std::shared_ptr<const MibIndex> index;  // its diagnostics() say which files were broken
  bool reused = false;                    // the file at `output` was made from equal inputs
};

/// Blocks for as long as the compiler runs; any thread but a packet path's. Fails when the
/// compiler cannot run, crashes (the error names the file it read), takes too long or writes a bad
/// index; the file at `output` is then as it was, and MibIndex::open(output) still gives it.
/// A damaged or missing file at `output` is made anew.
Result<Build> build_or_reuse(const BuildOptions& options);

}  // namespace trapd::mib
