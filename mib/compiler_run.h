// SPDX-License-Identifier: Apache-2.0
// One run of the compiler process.
#pragma once

#include "mib/build.h"

namespace trapd::mib {

/// Starts `options.compiler`, waits for its end, and gives what it said last where it failed.
/// Blocks for `options.time_limit` at most. Does not look at what was written.
Status run_compiler(const BuildOptions& options);

}  // namespace trapd::mib
