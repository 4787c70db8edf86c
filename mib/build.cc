// SPDX-License-Identifier: Apache-2.0
#include "mib/build.h"

#include "mib/compiler_launcher.h"
#include "mib/compiler_run.h"

namespace trapd::mib {

Result<Build> build_or_reuse(const BuildOptions& options) {
  auto key = inputs_key(options.inputs);
  if (!key) return Unexpected(std::move(key.error()));
  if (auto existing = MibIndex::open(options.output);
      existing && (*existing)->inputs_key() == *key) {
    return Build{std::move(*existing), true};
  }
  auto ran = options.launcher != nullptr ? options.launcher->run(options) : run_compiler(options);
  if (!ran) return Unexpected(std::move(ran.error()));
  auto fresh = MibIndex::open(options.output);
  if (!fresh) return Unexpected(std::move(fresh.error()));
  return Build{std::move(*fresh), false};
}

}  // namespace trapd::mib
